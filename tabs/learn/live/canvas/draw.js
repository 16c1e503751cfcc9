// Pictures of a run on canvases: points over the discriminator's surface, densities, and curves.

const EXTENT = 3; // what is shown lies from -EXTENT to EXTENT
const ARROW_HEAD = 4;

// Points of the server: 16-bit numbers, of `dim` a point, as places from 0 to 1.
function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return Float32Array.from(new Uint16Array(bytes.buffer), (value) => value / 65535);
}

function unpackBytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

// The colours of the page's theme, from the custom properties of the lab.
function coloursOf(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["real", "fake", "arrow", "output", "optimum", "grid", "dloss", "gloss", "modes"];
  const colours = Object.fromEntries(names.map((name) => [name, read(name)]));
  colours.shades = ["low", "middle", "high"].map((name) => read(name).split(" ").map(Number));
  return colours;
}

// A canvas as sharp as the screen; returns its pen and its size in CSS pixels.
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

// Small pictures of surfaces, drawn large; one sheet for all.
const sheet = document.createElement("canvas");

function drawSurface(pen, text, width, height, shades) {
  const values = unpackBytes(text);
  const side = Math.round(Math.sqrt(values.length));
  [sheet.width, sheet.height] = [side, side];
  const image = new ImageData(side, side);
  for (let k = 0; k < values.length; k++) {
    const share = values[k] / 127.5;
    const [from, to, at] = share < 1 ? [shades[0], shades[1], share] : [shades[1], shades[2], share - 1];
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = from[c] + (to[c] - from[c]) * at;
    image.data[4 * k + 3] = 255;
  }
  sheet.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(sheet, 0, 0, width, height);
}

function drawPoints(pen, places, width, height, colour, radius) {
  pen.fillStyle = colour;
  pen.beginPath();
  for (let k = 0; k < places.length; k += 2) {
    const [x, y] = [places[k] * width, (1 - places[k + 1]) * height];
    pen.moveTo(x + radius, y);
    pen.arc(x, y, radius, 0, 7);
  }
  pen.fill();
}

function drawArrows(pen, places, pushes, width, height, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.2;
  pen.beginPath();
  for (let k = 0; k < pushes.length; k += 2) {
    const [u, v] = [(pushes[k] - 0.5) * width, (0.5 - pushes[k + 1]) * height];
    const length = Math.hypot(u, v);
    if (length < 1.5) continue;
    const [x, y] = [places[k] * width, (1 - places[k + 1]) * height];
    const head = Math.min(ARROW_HEAD, length / 2) / length;
    pen.moveTo(x, y);
    pen.lineTo(x + u, y + v);
    pen.lineTo(x + u - (u - v / 2) * head, y + v - (v + u / 2) * head);
    pen.moveTo(x + u, y + v);
    pen.lineTo(x + u - (u + v / 2) * head, y + v - (v - u / 2) * head);
  }
  pen.stroke();
}

function drawPlane(canvas, run, colours) {
  const { pen, width, height } = prepare(canvas);
  const radius = Math.max(1.4, width / 190);
  if (run.surface) drawSurface(pen, run.surface, width, height, colours.shades);
  drawPoints(pen, unpack(run.real), width, height, colours.real, radius);
  const fake = unpack(run.fake);
  drawArrows(pen, fake, unpack(run.descent), width, height, colours.arrow);
  drawPoints(pen, fake, width, height, colours.fake, radius);
}

// A line through values from 0 to 1, left to right; null leaves a gap.
function drawLine(pen, values, { width, height, margin = 0 }, colour, { thick = 1.8, dash = [] } = {}) {
  pen.strokeStyle = colour;
  pen.lineWidth = thick;
  pen.setLineDash(dash);
  pen.beginPath();
  let down = false;
  values.forEach((value, k) => {
    if (value === null) {
      down = false;
      return;
    }
    const x = (k / Math.max(values.length - 1, 1)) * width;
    const y = height - margin - Math.min(Math.max(value, 0), 1.04) * (height - 2 * margin);
    if (down) pen.lineTo(x, y);
    else pen.moveTo(x, y);
    down = true;
  });
  pen.stroke();
  pen.setLineDash([]);
}

function drawDensity(canvas, run, colours) {
  const { pen, width, height } = prepare(canvas);
  const { data, generated, output, optimum } = run.density;
  const top = 1.25 * Math.max(...data);
  const box = { width, height, margin: 12 };
  for (const level of [0, 0.5, 1]) {
    drawLine(pen, [level, level], box, colours.grid, { thick: 1 });
  }
  if (run.optimum) { // where neither density is, there is no best D(x)
    const least = 0.004 * top;
    const known = optimum.map((value, k) => (data[k] + generated[k] > least ? value : null));
    drawLine(pen, known, box, colours.optimum, { dash: [5, 4] });
  }
  drawLine(pen, output, box, colours.output);
  drawLine(pen, data.map((value) => value / top), box, colours.real, { thick: 2.4 });
  drawLine(pen, generated.map((value) => value / top), box, colours.fake, { thick: 2.4 });
}

// Both losses on one scale, and covered modes from none to all of them.
function drawCurves(canvas, { discriminator, generator, modes }, numModes, colours) {
  const { pen, width, height } = prepare(canvas);
  const box = { width, height, margin: 4 };
  const both = [...discriminator, ...generator].slice().sort((a, b) => a - b);
  const at = (share) => both[Math.round(share * (both.length - 1))];
  const [least, most] = [Math.min(at(0.02), 0), Math.max(at(0.98), 1e-3)];
  const scaled = (values) => values.map((value) => (value - least) / (most - least));
  drawLine(pen, [-least / (most - least), -least / (most - least)], box, colours.grid, { thick: 1 });
  drawLine(pen, modes.map((value) => value / numModes), box, colours.modes, { thick: 2 });
  drawLine(pen, scaled(discriminator), box, colours.dloss, { thick: 1.3 });
  drawLine(pen, scaled(generator), box, colours.gloss, { thick: 1.3 });
}

function drawRun(side, run, colours) {
  const canvas = side.querySelector(".plot canvas");
  if (run.density) drawDensity(canvas, run, colours);
  else drawPlane(canvas, run, colours);
  drawCurves(side.querySelector("canvas.curves"), run.curves, run.num_modes, colours);
}
