// Styles: a seed, a mood or a picture's style, or a mix of two of them.

const STRIP_LENGTH = 6;
const MAX_SEED = 4294967295;

function styleName(style) {
  if (style.name) return t(style.name);
  if (style.mix) {
    const [from, to] = style.mix.map(styleName);
    return t("{0} % from {1} to {2}", Math.round(style.t * 100), from, to);
  }
  return t("seed {0}", style.seed);
}

const sameStyle = (one, other) => JSON.stringify(one) === JSON.stringify(other);

class StylePanel {
  // `studio` has shownStyle, setStyle(style), and thumbnail(style) -> url or null.
  constructor(root, studio) {
    this.studio = studio;
    this.find = (name) => root.querySelector(`.${name}`);
    this.ends = [{ seed: 0 }, { seed: 1 }];
    this.firstSeed = 1;
    this.find("die").append(icon("die"), t("Random"));
    this.find("die").addEventListener("click", () => this.roll());
    this.find("seed").addEventListener("input", () => this.typed());
    this.find("more").addEventListener("click", () => this.more());
    this.find("mix-a").addEventListener("click", () => this.setEnd(0));
    this.find("mix-b").addEventListener("click", () => this.setEnd(1));
    this.find("mix-at").addEventListener("input", () => this.mix());
    this.buildStrip();
    this.mark();
  }

  roll() {
    this.studio.setStyle({ seed: Math.floor(Math.random() * 1e6) });
  }

  typed() {
    const text = this.find("seed").value;
    const seed = Number(text);
    if (text !== "" && Number.isInteger(seed) && seed >= 0 && seed <= MAX_SEED) this.studio.setStyle({ seed });
  }

  setEnd(end) {
    const style = this.studio.shownStyle;
    if (style.mix) return this.studio.tell(t("This is a mixture already; choose a seed or a mood for an end."));
    this.ends[end] = style;
    this.find("mix-at").value = end * 100;
    return this.mark();
  }

  mix() {
    const t = this.find("mix-at").value / 100;
    this.studio.setStyle(t === 0 || t === 1 ? this.ends[t] : { mix: [...this.ends], t });
  }

  // Mark the current style.
  mark() {
    const style = this.studio.shownStyle;
    const seed = this.find("seed");
    if (style.seed === undefined) seed.value = "";
    else if (Number(seed.value) !== style.seed || seed.value === "") seed.value = style.seed;
    if (style.mix) {
      this.ends = [...style.mix];
      this.find("mix-at").value = style.t * 100;
    }
    this.find("style-name").textContent = style.seed === undefined ? styleName(style) : "";
    this.ends.forEach((end, i) => {
      this.find(i ? "mix-b" : "mix-a").textContent = `${"AB"[i]}: ${styleName(end)}`;
    });
    for (const button of [...this.find("strip").children, ...this.find("presets").children]) {
      button.setAttribute("aria-pressed", sameStyle(button.choice_, style));
    }
  }

  choice(style, attributes, ...children) {
    const button = make("button", { type: "button", ...attributes }, ...children);
    button.choice_ = style;
    button.addEventListener("click", () => this.studio.setStyle(style));
    return button;
  }

  buildStrip() {
    const seeds = Array.from({ length: STRIP_LENGTH }, (_, i) => this.firstSeed + i);
    const buttons = seeds.map((seed) => {
      const caption = make("span", {}, `${seed}`);
      return this.choice({ seed }, { "aria-label": t("Style seed {0}", seed) }, caption);
    });
    this.find("strip").replaceChildren(...buttons);
    this.drawn = null;
  }

  // Moods that the model knows: name -> z.
  setPresets(presets) {
    const chips = Object.entries(presets).map(([name, z]) =>
      this.choice({ z, name }, { class: "word" }, t(name[0].toUpperCase() + name.slice(1))),
    );
    this.find("presets").replaceChildren(...chips);
    this.mark();
  }

  // Six other seeds.
  more() {
    this.firstSeed += STRIP_LENGTH;
    this.buildStrip();
    this.mark();
    this.refresh();
  }

  // Fill the strip with this painting in each style; stops as soon as the painting changes.
  async refresh() {
    const turn = (this.turn = Symbol("turn"));
    const painting = JSON.stringify(this.studio.payload(null));
    if (painting === this.drawn) return;
    for (const button of this.find("strip").children) {
      const url = await this.studio.thumbnail(button.choice_);
      if (this.turn !== turn || url === null) return;
      const image = button.querySelector("img") || make("img", { alt: "" });
      image.src = url;
      button.prepend(image);
    }
    this.drawn = painting;
  }

  stop() {
    this.turn = null;
  }
}
