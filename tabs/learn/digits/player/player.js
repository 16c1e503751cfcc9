// The films: what is chosen, the calls that draw it, and the loop that plays.

const FRAME_MS = 900; // of a snapshot, while it plays

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Player {
  constructor(root, server) {
    Object.assign(this, { root, server, films: {}, playing: 0, busy: false, again: false, drawn: 0 });
    this.sides = [...root.querySelectorAll(".side")];
    this.slider = this.field("snapshot");
  }

  field(name, side) {
    return (side === undefined ? this.root : this.sides[side]).querySelector(`[data-set="${name}"]`);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // The chosen models: of A, and of B where it has one.
  models() {
    return this.sides.map((_, side) => this.field("model", side).value).filter(Boolean);
  }

  steps() {
    return this.films[this.models()[0]]?.steps ?? [];
  }

  request(models = this.models()) {
    return {
      models,
      step: this.steps()[Number(this.slider.value)],
      seeds: this.field("seeds").value,
      digit: this.field("digit").value,
      scores: this.field("scores").checked,
    };
  }

  // --- calls ---------------------------------------------------------------------------------------

  // An answer of the server; null, and its sentence on the page, where there is none.
  async ask(request) {
    try {
      const answer = await this.server.ask(request);
      if (!answer.problem) return answer;
      this.tell(answer.problem);
    } catch {
      this.tell(this.root.dataset.textUnreachable);
    }
    return null;
  }

  // Open the chosen films, and stand at the last snapshot of a new A.
  async choose(side) {
    for (const name of this.models()) {
      this.films[name] ??= await this.ask({ do: "open", model: name });
      if (!this.films[name]) return;
    }
    const last = this.steps().length - 1;
    if (side !== 1) {
      this.slider.max = last;
      this.slider.value = last;
    }
    this.arrange();
    await this.draw();
  }

  // Draw what is chosen; a choice during that is drawn after it.
  async draw() {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    do {
      this.again = false;
      await this.drawOnce();
    } while (this.again);
    this.busy = false;
  }

  async drawOnce() {
    const answer = await this.ask({ do: "draw", ...this.request() });
    if (!answer) {
      this.pause();
      return;
    }
    this.tell("");
    await Promise.all(answer.sides.map((side, k) => this.show(this.sides[k], side)));
    if (this.find(".plane").open) await this.drawPlane();
    this.drawn += 1;
    this.root.dataset.drawn = this.drawn;
  }

  async drawPlane() {
    const { models, step, digit } = this.request();
    const seeds = this.field("plane").value;
    const answer = await this.ask({ do: "plane", model: models[0], step, seeds, digit });
    if (answer) await this.put(this.find(".plane img"), answer.picture);
  }

  async save(side) {
    const model = this.field("model", side).value;
    const step = this.sides[side].dataset.step;
    const answer = await this.ask({ do: "save", ...this.request([model]), step: Number(step) });
    if (!answer) return;
    const bytes = Uint8Array.from(atob(answer.picture), (letter) => letter.charCodeAt(0));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    link.download = answer.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // --- playing -------------------------------------------------------------------------------------

  isSeen() {
    return this.root.isConnected && this.root.offsetParent && !document.hidden;
  }

  // Go through the snapshots, from the first one if the last is reached, until the end.
  async play() {
    const last = Number(this.slider.max);
    if (Number(this.slider.value) >= last) this.slider.value = 0;
    else this.slider.value = Number(this.slider.value) + 1;
    const turn = this.setPlaying(this.playing + 1);
    for (;;) {
      const started = performance.now();
      this.showPlace();
      await this.draw();
      await sleep(Math.max(FRAME_MS - (performance.now() - started), 0));
      if (this.playing !== turn) return;
      if (!this.isSeen() || Number(this.slider.value) >= last) break;
      this.slider.value = Number(this.slider.value) + 1;
    }
    this.pause();
  }

  pause() {
    if (this.root.dataset.playing === "true") this.setPlaying(this.playing + 1, false);
  }

  // Each start and each pause has a number, by which a loop sees that it is the last one.
  setPlaying(turn, on = true) {
    this.playing = turn;
    this.root.dataset.playing = on;
    this.find("[data-act='play']").hidden = on;
    this.find("[data-act='pause']").hidden = !on;
    return turn;
  }

  // --- showing -------------------------------------------------------------------------------------

  // Show what belongs to the chosen models: one sheet or two, the choice of a digit, curves, words.
  arrange() {
    const models = this.models();
    const chosen = this.sides.map((_, side) => this.field("model", side).value);
    this.sides.forEach((side, k) => {
      side.classList.toggle("none", !chosen[k]);
      side.querySelector(".curves").innerHTML = this.films[chosen[k]]?.curves ?? "";
    });
    this.find(".pair").classList.toggle("alone", models.length < 2);
    this.find(".for-class").hidden = !models.some((name) => this.films[name]?.by_class);
    this.showPlace();
    const rules = ["start", ...models, "measures"].map((id) => `#learn-digits-words-${id}`).join(", ");
    this.find(".words-style").textContent = `.block.learn-digits-card { display: none !important; }
      .block.learn-digits-card:is(${rules}) { display: block !important; }`;
  }

  showPlace() {
    const place = Number(this.slider.value);
    this.find("output").textContent = `${place + 1} / ${Number(this.slider.max) + 1}`;
    this.slider.setAttribute("aria-valuetext", `${place + 1} / ${Number(this.slider.max) + 1}`);
  }

  async put(image, picture) {
    image.src = `data:image/png;base64,${picture}`;
    image.hidden = false;
    await image.decode().catch(() => null);
  }

  async show(side, drawn) {
    side.dataset.step = drawn.step;
    const image = side.querySelector(".sheet img");
    await this.put(image, drawn.picture);
    this.showScores(side, drawn, image);
    side.querySelector(".facts").replaceChildren(...drawn.facts.map(([title, value]) => {
      const row = document.createElement("div");
      const [term, text] = [document.createElement("dt"), document.createElement("dd")];
      [term.textContent, text.textContent] = [title, value];
      row.append(term, text);
      return row;
    }));
    for (const marker of side.querySelectorAll(".curves .marker")) {
      marker.setAttribute("x1", drawn.place);
      marker.setAttribute("x2", drawn.place);
    }
  }

  // The sheet cut into rows, with a strip of scores under each; without scores, in one piece.
  showScores(side, drawn, image) {
    const wanted = this.field("scores").checked;
    const place = side.querySelector(".scores");
    side.querySelector(".unscored").hidden = !wanted || drawn.scores.length > 0;
    place.hidden = drawn.scores.length === 0;
    image.classList.toggle("away", drawn.scores.length > 0);
    const rows = [];
    for (let k = 0; k < drawn.scores.length; k += drawn.columns) {
      const row = document.createElement("div");
      row.className = "row";
      const strip = document.createElement("div");
      strip.className = "strip";
      const height = image.naturalHeight / 28;
      strip.style.aspectRatio = `${drawn.columns} / 1`;
      strip.style.backgroundImage = `url(${image.src})`;
      strip.style.backgroundSize = `100% ${100 * height}%`;
      strip.style.backgroundPosition = `0 ${height > 1 ? (100 * k) / drawn.columns / (height - 1) : 0}%`;
      row.append(strip, ...drawn.scores.slice(k, k + drawn.columns).map((score) => {
        const text = document.createElement("span");
        text.textContent = score;
        return text;
      }));
      row.style.setProperty("--columns", drawn.columns);
      rows.push(row);
    }
    place.replaceChildren(...rows);
  }

  tell(sentence) {
    const line = this.find(".status");
    if (line.textContent !== sentence) line.textContent = sentence;
    line.classList.toggle("problem", Boolean(sentence));
  }
}
