// Draw the canvas: the map with rounded steps, letters, the faint result, the cursor.
// For display only; requests send the map itself.

const BACKING_PX = 768; // pixels across that the canvas is drawn with, on any screen

// Scale2x: doubles a map and rounds its steps, using only ids that are there.
function doubled(ids, width, height) {
  const out = new Uint8Array(ids.length * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const id = ids[at];
      const up = y > 0 ? ids[at - width] : id;
      const down = y < height - 1 ? ids[at + width] : id;
      const left = x > 0 ? ids[at - 1] : id;
      const right = x < width - 1 ? ids[at + 1] : id;
      const to = 4 * y * width + 2 * x;
      const corner = left !== right && up !== down;
      out[to] = corner && left === up ? left : id;
      out[to + 1] = corner && right === up ? right : id;
      out[to + 2 * width] = corner && left === down ? left : id;
      out[to + 2 * width + 1] = corner && right === down ? right : id;
    }
  }
  return out;
}

class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.sheet = document.createElement("canvas");
    this.zoom = 1;
    this.origin = { x: 0, y: 0 }; // the map's pixel at the upper left
    this.waiting = false;
  }

  fit(map) {
    this.map = map;
    this.scale = Math.max(1, Math.round(BACKING_PX / map.width));
    this.canvas.width = map.width * this.scale;
    this.canvas.height = map.height * this.scale;
    this.zoomTo(1);
  }

  // Zoom in steps of two around a pixel of the map.
  zoomTo(zoom, around = null) {
    const { map } = this;
    const next = Math.min(16, Math.max(1, zoom));
    const centre = around || this.centre();
    const at = {
      x: (centre.x - this.origin.x) / (map.width / this.zoom),
      y: (centre.y - this.origin.y) / (map.height / this.zoom),
    };
    this.zoom = next;
    this.panTo(centre.x - (at.x * map.width) / next, centre.y - (at.y * map.height) / next);
  }

  centre() {
    const { origin, map, zoom } = this;
    return { x: origin.x + map.width / zoom / 2, y: origin.y + map.height / zoom / 2 };
  }

  panTo(x, y) {
    const { map, zoom } = this;
    this.origin = {
      x: Math.min(Math.max(x, 0), map.width - map.width / zoom),
      y: Math.min(Math.max(y, 0), map.height - map.height / zoom),
    };
  }

  // Scroll until a pixel is visible.
  reveal(point) {
    const { origin, map, zoom } = this;
    const [across, down] = [map.width / zoom, map.height / zoom];
    const into = (low, size, value) => Math.min(Math.max(low, value + 1 - size), value);
    this.panTo(into(origin.x, across, point.x), into(origin.y, down, point.y));
  }

  // The map's pixel at a position on the screen; may be outside the map.
  pixelAt(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const { origin, map, zoom } = this;
    return {
      x: Math.floor(origin.x + (((clientX - box.left) / box.width) * map.width) / zoom),
      y: Math.floor(origin.y + (((clientY - box.top) / box.height) * map.height) / zoom),
    };
  }

  // Draw at the next frame; several calls before that are one.
  show(scene) {
    this.scene = scene;
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.paint(this.scene);
    });
  }

  paint(scene) {
    const { pen, canvas, map, origin, zoom } = this;
    const unit = this.scale * zoom; // canvas pixels a map pixel
    this.paintSheet(scene);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.imageSmoothingEnabled = false;
    const times = this.sheet.width / map.width;
    const part = [origin.x, origin.y, map.width / zoom, map.height / zoom].map((v) => v * times);
    pen.drawImage(this.sheet, ...part, 0, 0, canvas.width, canvas.height);
    if (scene.ghost > 0 && scene.picture) {
      const [x, y] = [scene.picture.naturalWidth / map.width, scene.picture.naturalHeight / map.height];
      const cut = [origin.x * x, origin.y * y, (map.width / zoom) * x, (map.height / zoom) * y];
      pen.globalAlpha = scene.ghost;
      pen.imageSmoothingEnabled = true;
      pen.drawImage(scene.picture, ...cut, 0, 0, canvas.width, canvas.height);
      pen.globalAlpha = 1;
    }
    if (scene.letters) this.paintLetters(scene, unit);
    if (scene.corners.length) this.paintCorners(scene.corners, unit);
    if (scene.cursor) this.paintCursor(scene, unit);
  }

  paintSheet({ colors, part }) {
    const { map, sheet } = this;
    let [ids, width, height] = [map.data, map.width, map.height];
    while (width < 512 && width * 2 <= this.canvas.width) {
      ids = doubled(ids, width, height);
      [width, height] = [width * 2, height * 2];
    }
    if (sheet.width !== width || sheet.height !== height) [sheet.width, sheet.height] = [width, height];
    const times = width / map.width;
    const pen = sheet.getContext("2d");
    const image = pen.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < ids.length; i++) pixels[i] = colors[ids[i]];
    if (part) {
      for (let i = 0; i < ids.length; i++) {
        const [x, y] = [Math.floor((i % width) / times), Math.floor(i / width / times)];
        if (!part[y * map.width + x]) pixels[i] = ((pixels[i] >>> 2) & 0x3f3f3f3f) | 0xff000000;
      }
    }
    pen.putImageData(image, 0, 0);
  }

  // The label's letter in the middle of each cell of a grid, wherever the cell is of one label.
  paintLetters({ codes, inks }, unit) {
    const { pen, canvas, map, origin } = this;
    const cell = 40;
    pen.font = "600 20px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let v = cell / 2; v < canvas.height; v += cell) {
      for (let u = cell / 2; u < canvas.width; u += cell) {
        const label = map.at(Math.floor(origin.x + u / unit), Math.floor(origin.y + v / unit));
        pen.fillStyle = inks[label];
        pen.fillText(codes[label], u, v);
      }
    }
  }

  paintCorners(corners, unit) {
    const { pen, origin } = this;
    pen.lineWidth = 3;
    pen.strokeStyle = "#fff";
    pen.fillStyle = "#0f766e";
    pen.beginPath();
    for (const p of corners) pen.lineTo((p.x + 0.5 - origin.x) * unit, (p.y + 0.5 - origin.y) * unit);
    pen.stroke();
    for (const p of corners) {
      pen.beginPath();
      pen.arc((p.x + 0.5 - origin.x) * unit, (p.y + 0.5 - origin.y) * unit, 6, 0, 7);
      pen.fill();
      pen.stroke();
    }
  }

  paintCursor({ cursor, reach, crosshair }, unit) {
    const { pen, origin } = this;
    const [x, y] = [(cursor.x + 0.5 - origin.x) * unit, (cursor.y + 0.5 - origin.y) * unit];
    for (const [color, width] of [["rgba(0, 0, 0, 0.65)", 4], ["#fff", 1.6]]) {
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.beginPath();
      pen.arc(x, y, Math.max((reach * unit) / 2, 5), 0, 7);
      if (crosshair) {
        pen.moveTo(x - 14, y);
        pen.lineTo(x + 14, y);
        pen.moveTo(x, y - 14);
        pen.lineTo(x, y + 14);
      }
      pen.stroke();
    }
  }
}

// Colours as canvas pixels (ABGR), and black or white ink that shows on them.
function pixelsOf(colors) {
  return Uint32Array.from(colors, ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
}

function inksOf(colors) {
  const light = ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b > 140;
  return colors.map((color) => (light(color) ? "rgba(0, 0, 0, 0.6)" : "rgba(255, 255, 255, 0.75)"));
}
