// The live part: its settings, its calls, and the loop that looks at the training.

const LOOK_MS = 110; // between two pictures at least
const REST_MS = 2500; // between two looks at a training that pauses
const RETRY_MS = 1500;
const VISITOR = "ganvas-learn-visitor"; // in the browser
const SESSION = "ganvas-learn-session"; // of this page, also after a reload
const OWN = ["objective", "generator_rate", "discriminator_rate", "discriminator_steps"];
const SHARED = ["data", "seed", "noise_dim", "width", "optimizer", "head_start"];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Lab {
  constructor(root, server) {
    Object.assign(this, { root, server, session: sessionStorage.getItem(SESSION), runs: [] });
    Object.assign(this, { seen: null, playing: false, busy: 0, preset: null, pictures: 0 });
    this.sides = [...root.querySelectorAll(".side")];
    const canvases = this.sides.map((side) => side.querySelector(".plot canvas"));
    this.canvases = canvases;
    this.brush = new Brush({ moved: () => this.showDrawing(), drawn: () => this.restart() });
    canvases.forEach((canvas) => this.brush.listen(canvas));
    this.calls = Promise.resolve();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  field(name, side) {
    return (side === undefined ? this.root : this.sides[side]).querySelector(`[data-set="${name}"]`);
  }

  // --- settings ------------------------------------------------------------------------------------

  // The settings of one run, from the fields; what is no number is sent as it is written.
  settings(side) {
    const read = (field) => {
      const number = Number(field.value);
      return field.tagName === "SELECT" || field.value === "" || Number.isNaN(number) ? field.value : number;
    };
    const made = {};
    for (const name of OWN) made[name] = read(this.field(name, side));
    for (const name of SHARED) made[name] = read(this.field(name));
    if (made.data === "drawn") made.points = this.brush.points;
    return made;
  }

  wanted() {
    return this.field("two").checked ? [this.settings(0), this.settings(1)] : [this.settings(0)];
  }

  // Set the fields to the settings that a session has.
  fill(runs, pace) {
    runs.forEach((settings, side) => {
      for (const name of OWN) this.field(name, side).value = settings[name];
    });
    for (const name of SHARED) this.field(name).value = runs[0][name];
    if (runs[0].points.length) this.brush.points = runs[0].points;
    this.field("two").checked = runs.length > 1;
    this.field("pace").value = pace;
    this.arrange();
  }

  // Show what belongs to the chosen settings: one run or two, the drawing, the words.
  arrange() {
    const two = this.field("two").checked;
    this.sides[1].hidden = !two;
    this.find(".pair").classList.toggle("alone", !two);
    const drawing = this.field("data").value === "drawn";
    this.brush.setActive(drawing, this.canvases);
    this.find("[data-act='clear']").hidden = !drawing;
    for (const button of this.root.querySelectorAll("[data-preset]")) {
      button.setAttribute("aria-pressed", button.dataset.preset === this.preset);
    }
    this.showWords(two ? 2 : 1);
  }

  // Which texts stand beside the pictures: of the preset, of the objectives, of the data's dimension.
  showWords(count) {
    const ids = this.sides.slice(0, count).map((_, side) => `objective-${this.field("objective", side).value}`);
    ids.push(this.preset ? `preset-${this.preset}` : "start");
    if (this.field("data").value.startsWith("bump")) ids.push("densities");
    const rules = ids.map((id) => `#learn-words-${id}`).join(", ");
    this.find(".shown-words").textContent = `.block.learn-card { display: none !important; }
      .block:is(${rules}) { display: block !important; }`;
  }

  // --- calls ---------------------------------------------------------------------------------------

  // One call at a time, in order; its answer is shown.
  act(request) {
    this.busy += 1;
    this.calls = this.calls.then(() => this.send(request)).finally(() => { this.busy -= 1; });
    return this.calls;
  }

  async send(request) {
    const full = { session: this.session, visitor: visitorKey(), ...request };
    let answer;
    try {
      answer = await this.server.ask(full);
    } catch {
      this.tell(this.root.dataset.textUnreachable, true);
      return {};
    }
    if (answer.session) this.keep(answer.session);
    if (answer.gone) this.keep(null);
    if (answer.problem) this.tell(answer.problem, true);
    else if (!answer.same) this.show(answer);
    return answer;
  }

  keep(session) {
    this.session = session;
    if (session) sessionStorage.setItem(SESSION, session);
    else sessionStorage.removeItem(SESSION);
    if (!session) this.setPlaying(false);
  }

  // Whether the visitor is to draw the data and has not.
  lacksPoints() {
    return this.field("data").value === "drawn" && !this.brush.points.length;
  }

  // Begin anew with the settings of the fields, in this session or a new one.
  async restart(play = this.playing) {
    this.arrange();
    if (this.lacksPoints()) {
      if (this.playing) await this.act({ do: "pause" });
      this.showDrawing();
      return;
    }
    const request = () => ({ do: this.session ? "reset" : "open", runs: this.wanted() });
    let answer = await this.act(request());
    if (answer.gone) answer = await this.act(request());
    if (answer.problem) return;
    const pace = Number(this.field("pace").value);
    if (pace && answer.pace !== pace) await this.act({ do: "pace", pace });
    if (play) await this.act({ do: "play" });
  }

  async press(name) {
    if (name === "clear") {
      this.brush.points = [];
      await this.restart(false);
    } else if (name === "reset") {
      await this.restart(false);
    } else if (this.lacksPoints()) {
      this.tell(this.root.dataset.textDraw, true);
    } else {
      if (!this.session) await this.restart(false);
      if (this.session) await this.act({ do: name });
    }
  }

  async choosePreset(name) {
    this.preset = name;
    this.arrange();
    await this.act({ do: "preset", name, seed: Number(this.field("seed").value) });
    this.find(".status").scrollIntoView({ block: "nearest" });
  }

  // Look while the page is seen; the server pauses a training that nobody looks at.
  async watch() {
    for (;;) {
      const started = performance.now();
      const seen = this.root.isConnected && this.root.offsetParent && !document.hidden;
      if (seen && this.session && !this.busy) {
        const answer = await this.act({ do: "look", seen: this.seen });
        if (!Object.keys(answer).length) await sleep(RETRY_MS);
      }
      // a start ends the rest
      const left = () => started + (this.playing ? LOOK_MS : REST_MS) - performance.now();
      while (left() > 0) await sleep(Math.min(left(), 50));
    }
  }

  // --- showing -------------------------------------------------------------------------------------

  show(answer) {
    this.seen = answer.version;
    this.setPlaying(answer.playing);
    if (answer.settings) this.fill(answer.settings, answer.pace);
    answer.runs.forEach((run, side) => {
      const before = this.runs[side] || {};
      this.runs[side] = { ...run, real: run.real ?? before.real, dim: run.dim ?? before.dim };
    });
    this.runs.length = answer.runs.length;
    this.tell(answer.status, false);
    this.paint();
    this.pictures += 1; // without those that a new size draws again
    this.root.dataset.pictures = this.pictures;
  }

  paint() {
    if (!this.root.offsetParent) return;
    if (this.lacksPoints()) {
      this.showDrawing();
      return;
    }
    const colours = coloursOf(this.root);
    this.runs.forEach((run, side) => {
      drawRun(this.sides[side], run, colours);
      for (const [name, text] of Object.entries(run.facts)) {
        for (const place of this.sides[side].querySelectorAll(`[data-fact="${name}"]`)) place.textContent = text;
      }
    });
    const flat = this.runs[0]?.dim === 1;
    this.find(".for-plane").hidden = flat;
    this.find(".for-line").hidden = !flat;
    this.canvases.forEach((canvas) => { canvas.parentElement.querySelector(".hint").hidden = true; });
  }

  showDrawing() {
    const colours = coloursOf(this.root);
    this.canvases.forEach((canvas) => {
      const { pen, width, height } = prepare(canvas);
      const places = this.brush.points.flatMap((point) => point.map((x) => (x / EXTENT + 1) / 2));
      drawPoints(pen, places, width, height, colours.real, Math.max(1.6, width / 170));
      const hint = canvas.parentElement.querySelector(".hint");
      hint.textContent = this.root.dataset.textDraw;
      hint.hidden = places.length > 0;
    });
  }

  setPlaying(playing) {
    this.playing = playing;
    this.root.dataset.playing = playing;
    this.find("[data-act='play']").hidden = playing;
    this.find("[data-act='pause']").hidden = !playing;
  }

  tell(sentence, isProblem) {
    const line = this.find(".status");
    if (line.textContent !== sentence) line.textContent = sentence;
    line.classList.toggle("problem", isProblem);
  }
}

// A key by which the server counts the trainings of one browser.
function visitorKey() {
  let key = localStorage.getItem(VISITOR);
  if (!key) {
    key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join("");
    localStorage.setItem(VISITOR, key);
  }
  return key;
}
