// The studio: the painting, the tool and the style; connects the modules of the canvas.

const STORE = "ganvas-paint";
const SAVE_AFTER_MS = 300;
const STRIP_AFTER_MS = 1500;
const STYLE_STEP_MS = 500; // a style that stays this long is a step of undo
const FILM_FRAMES = 48;

class Studio {
  constructor(root, server, trigger) {
    this.root = root;
    this.server = server;
    this.trigger = trigger;
    this.find = (name) => root.querySelector(`.${name}`);
    this.view = new View(this.find("sheet"));
    Object.assign(this, { tool: "brush", label: 0, size: 10, letters: false, ghost: 0 });
    Object.assign(this, { style: { seed: 0 }, patches: [], part: null, byKeyboard: false });
    this.layout = null; // the one that the map started with: its name ("" for a random one) and seed
    this.cursor = { x: 0, y: 0 };
    this.live = new Live({
      send: (payload) => server.preview(payload),
      payload: () => this.payload(),
      show: (answer) => this.showAnswer(answer),
      tell: (sentence) => this.tell(sentence),
      idle: () => this.rest(),
    });
    this.easel = new Easel(this);
    this.styles = new StylePanel(root, this);
  }

  // --- the model ---------------------------------------------------------------------------------

  // Set another model's labels, size and styles; the painting stays if they are the same.
  setLegend(legend) {
    const before = this.legend;
    this.legend = legend;
    this.colors = pixelsOf(legend.colors);
    this.inks = inksOf(legend.colors);
    this.codes = codesOf(legend.labels);
    this.root.style.setProperty("--shape", `${legend.width} / ${legend.height}`);
    const same = before && this.map && this.map.width === legend.width
      && this.map.height === legend.height && `${before.labels}` === `${legend.labels}`;
    if (before && before.model !== legend.model) { // z differs between models
      this.remember();
      this.history.forgetStyles();
      const { style, patches } = this.history.states[this.history.position];
      Object.assign(this, { style, patches });
      this.letGo();
      this.styles.buildStrip();
      this.saveSoon();
    }
    if (!same) this.newCanvas();
    // not the label there: the first stroke should be visible
    const last = legend.labels.length - 1;
    if (!same) this.label = Math.min(Math.max(legend.labels.indexOf("forest"), 1), last);
    buildMaterials(this);
    buildLayouts(this);
    this.styles.setPresets(legend.presets);
    this.find("styles").hidden = !legend.hasStyle;
    this.find("reroll").hidden = this.find("plain").hidden = !legend.hasStyle;
    this.find("message").hidden = true;
    this.root.dataset.ready = "true";
    this.changed();
    this.followLink();
    this.trigger("linked");
  }

  newCanvas() {
    const { width, height } = this.legend;
    this.map = new LabelMap(width, height);
    this.history = new History();
    this.patches = [];
    this.part = null;
    this.view.fit(this.map);
    this.cursor = { x: width >> 1, y: height >> 1 };
    this.setSize(Math.round(width / 12));
    if (!this.restore()) {
      if (this.legend.labels.includes("sky")) this.layOut("Mountain lake", 1);
      this.history.push(this.map.data, this);
    }
  }

  // --- painting ----------------------------------------------------------------------------------

  // The map has changed: show it and request its picture.
  changed() {
    if (!this.map) return;
    this.redraw();
    this.styles.stop();
    clearTimeout(this.resting);
    this.live.update();
  }

  // A stroke has ended: one step of undo.
  committed() {
    this.remember();
    this.letGo();
    this.changed();
    this.saveSoon();
  }

  // Add the state of the canvas as a step of undo.
  remember() {
    clearTimeout(this.remembering);
    if (!this.map) return;
    this.history.push(this.map.data, this);
    markActions(this);
  }

  // Another style: a step of undo once it stays for a moment.
  styled() {
    this.styles.mark();
    this.changed();
    this.saveSoon();
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => this.remember(), STYLE_STEP_MS);
  }

  picked(label) {
    this.setLabel(label);
  }

  hovered(point) {
    if (point) this.cursor = this.easel.inside(point);
    this.byKeyboard = false;
    this.pointing = point !== null;
    this.redraw();
  }

  redraw() {
    if (!this.map) return;
    const painting = ["brush", "eraser", "line"].includes(this.tool);
    this.view.show({
      colors: this.colors, codes: this.codes, inks: this.inks, letters: this.letters,
      ghost: this.ghost, picture: this.shown ? this.find("picture") : null, part: this.part && this.part.mask,
      corners: this.easel.corners.length ? [...this.easel.corners, this.cursor] : [],
      cursor: this.byKeyboard || this.pointing ? this.cursor : null,
      reach: painting ? this.size : 1, crosshair: this.byKeyboard || !painting,
    });
  }

  step(by) {
    if (this.easel.busy) return;
    this.remember();
    const state = this.history.step(by);
    if (state === null) return;
    this.map.data.set(fromRuns(state.runs, this.map.data.length));
    Object.assign(this, { style: state.style, patches: state.patches, layout: state.layout });
    this.letGo();
    this.changed();
    this.saveSoon();
    markActions(this);
  }

  // Change the whole map at once, as one step of undo.
  transform(change) {
    if (this.easel.busy) return;
    change(this.map);
    this.committed();
  }

  layOut(name, seed) {
    const random = randomFrom(seed);
    const layers = LAYOUTS[name] || randomLayers(random);
    drawLayout(this.map, layers, this.legend.labels, seed);
    this.layout = { name: LAYOUTS[name] ? name : "", seed };
  }

  // Put a map, a style and parts on the canvas: from a file, or from the last visit.
  put({ map, base, style, patches, layout }) {
    const length = this.map.data.length;
    this.map.data.set(fromRuns(textToRuns(map), length));
    this.map.base.set(base ? fromRuns(textToRuns(base), length) : this.map.data);
    this.patches = (patches || []).map((patch) => {
      const mask = fromRuns(textToRuns(patch.mask), length);
      return { mask, label: this.map.data[mask.indexOf(1)], style: patch.style };
    });
    if (style) this.style = style;
    this.layout = layout || null;
    this.committed();
  }

  // Take what Python sends: a painting from a file, or a style.
  arrive(arrival) {
    if (arrival.map) this.put(arrival);
    else this.setStyle(arrival.style);
  }

  // Show why there is no model.
  refuse(sentence) {
    this.find("message").textContent = sentence;
    this.find("message").hidden = false;
    this.tell("");
  }

  // --- requests ----------------------------------------------------------------------------------

  payload(style = this.style) {
    return {
      model: this.legend.model,
      width: this.map.width,
      height: this.map.height,
      map: runsToText(toRuns(this.map.data)),
      style,
      patches: this.sentPatches(),
      draft: this.easel.busy, // the quick picture is enough while the brush moves
    };
  }

  // Parts keep their style where the label is unchanged.
  sentPatches() {
    const kept = this.patches.map(({ mask, label, style }) => {
      const now = mask.map((inside, i) => (inside && this.map.data[i] === label ? 1 : 0));
      return now.includes(1) ? { mask: runsToText(toRuns(now)), style } : null;
    });
    return kept.filter(Boolean);
  }

  // The states of the film: states of the history, at most FILM_FRAMES of them.
  film() {
    const states = this.history.maps;
    const count = Math.min(states.length, FILM_FRAMES);
    const chosen = Array.from({ length: count }, (_, i) =>
      states[Math.round((i * (states.length - 1)) / Math.max(count - 1, 1))]);
    return { ...this.payload(), states: chosen.map(runsToText) };
  }

  async showAnswer(answer) {
    await showPicture(this.find("picture"), answer.picture);
    this.shown = true;
    this.find("message").hidden = true;
    this.find("picture").alt = t("A painted picture: {0}", this.describe());
    this.tell(`${Math.round(answer.seconds * 1000)} ms · ${answer.device} · ${styleName(this.style)} · ${this.describe()}`);
    if (this.ghost) this.redraw();
    this.root.dispatchEvent(new CustomEvent("painted", { detail: answer }));
  }

  describe() {
    const shares = this.map.shares(this.legend.labels.length);
    const order = shares.map((share, i) => [share, this.legend.labels[i]]).filter(([s]) => s >= 0.005);
    order.sort((one, other) => other[0] - one[0]);
    return order.slice(0, 4).map(([share, name]) => `${t(name)} ${Math.round(share * 100)} %`).join(", ");
  }

  async thumbnail(style) {
    const answer = await this.live.aside(this.payload(style));
    return answer && answer.picture ? answer.picture : null;
  }

  rest() {
    clearTimeout(this.resting);
    if (!this.legend.hasStyle) return;
    this.resting = setTimeout(() => this.styles.refresh(), STRIP_AFTER_MS);
  }

  async takeHome(kind) {
    if (!this.map) return;
    const answer = await this.live.ask(() => this.server.download({ ...this.payload(), kind }));
    if (answer.files) answer.files.forEach(saveFile);
    else this.tell(answer.problem || t("The server is busy; try again in a moment."));
  }

  tell(sentence) {
    this.find("status").textContent = sentence;
  }

  // --- styles and parts --------------------------------------------------------------------------

  // Of the chosen part where there is one, else of the whole picture.
  setStyle(style) {
    if (this.part) return this.stylePart(style);
    this.style = style;
    return this.styled();
  }

  // The style that the panel shows.
  get shownStyle() {
    const patch = this.part && this.patches.find(({ mask }) => mask.some((inside, i) => inside && this.part.mask[i]));
    return patch ? patch.style : this.style;
  }

  chosen(mask, label) {
    this.part = { mask, label };
    showPart(this);
    this.styles.mark();
    this.redraw();
  }

  letGo() {
    this.part = null;
    showPart(this);
    this.styles.mark();
    this.redraw();
  }

  // Give the chosen part its own style; null removes it.
  stylePart(style) {
    const { mask, label } = this.part;
    const others = this.patches.filter((patch) => !patch.mask.some((inside, i) => inside && mask[i]));
    this.patches = style === null ? others : [...others, { mask, label, style }].slice(-8);
    this.styled();
  }

  setLabel(label) {
    if (!this.map || label < 0 || label >= this.legend.labels.length) return;
    this.label = label;
    markMaterial(this);
  }

  setTool(tool) {
    if (this.easel.busy || this.easel.corners.length) this.easel.cancel();
    this.tool = tool;
    this.letGo();
    markTool(this);
    this.redraw();
  }

  setSize(size) {
    this.size = Math.min(Math.max(size, 1), 64);
    this.find("size").value = this.size;
    this.find("size-shown").textContent = this.size;
    this.redraw();
  }

  // --- the last visit ------------------------------------------------------------------------------

  saveSoon() {
    if (!this.map) return;
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.save(), SAVE_AFTER_MS);
  }

  save() {
    clearTimeout(this.saving);
    if (!this.map) return;
    const { model, labels } = this.legend;
    const base = runsToText(toRuns(this.map.base));
    const kept = { ...this.payload(), labels, base, layout: this.layout };
    this.trigger("linked");
    try {
      localStorage.setItem(`${STORE}:${model}`, JSON.stringify(kept));
      localStorage.setItem(STORE, model);
    } catch {
      this.tell(t("This browser keeps nothing: the canvas will not survive a reload."));
    }
  }

  // Restore the canvas of the last visit; false if there is none that fits.
  restore() {
    const { model, labels, width, height } = this.legend;
    try {
      const kept = JSON.parse(localStorage.getItem(`${STORE}:${model}`));
      const fits = kept && kept.width === width && kept.height === height && `${kept.labels}` === `${labels}`;
      if (!fits) return false;
      this.put(kept);
      notify(this, t("Your last canvas is back."), t("Start afresh"), () => this.act("afresh"));
      return true;
    } catch {
      return false;
    }
  }
}
