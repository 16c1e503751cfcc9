// The visitor's own data: points that a mouse or a finger draws on a picture.

const MAX_POINTS = 500;
const SPACING = 0.07; // between two points of a stroke

class Brush {
  // `drawn()` is called when a stroke ends, `moved()` while it goes on.
  constructor({ moved, drawn }) {
    Object.assign(this, { moved, drawn, points: [], active: false });
  }

  listen(canvas) {
    let last = null;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      const scaled = (share) => Math.round(1000 * EXTENT * Math.max(-1, Math.min(1, 2 * share - 1))) / 1000;
      return [scaled((event.clientX - box.left) / box.width), scaled(1 - (event.clientY - box.top) / box.height)];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.active || event.button !== 0) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      last = null;
      add(event);
    });
    const add = (event) => {
      const point = place(event);
      const far = !last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= SPACING;
      if (!far || this.points.length >= MAX_POINTS) return;
      last = point;
      this.points.push(point);
      this.moved();
    };
    canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) add(each);
    });
    const end = () => {
      if (last) this.drawn();
      last = null;
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
  }

  setActive(active, canvases) {
    this.active = active;
    for (const canvas of canvases) canvas.classList.toggle("drawable", active);
  }
}
