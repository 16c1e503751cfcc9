// Runs once, when the tab is first opened; `element` and `server` are what Gradio gives a component.

const lab = new Lab(element.querySelector(".lab"), server);
window.ganvasLearn = lab;

lab.root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.preset) lab.choosePreset(button.dataset.preset);
  else if (button?.dataset.act) lab.press(button.dataset.act);
});
lab.root.addEventListener("change", (event) => {
  const name = event.target.dataset.set;
  if (name === "pace") {
    if (lab.session) lab.act({ do: "pace", pace: Number(event.target.value) });
    return;
  }
  if (!name) return;
  lab.preset = null;
  lab.restart();
});
new ResizeObserver(() => lab.paint()).observe(lab.root);
new MutationObserver(() => lab.paint()).observe(document.body, { attributeFilter: ["class"] });

// A session of this page goes on after a reload; else one begins.
lab.arrange();
(lab.session ? lab.act({ do: "look", seen: null }) : Promise.resolve({ gone: true }))
  .then((answer) => (answer.gone ? lab.restart(false) : null))
  .finally(() => lab.watch());
