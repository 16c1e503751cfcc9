// Icons of tools and materials: paths in a 24 x 24 box, drawn as lines.

const ICONS = {
  brush: "M4 20c3 1 6 0 6-3 0-2-3-3-4-1-1 1 0 3-2 4zM9.5 14.5 18 4l3 3-9.5 9",
  eraser: "M8 20h12M5 16 15 5l5 5-9 10H8zM10 10.5l5 5.5",
  line: "M5 19 19 5M4 20h.01M20 4h.01",
  rectangle: "M4 6h16v12H4z",
  ellipse: "M3 12a9 6.5 0 1 0 18 0a9 6.5 0 1 0-18 0z",
  polygon: "M12 3 21 10 17 20H6L3 9z",
  fill: "M10 3 19 12 11 20 3 12 11 4M20 15c1.5 2 2 3 1 4.500s-2.500 0-2-1.500z",
  pick: "M4 20l1-4 8-8 3 3-8 8zM12 7l5 5M15 5.500a2.500 2.500 0 0 1 3.500 3.500L17 10.500 13.500 7z",
  swap: "M4 8h14l-4-4M20 16H6l4 4",
  part: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5M12 9v6M9 12h6",
  hand: "M8 12V6a1.500 1.500 0 0 1 3 0v5V4.500a1.500 1.500 0 0 1 3 0V11V6a1.500 1.500 0 0 1 3 0v8c0 4-2 7-5.500 7S7 19 4 14c1-1.500 3-1 4 1z",
  undo: "M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10H9",
  redo: "M16 5l4 4-4 4M20 9H10a5 5 0 0 0 0 10h5",
  clear: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M11 11v5M13.500 11v5",
  flip: "M12 3v18M9 7 3 17h6zM15 7l6 10h-6z",
  upend: "M3 12h18M7 9 17 3v6zM7 15l10 6v-6z",
  left: "M14 6l-6 6 6 6",
  right: "M10 6l6 6-6 6",
  up: "M6 14l6-6 6 6",
  down: "M6 10l6 6 6-6",
  zoomin: "M10.500 4a6.500 6.500 0 1 0 0 13a6.500 6.500 0 0 0 0-13zM20 20l-5-5M10.500 8v5M8 10.500h5",
  zoomout: "M10.500 4a6.500 6.500 0 1 0 0 13a6.500 6.500 0 0 0 0-13zM20 20l-5-5M8 10.500h5",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  letters: "M4 19 9 6l5 13M6 14.500h6M16 12h4M18 10v9",
  ghost: "M5 20V11a7 7 0 0 1 14 0v9l-3-2-2 2-2-2-2 2-2-2zM9.500 11h.01M14.500 11h.01",
  help: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 18h.01M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z",
  die: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
  save: "M12 4v11M7 11l5 5 5-5M4 20h16",

  sky: "M12 4v2M12 18v2M4 12h2M18 12h2M6.500 6.500 8 8M16 16l1.500 1.500M17.500 6.500 16 8M8 16l-1.500 1.500M12 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6z",
  cloud: "M7 18a4 4 0 0 1 0-8 5 5 0 0 1 9.500-1A4.500 4.500 0 0 1 17 18z",
  mountain: "M2 19 9 6l4 7 3-5 6 11zM7 9.800l2 1.700 2-1.500",
  hill: "M2 18c4-8 8-8 11-2 2-4 5-4 9 2",
  rock: "M4 18 6 10l6-4 6 3 2 9zM6 10l5 3 7-4M11 13l1 5",
  snow: "M12 3v18M4.200 7.500l15.600 9M19.800 7.500l-15.600 9M9.500 4.500 12 7l2.500-2.500M9.500 19.500 12 17l2.500 2.500",
  grass: "M4 19c1-5 0-8-1-10 3 2 4 6 4 10M10 19c0-6 1-10 3-13 0 4-1 8 0 13M16 19c0-4 2-7 5-8-2 3-2 5-2 8",
  forest: "M8 3 3 11h3l-3 5h10l-3-5h3zM8 16v5M17 8l-3.500 6h2L13 19h8l-2.500-5h2zM17 19v2",
  flowers: "M12 10a2 2 0 1 0 0-4a2 2 0 0 0 0 4M12 6c0-4 4-3 3 0 4-1 4 3 1 3 2 3-2 4-4 1-2 3-6 2-4-1-3 0-3-4 1-3-1-3 3-4 3 0M12 11v10M12 17c2-3 4-3 5-3",
  sand: "M3 17c4-4 7-4 10-1 3-3 5-3 8 0M6 8h.01M11 6h.01M16 9h.01M9 11h.01M19 6h.01M14 12h.01",
  water: "M3 8c3-3 5 2 9 0s5-2 9 0M3 13c3-3 5 2 9 0s5-2 9 0M3 18c3-3 5 2 9 0s5-2 9 0",
  path: "M9 21c-2-5 4-6 4-10S9 6 12 3M17 21c0-4 1-6 0-10S15 6 15 3",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// A unique letter for each label; two letters if there are too many labels.
function codesOf(labels) {
  const taken = new Set();
  return labels.map((label) => {
    const name = label.toUpperCase().replace(/[^A-Z0-9]/g, "") || "X";
    const wanted = labels.length <= 20 ? [...name] : [...name.slice(1)].map((c) => name[0] + c);
    let code = wanted.find((c) => !taken.has(c));
    for (let n = 1; code === undefined; n++) if (!taken.has(name[0] + n)) code = name[0] + n;
    taken.add(code);
    return code;
  });
}

// An element with attributes and children; functions among the attributes are event listeners.
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}
