// Layouts to start from: a few ridges, blobs and paths, roughened by waves.

const LAYOUTS = {
  "Mountain lake": [
    ["blob", "cloud", 0.25, 0.14, 0.16, 0.05],
    ["blob", "cloud", 0.72, 0.22, 0.2, 0.05],
    ["ridge", "mountain", 0.4, 0.2],
    ["peaks", "snow", 0.27],
    ["ridge", "hill", 0.5, 0.06],
    ["ridge", "forest", 0.55, 0.03],
    ["ridge", "water", 0.61, 0],
    ["ridge", "grass", 0.86, 0.05],
    ["blob", "rock", 0.78, 0.84, 0.09, 0.04],
  ],
  "Sandy bay": [
    ["blob", "cloud", 0.62, 0.16, 0.24, 0.06],
    ["ridge", "hill", 0.44, 0.07],
    ["ridge", "water", 0.48, 0],
    ["ridge", "sand", 0.72, 0.05],
    ["blob", "rock", 0.2, 0.62, 0.08, 0.05],
    ["blob", "grass", 0.9, 0.95, 0.3, 0.1],
  ],
  "Flower meadow": [
    ["blob", "cloud", 0.3, 0.18, 0.2, 0.06],
    ["ridge", "hill", 0.45, 0.1],
    ["ridge", "forest", 0.5, 0.04],
    ["ridge", "grass", 0.55, 0.02],
    ["blob", "flowers", 0.22, 0.82, 0.24, 0.1],
    ["blob", "flowers", 0.84, 0.7, 0.18, 0.06],
    ["way", "path", 0.55, 0.08],
  ],
  "River valley": [
    ["blob", "cloud", 0.5, 0.12, 0.3, 0.05],
    ["ridge", "mountain", 0.42, 0.16],
    ["ridge", "forest", 0.5, 0.06],
    ["ridge", "grass", 0.56, 0.02],
    ["way", "water", 0.56, 0.16],
    ["blob", "forest", 0.1, 0.72, 0.14, 0.12],
    ["blob", "rock", 0.82, 0.86, 0.1, 0.05],
  ],
  "Desert": [
    ["ridge", "rock", 0.5, 0.1],
    ["ridge", "sand", 0.52, 0.05],
    ["blob", "rock", 0.75, 0.66, 0.16, 0.07],
    ["way", "path", 0.56, 0.06],
  ],
  "Winter woods": [
    ["blob", "cloud", 0.4, 0.2, 0.34, 0.08],
    ["ridge", "mountain", 0.42, 0.14],
    ["ridge", "forest", 0.52, 0.06],
    ["ridge", "snow", 0.58, 0.03],
    ["blob", "water", 0.6, 0.76, 0.24, 0.06],
    ["blob", "forest", 0.08, 0.66, 0.14, 0.16],
  ],
};

// Random numbers that follow from a seed (a multiply-with-carry step), so that layouts are reproducible.
function randomFrom(seed) {
  let state = (seed * 2654435761 + 1013904223) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 4294967296;
  };
}

function waveFrom(random) {
  const parts = [1, 2, 4, 7, 13].map((f) => [f * (0.7 + random()), random() * 6.3, 0.9 / f]);
  return (x) => parts.reduce((sum, [f, phase, size]) => sum + size * Math.sin(f * x * 3 + phase), 0);
}

// Whether each kind of layer covers the point (u, v) of the unit square.
const COVERS = {
  ridge: ([, , line, rise], wave) => (u, v) => v > line - rise * (0.55 + 0.6 * wave(u)),
  // above the line, only pixels other than sky
  peaks: ([, , line], wave) => (u, v) => v < line + 0.03 * wave(u * 3),
  blob: ([, , x, y, rx, ry], wave) => (u, v) => {
    const angle = Math.atan2((v - y) / ry, (u - x) / rx);
    return Math.hypot((u - x) / rx, (v - y) / ry) < 1 + 0.22 * wave(angle / 2);
  },
  way: ([, , top, width], wave) => (u, v) => {
    const along = (v - top) / (1 - top);
    if (along < 0) return false;
    return Math.abs(u - 0.5 - 0.16 * along * wave(along)) < 0.008 + width * along;
  },
};

function drawLayout(map, layers, labels, seed) {
  const random = randomFrom(seed);
  map.clear(Math.max(labels.indexOf("sky"), 0));
  const ground = labels.indexOf("mountain");
  for (const layer of layers) {
    const label = labels.indexOf(layer[1]);
    const covers = COVERS[layer[0]](layer, waveFrom(random));
    for (let y = 0; y < map.height; y++) {
      for (let x = 0; x < map.width; x++) {
        const index = y * map.width + x;
        if (layer[0] === "peaks" && map.data[index] !== ground) continue;
        if (covers((x + 0.5) / map.width, (y + 0.5) / map.height)) map.data[index] = label;
      }
    }
  }
  map.base.set(map.data);
}

// A random layout: a horizon, something far, something near, and a few patches.
function randomLayers(random) {
  const pick = (...names) => names[Math.floor(random() * names.length)];
  const horizon = 0.3 + 0.3 * random();
  const layers = [];
  for (let i = Math.floor(random() * 4); i > 0; i--) {
    layers.push(["blob", "cloud", random(), random() * horizon * 0.7, 0.08 + 0.2 * random(), 0.05]);
  }
  if (random() < 0.7) {
    layers.push(["ridge", pick("mountain", "hill", "rock"), horizon, 0.05 + 0.2 * random()]);
  }
  if (random() < 0.6) layers.push(["ridge", pick("forest", "hill"), horizon + 0.04, 0.05]);
  layers.push(["ridge", pick("grass", "grass", "sand", "snow", "water"), horizon + 0.08, 0.03]);
  for (let i = Math.floor(random() * 4); i > 0; i--) {
    const label = pick("water", "forest", "flowers", "rock", "sand", "grass", "snow");
    const y = horizon + 0.15 + random() * (0.85 - horizon);
    layers.push(["blob", label, random(), y, 0.1 + 0.25 * random(), 0.04 + 0.08 * random()]);
  }
  if (random() < 0.35) {
    layers.push(["way", pick("path", "path", "water"), horizon + 0.08, 0.05 + 0.12 * random()]);
  }
  return layers;
}
