// Runs once, when the tab is first opened; `element` and `server` are what Gradio gives a component.

const player = new Player(element.querySelector(".films"), server);
window.ganvasDigits = player;

player.root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.act === "play") player.play();
  else if (button?.dataset.act === "pause") player.pause();
  else if (button?.dataset.act === "save") player.save(Number(button.dataset.side));
});
player.root.addEventListener("input", (event) => {
  if (event.target !== player.slider) return;
  player.pause();
  player.showPlace();
  player.draw();
});
player.root.addEventListener("change", (event) => {
  const name = event.target.dataset.set;
  if (!name || name === "snapshot") return;
  if (name === "model") {
    player.pause();
    player.choose(Number(event.target.closest(".side").dataset.side));
  } else {
    player.draw();
  }
});
player.find(".plane").addEventListener("toggle", (event) => {
  if (event.target.open) player.draw();
});
player.choose(0);
