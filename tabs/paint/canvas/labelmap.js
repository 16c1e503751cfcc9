// The label map: ids in a Uint8Array. Shapes are drawn by integer tests, so no pixel is ever a
// mixture of two ids, whatever the screen's resolution.

class LabelMap {
  constructor(width, height, label = 0) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height).fill(label);
    this.base = this.data.slice(); // restored by the eraser
  }

  at(x, y) {
    return this.data[y * this.width + x];
  }

  // The label that a tool sets at a pixel; the eraser (null) sets the one of the start.
  plotter(label) {
    const { data, base, width, height } = this;
    return (x, y) => {
      if (x < 0 || y < 0 || x >= width || y >= height) return;
      const index = y * width + x;
      data[index] = label === null ? base[index] : label;
    };
  }

  // The pixels connected to (x, y) that have its label, as a mask of 0 and 1.
  segment(x, y) {
    const { width, height, data } = this;
    const mask = new Uint8Array(data.length);
    const label = data[y * width + x];
    const waiting = [y * width + x];
    mask[waiting[0]] = 1;
    const visit = (index) => {
      if (!mask[index] && data[index] === label) {
        mask[index] = 1;
        waiting.push(index);
      }
    };
    while (waiting.length) {
      const index = waiting.pop();
      const column = index % width;
      if (column > 0) visit(index - 1);
      if (column < width - 1) visit(index + 1);
      if (index >= width) visit(index - width);
      if (index < width * (height - 1)) visit(index + width);
    }
    return mask;
  }

  fill(x, y, label) {
    const mask = this.segment(x, y);
    for (let i = 0; i < mask.length; i++) if (mask[i]) this.data[i] = label;
  }

  replace(from, to) {
    for (let i = 0; i < this.data.length; i++) if (this.data[i] === from) this.data[i] = to;
  }

  clear(label) {
    this.data.fill(label);
    this.base.fill(label);
  }

  // Shift everything, with wrap-around.
  shift(dx, dy) {
    const { width, height } = this;
    const before = this.data.slice();
    const wrap = (value, size) => ((value % size) + size) % size;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = wrap(y - dy, height) * width + wrap(x - dx, width);
        this.data[y * width + x] = before[from];
      }
    }
  }

  flip(vertically) {
    const { width, height } = this;
    const before = this.data.slice();
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = vertically ? (height - 1 - y) * width + x : y * width + width - 1 - x;
        this.data[y * width + x] = before[from];
      }
    }
  }

  shares(count) {
    const counts = new Array(count).fill(0);
    for (const label of this.data) counts[label] += 1;
    return counts.map((number) => number / this.data.length);
  }
}

// --- shapes: each calls plot(x, y) for its pixels --------------------------------------------

function plotDisc(cx, cy, size, plot) {
  const reach = Math.floor(size / 2);
  const limit = (size * size) / 4 + 0.25;
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      if (dx * dx + dy * dy <= limit) plot(cx + dx, cy + dy);
    }
  }
}

function plotLine(a, b, size, plot) {
  const steps = Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y), 1);
  for (let i = 0; i <= steps; i++) {
    const x = Math.round(a.x + ((b.x - a.x) * i) / steps);
    const y = Math.round(a.y + ((b.y - a.y) * i) / steps);
    plotDisc(x, y, size, plot);
  }
}

function plotRectangle(a, b, plot) {
  for (let y = Math.min(a.y, b.y); y <= Math.max(a.y, b.y); y++) {
    for (let x = Math.min(a.x, b.x); x <= Math.max(a.x, b.x); x++) plot(x, y);
  }
}

function plotEllipse(a, b, plot) {
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  const [rx, ry] = [right - left + 1, bottom - top + 1]; // twice the radii
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const u = (2 * x - left - right) / rx;
      const v = (2 * y - top - bottom) / ry;
      if (u * u + v * v <= 1) plot(x, y);
    }
  }
}

// Even-odd rule at the pixels' centres, with the outline, so that thin polygons are drawn.
function plotPolygon(points, plot) {
  const bottom = Math.max(...points.map((p) => p.y));
  for (let y = Math.min(...points.map((p) => p.y)); y <= bottom; y++) {
    const crossings = [];
    points.forEach((p, i) => {
      const q = points[(i + 1) % points.length];
      if (p.y <= y === q.y <= y) return;
      crossings.push(p.x + ((y - p.y) * (q.x - p.x)) / (q.y - p.y));
    });
    crossings.sort((one, other) => one - other);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      for (let x = Math.ceil(crossings[i]); x <= crossings[i + 1]; x++) plot(x, y);
    }
  }
  points.forEach((p, i) => plotLine(p, points[(i + 1) % points.length], 1, plot));
}

// --- runs: the format of stored and sent maps and masks ----------------------------------------

// Uint16 pairs of id and count; a run longer than 65,535 pixels is several.
function toRuns(data) {
  const runs = [];
  for (let i = 0; i < data.length; ) {
    let end = i + 1;
    while (end < data.length && data[end] === data[i] && end - i < 65535) end++;
    runs.push(data[i], end - i);
    i = end;
  }
  return Uint16Array.from(runs);
}

function fromRuns(runs, length) {
  const data = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    data.fill(runs[i], at, at + runs[i + 1]);
    at += runs[i + 1];
  }
  if (at !== length) throw new Error("The runs do not fit the map.");
  return data;
}

function runsToText(runs) {
  const bytes = new Uint8Array(runs.length * 2);
  const view = new DataView(bytes.buffer);
  runs.forEach((value, i) => view.setUint16(2 * i, value, true));
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
}

function textToRuns(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => view.getUint16(2 * i, true));
}

// --- undo ----------------------------------------------------------------------------------------

class History {
  constructor(steps = 200) {
    this.steps = steps;
    this.states = [];
    this.position = -1;
  }

  // Add a state: a map, and its style, parts and layout; false where it equals the last one.
  // States of one map share its runs.
  push(data, { style, patches, layout }) {
    const last = this.states[this.position];
    let runs = toRuns(data);
    if (last && last.runs.length === runs.length && last.runs.every((v, i) => v === runs[i])) {
      runs = last.runs;
    }
    const same = last && last.runs === runs && last.patches === patches
      && JSON.stringify([last.style, last.layout]) === JSON.stringify([style, layout]);
    if (same) return false;
    const state = { runs, style, patches, layout };
    this.states = [...this.states.slice(0, this.position + 1), state].slice(-this.steps - 1);
    this.position = this.states.length - 1;
    return true;
  }

  // Remove the styles from all states: z differs between models.
  forgetStyles() {
    this.states = this.states.map((state) => ({ ...state, style: { seed: 0 }, patches: [] }));
  }

  // The maps so far, each once.
  get maps() {
    const states = this.states.slice(0, this.position + 1);
    return states.filter(({ runs }, i) => !i || runs !== states[i - 1].runs).map(({ runs }) => runs);
  }

  // The state one step back (-1) or on (1), or null where there is none.
  step(by) {
    if (!this.states[this.position + by]) return null;
    this.position += by;
    return this.states[this.position];
  }
}
