// The link: model, layout and style in the page's address. A map painted by hand is not in it.

// The query of a link to the canvas.
Studio.prototype.link = function link() {
  if (!this.map) return "";
  const { layout, style } = this;
  const facts = new URLSearchParams({ tab: "paint", model: this.legend.model });
  if (layout) facts.set("layout", layout.name || layout.seed);
  if (!this.legend.hasStyle) return `?${facts}`;
  if (style.seed !== undefined) facts.set("style", style.seed);
  else if (style.name in this.legend.presets) facts.set("mood", style.name);
  return `?${facts}`;
};

// Apply the page's address, once; Undo restores the canvas of the last visit.
Studio.prototype.followLink = function followLink() {
  const wanted = new URLSearchParams(location.search);
  const { legend } = this;
  if (this.followed || wanted.get("tab") !== "paint" || wanted.get("model") !== legend.model) return;
  this.followed = true;
  this.find("notice").hidden = true;
  const [layout, seed, mood] = [wanted.get("layout"), wanted.get("style"), wanted.get("mood")];
  if (mood in legend.presets) this.style = { z: legend.presets[mood], name: mood };
  else if (isSeed(seed)) this.style = { seed: Number(seed) };
  if (layout in LAYOUTS) this.layOut(layout, 1);
  else if (isSeed(layout)) this.layOut("", Number(layout));
  const unknown = [mood && !(mood in legend.presets), seed && !isSeed(seed),
    layout && !(layout in LAYOUTS || isSeed(layout))];
  this.committed();
  if (unknown.includes(true)) {
    this.find("notice").textContent = t("Part of the link is not known here; the rest was followed.");
    this.find("notice").hidden = false;
  }
};

function isSeed(text) {
  return /^[0-9]{1,10}$/.test(text || "") && Number(text) <= MAX_SEED;
}
