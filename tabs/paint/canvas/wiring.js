// Buttons, keys and menus of the studio, and properties that Python sets.

const ACTIONS = [
  { id: "undo", title: t("Undo"), keys: "Ctrl+Z", place: "tools" },
  { id: "redo", title: t("Redo"), keys: "Ctrl+Y", place: "tools" },
  { id: "clear", title: t("Clear the canvas"), keys: "Delete", place: "tools" },
  { id: "help", title: t("Keys and gestures"), keys: "?", place: "tools" },
  { id: "shift -8 0", icon: "left", title: t("Shift left"), keys: "Alt+Left", place: "moves" },
  { id: "shift 8 0", icon: "right", title: t("Shift right"), keys: "Alt+Right", place: "moves" },
  { id: "shift 0 -8", icon: "up", title: t("Shift up"), keys: "Alt+Up", place: "moves" },
  { id: "shift 0 8", icon: "down", title: t("Shift down"), keys: "Alt+Down", place: "moves" },
  { id: "flip", title: t("Mirror left and right"), keys: "F", place: "moves" },
  { id: "upend", title: t("Mirror top and bottom"), keys: "Shift+F", place: "moves" },
  { id: "zoomin", title: t("Zoom in"), keys: "+", place: "moves" },
  { id: "zoomout", title: t("Zoom out"), keys: "-", place: "moves" },
  { id: "fit", title: t("See everything"), keys: "Home", place: "moves" },
  { id: "letters", title: t("Letters on the materials"), keys: "T", place: "moves" },
];

const SHORTCUTS = {
  "[": "smaller", "]": "larger", ",": "previous", ".": "next", "+": "zoomin", "=": "zoomin",
  "-": "zoomout", Home: "fit", t: "letters", v: "ghost", n: "random", d: "die", f: "flip",
  F: "upend", Delete: "clear", "?": "help", s: "picture",
};

const MORE_KEYS = [
  [t("1 to 9, 0"), t("choose a material")], [t(", and ."), t("the material before, the next one")],
  [t("[ and ]"), t("smaller, larger brush")], ["N", t("a random layout")], ["D", t("a random style")],
  ["V", t("ghost of the picture on the canvas")], ["S", t("save the picture")],
  [t("Arrows"), t("move the cursor, with Shift by 8")], [t("Space"), t("paint while held; set a corner")],
  ["Enter", t("begin or end a stroke; close a polygon")], ["Esc", t("leave a stroke or a polygon")],
  ["Ctrl+wheel", t("zoom where the pointer is")], [t("One finger or pen"), t("paints; the page stays still")],
];

const SAVES = [
  ["picture", t("Picture"), t("The picture as a PNG that brings everything back when dropped here (S)")],
  ["map", t("Map"), t("The label map as an indexed PNG, and its labels as JSON")],
  ["layers", t("Layers"), t("Picture and label map as an OpenRaster file")],
];

Studio.prototype.act = function act(name) {
  const { map, view } = this;
  if (!map && name !== "help") return;
  const [verb, x, y] = name.split(" ");
  const ghost = this.ghost ? 0 : 0.5;
  const actions = {
    undo: () => this.step(-1),
    redo: () => this.step(1),
    clear: () => this.transform(() => map.clear(0)),
    afresh: () => this.transform(() => this.layOut("Mountain lake", 1)),
    random: () => this.transform(() => this.layOut("", Math.floor(Math.random() * 1e9))),
    shift: () => this.transform(() => map.shift(Number(x), Number(y))),
    flip: () => this.transform(() => map.flip(false)),
    upend: () => this.transform(() => map.flip(true)),
    zoomin: () => view.zoomTo(view.zoom * 2, this.byKeyboard ? this.cursor : null),
    zoomout: () => view.zoomTo(view.zoom / 2),
    fit: () => view.zoomTo(1),
    letters: () => this.setLetters(!this.letters),
    ghost: () => this.setGhost(ghost),
    smaller: () => this.setSize(this.size - (this.size > 12 ? 4 : 1)),
    larger: () => this.setSize(this.size + (this.size >= 12 ? 4 : 1)),
    previous: () => this.setLabel(this.label - 1),
    next: () => this.setLabel(this.label + 1),
    die: () => this.legend.hasStyle && this.styles.roll(),
    picture: () => this.takeHome("picture"),
    help: () => this.find("help").showModal(),
  };
  actions[verb]();
  this.redraw();
};

Studio.prototype.setLetters = function setLetters(shown) {
  this.letters = shown;
  this.root.querySelector("[data-act='letters']").setAttribute("aria-pressed", shown);
};

Studio.prototype.setGhost = function setGhost(share) {
  this.ghost = share;
  this.find("ghost").value = share * 100;
  this.redraw();
};

// Handle a key pressed anywhere in the studio; false for keys without a function.
Studio.prototype.pressed = function pressed(event) {
  const key = event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    const verb = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[event.key.toLowerCase()];
    if (verb) this.act(verb);
    return Boolean(verb);
  }
  if (event.altKey || !this.map) return false;
  const tool = TOOLS.find((one) => one.key === key);
  if (tool) this.setTool(tool.id);
  else if (/^[0-9]$/.test(key)) this.setLabel((Number(key) + 9) % 10);
  else if (SHORTCUTS[key]) this.act(SHORTCUTS[key]);
  else return false;
  return true;
};

// --- building ------------------------------------------------------------------------------------

function buildTools(studio) {
  const tools = TOOLS.map(({ id, key, title }) => make("button", {
    type: "button", "data-tool": id, "aria-pressed": "false", "aria-label": title,
    title: `${title} (${key.toUpperCase()})`, click: () => studio.setTool(id),
  }, icon(id)));
  studio.find("tools").append(...tools);
  for (const { id, title, keys, place, icon: drawn } of ACTIONS) {
    studio.find(place).append(make("button", {
      type: "button", "data-act": id, "aria-label": title, title: `${title} (${keys})`,
      "aria-pressed": id === "letters" ? "false" : null, click: () => studio.act(id),
    }, icon(drawn || id)));
  }
  for (const [kind, title, hint] of SAVES) {
    studio.find("saves").append(make("button", {
      type: "button", class: "word", title: hint, "data-save": kind, click: () => studio.takeHome(kind),
    }, icon("save"), title));
  }
  studio.find("saves").append(make("button", {
    type: "button", class: "word", title: t("The picture at four times the size, below"),
    "data-save": "enlarge", click: () => studio.map && studio.trigger("enlarge"),
  }, t("Enlarge")));
  const rows = [
    ...TOOLS.map((tool) => [tool.key.toUpperCase(), `${tool.title}. ${tool.hint}`]),
    ...ACTIONS.map((action) => [action.keys, action.title]), ...MORE_KEYS,
  ].flatMap(([keys, text]) => [make("dt", {}, keys), make("dd", {}, text)]);
  studio.find("help-body").append(make("h3", {}, t("Keys and gestures")), make("dl", {}, ...rows));
}

function buildMaterials(studio) {
  const { legend, codes, inks } = studio;
  const buttons = legend.labels.map((label, i) => {
    const mark = ICONS[label] && legend.labels.includes("sky") ? icon(label) : codes[i];
    const color = `rgb(${legend.colors[i].join(" ")})`;
    const ink = inks[i].startsWith("rgba(0") ? "#1e293b" : "#fff";
    const swatch = make("span", { class: "swatch", style: `background: ${color}; color: ${ink}` }, mark);
    return make("button", {
      type: "button", role: "radio", "data-label": i, "data-name": label, "aria-label": t(label),
      title: t("{0}, letter {1}", t(label) + (i < 10 ? ` (${(i + 1) % 10})` : ""), codes[i]),
      click: () => studio.setLabel(i),
    }, swatch, make("span", { class: "name" }, t(label)));
  });
  studio.find("materials").replaceChildren(...buttons);
  studio.find("search").hidden = buttons.length <= 20;
  markMaterial(studio);
}

function buildLayouts(studio) {
  const { labels } = studio.legend;
  const known = Object.entries(LAYOUTS).filter(([, layers]) => layers.every((l) => labels.includes(l[1])));
  const options = known.map(([name]) => make("option", { value: name }, t(name)));
  studio.find("layouts").replaceChildren(make("option", { value: "" }, t("a layout…")), ...options);
  studio.find("start").hidden = studio.find("random").hidden = !known.length;
}

// --- actions --------------------------------------------------------------------------------------

function markTool(studio) {
  for (const button of studio.root.querySelectorAll("[data-tool]")) {
    button.setAttribute("aria-pressed", button.dataset.tool === studio.tool);
  }
  studio.find("stage").dataset.tool = studio.tool;
  studio.find("hint").textContent = TOOLS.find((tool) => tool.id === studio.tool).hint;
}

function markMaterial(studio) {
  for (const button of studio.find("materials").children) {
    const chosen = Number(button.dataset.label) === studio.label;
    button.setAttribute("aria-checked", chosen);
    if (chosen) button.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function markActions(studio) {
  const { history } = studio;
  studio.root.querySelector("[data-act='undo']").disabled = history.position <= 0;
  studio.root.querySelector("[data-act='redo']").disabled = history.position >= history.states.length - 1;
}

function showPart(studio) {
  const { part } = studio;
  studio.find("part").hidden = !part;
  if (!part) return;
  const share = part.mask.reduce((sum, inside) => sum + inside, 0) / part.mask.length;
  studio.find("part-name").textContent = `${t(studio.legend.labels[part.label])}, ${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function notify(studio, sentence, offer, accept) {
  const notice = studio.find("notice");
  const hide = () => {
    notice.hidden = true;
    studio.find("stage").focus({ preventScroll: true });
  };
  const yes = make("button", { type: "button", class: "word", click: () => { hide(); accept(); } }, offer);
  const no = make("button", { type: "button", class: "word", click: hide }, t("Keep it"));
  notice.replaceChildren(sentence, yes, no);
  notice.hidden = false;
}

// --- listening -----------------------------------------------------------------------------------

function listen(studio) {
  const { root, find } = studio;
  const stage = find("stage");
  listenToPointer(stage, studio, studio.easel);
  listenToKeys(stage, studio, studio.easel);
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const mine = root.contains(target) || (target === document.body && root.offsetParent);
    const typing = target.matches("input, select, textarea") && target.type !== "range";
    if (!mine || event.defaultPrevented || typing || stage.contains(target)) return;
    if (studio.pressed(event)) event.preventDefault();
  });
  find("size").addEventListener("input", (event) => studio.setSize(Number(event.target.value)));
  find("ghost").addEventListener("input", (event) => studio.setGhost(event.target.value / 100));
  find("random").addEventListener("click", () => studio.act("random"));
  find("layouts").addEventListener("change", (event) => {
    const name = event.target.value;
    if (name) studio.transform(() => studio.layOut(name, 1));
    event.target.value = "";
  });
  find("search").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const button of find("materials").children) {
      button.hidden = !`${button.ariaLabel} ${button.dataset.name}`.includes(wanted);
    }
  });
  find("materials").addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    studio.setLabel(studio.label + by);
    find("materials").children[studio.label].focus();
  });
  find("reroll").addEventListener("click", () => studio.styles.roll());
  find("plain").addEventListener("click", () => studio.stylePart(null));
  find("unpart").addEventListener("click", () => studio.letGo());
  find("help-close").addEventListener("click", () => find("help").close());
  window.addEventListener("pagehide", () => studio.save());
}
