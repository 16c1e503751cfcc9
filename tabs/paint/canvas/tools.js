// The tools, the same for pointer and keyboard: start at a pixel, move, end. A stroke is one step
// of undo; while it lasts the map already shows it.

const TOOLS = [
  { id: "brush", key: "b", title: t("Brush"), hint: t("Drag to paint. [ and ] change the size.") },
  { id: "eraser", key: "e", title: t("Eraser"), hint: t("Brings back what was there at the start.") },
  { id: "line", key: "l", title: t("Line"), hint: t("Drag from end to end.") },
  { id: "rectangle", key: "r", title: t("Rectangle"), hint: t("Drag from corner to corner.") },
  { id: "ellipse", key: "o", title: t("Ellipse"), hint: t("Drag from corner to corner.") },
  { id: "polygon", key: "p", title: t("Polygon"), hint: t("Click the corners; Enter closes, Esc leaves.") },
  { id: "fill", key: "g", title: t("Fill"), hint: t("Fills the patch that you click.") },
  { id: "pick", key: "i", title: t("Eyedropper"), hint: t("Takes the material that you click.") },
  { id: "swap", key: "x", title: t("Swap"), hint: t("Turns the clicked material into the chosen one, everywhere.") },
  { id: "part", key: "a", title: t("Part"), hint: t("Choose a patch and give it another style.") },
  { id: "hand", key: "h", title: t("Hand"), hint: t("Drag to move about when zoomed in.") },
];

const SHAPES = {
  line: (a, b, size, plot) => plotLine(a, b, size, plot),
  rectangle: (a, b, size, plot) => plotRectangle(a, b, plot),
  ellipse: (a, b, size, plot) => plotEllipse(a, b, plot),
};

class Easel {
  // `studio` has map, view, tool, label, size, and the callbacks changed(), committed(),
  // picked(label), chosen(mask, label) and hinted().
  constructor(studio) {
    this.studio = studio;
    this.corners = []; // of a polygon that is not closed yet
    this.forget();
  }

  forget() {
    this.start = this.last = this.before = null;
  }

  get busy() {
    return this.start !== null;
  }

  inside(point) {
    const { map } = this.studio;
    const within = (value, size) => Math.min(Math.max(value, 0), size - 1);
    return { x: within(point.x, map.width), y: within(point.y, map.height) };
  }

  begin(point) {
    const { studio } = this;
    const { map, tool } = studio;
    const at = this.inside(point);
    if (tool === "pick") return studio.picked(map.at(at.x, at.y));
    if (tool === "part") return studio.chosen(map.segment(at.x, at.y), map.at(at.x, at.y));
    if (tool === "polygon") return this.addCorner(at);
    this.start = this.last = point;
    this.before = map.data.slice();
    if (tool === "fill") map.fill(at.x, at.y, studio.label);
    else if (tool === "swap") map.replace(map.at(at.x, at.y), studio.label);
    else if (tool !== "hand") this.extend(point);
    if (tool === "fill" || tool === "swap") this.end();
    else if (tool !== "hand") studio.changed();
  }

  extend(point) {
    const { map, tool, label, size } = this.studio;
    if (SHAPES[tool]) {
      map.data.set(this.before);
      SHAPES[tool](this.start, point, size, map.plotter(label));
    } else {
      plotLine(this.last, point, size, map.plotter(tool === "eraser" ? null : label));
    }
    this.last = point;
  }

  move(points) {
    if (!this.busy || this.studio.tool === "hand") return;
    for (const point of SHAPES[this.studio.tool] ? points.slice(-1) : points) this.extend(point);
    this.studio.changed();
  }

  end() {
    if (!this.busy) return;
    const painted = this.studio.tool !== "hand";
    this.forget();
    if (painted) this.studio.committed();
  }

  cancel() {
    if (this.busy) this.studio.map.data.set(this.before);
    this.forget();
    this.corners = [];
    this.studio.changed();
  }

  addCorner(point) {
    const first = this.corners[0];
    const near = first && Math.hypot(first.x - point.x, first.y - point.y) < 2.5;
    if (near && this.corners.length > 2) return this.close();
    this.corners.push(point);
    this.studio.changed();
    return null;
  }

  close() {
    if (this.corners.length > 1) {
      plotPolygon(this.corners, this.studio.map.plotter(this.studio.label));
      this.corners = [];
      this.studio.committed();
    }
    this.corners = [];
  }
}

// --- pointer: mouse, pen and touch ---------------------------------------------------------------

function listenToPointer(stage, studio, easel) {
  const { view } = studio;
  let held = null; // the id of the pointer that paints; others are ignored meanwhile
  let pan = null;
  const at = (event) => view.pixelAt(event.clientX, event.clientY);
  stage.addEventListener("pointerdown", (event) => {
    if (!studio.map || held !== null || event.button > 1) return;
    event.preventDefault();
    stage.focus({ preventScroll: true });
    held = event.pointerId;
    stage.setPointerCapture(held);
    if (studio.tool === "hand" || event.button === 1) {
      pan = { x: event.clientX, y: event.clientY, origin: { ...view.origin } };
    } else {
      easel.begin(at(event));
    }
  });
  stage.addEventListener("pointermove", (event) => {
    if (!studio.map) return;
    studio.hovered(at(event));
    if (event.pointerId !== held) return;
    if (pan) {
      const pixels = studio.map.width / view.zoom / view.canvas.getBoundingClientRect().width;
      const [dx, dy] = [(pan.x - event.clientX) * pixels, (pan.y - event.clientY) * pixels];
      view.panTo(pan.origin.x + dx, pan.origin.y + dy);
      studio.redraw();
      return;
    }
    const parts = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    easel.move((parts.length ? parts : [event]).map(at));
  });
  const release = (event) => {
    if (event.pointerId !== held) return;
    held = pan = null;
    if (event.type === "pointercancel") easel.cancel();
    else easel.end();
  };
  stage.addEventListener("pointerup", release);
  stage.addEventListener("pointercancel", release);
  stage.addEventListener("pointerleave", () => studio.map && held === null && studio.hovered(null));
  stage.addEventListener("dblclick", () => studio.tool === "polygon" && easel.close());
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the plain wheel scrolls the page
    event.preventDefault();
    view.zoomTo(view.zoom * (event.deltaY < 0 ? 2 : 0.5), at(event));
    studio.redraw();
  }, { passive: false });
}

// --- keyboard ------------------------------------------------------------------------------------

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Arrows move a cursor; Space paints while it is held, Enter until it is pressed again.
function listenToKeys(stage, studio, easel) {
  const move = (event, [dx, dy]) => {
    const far = event.shiftKey ? 8 : 1;
    if (event.altKey) return studio.act(`shift ${dx * far} ${dy * far}`);
    studio.cursor = easel.inside({ x: studio.cursor.x + dx * far, y: studio.cursor.y + dy * far });
    studio.byKeyboard = true;
    studio.view.reveal(studio.cursor);
    easel.move([studio.cursor]);
    studio.redraw();
    return null;
  };
  const press = (event) => {
    studio.byKeyboard = true;
    if (event.key === "Enter" && easel.corners.length) return easel.close();
    if (easel.busy) return event.key === "Enter" || SHAPES[studio.tool] ? easel.end() : null;
    return easel.begin(studio.cursor);
  };
  stage.addEventListener("keydown", (event) => {
    if (!studio.map) return undefined;
    const isPress = event.key === " " || event.key === "Enter";
    if (isPress && event.repeat) return event.preventDefault();
    if (ARROWS[event.key]) move(event, ARROWS[event.key]);
    else if (isPress) press(event);
    else if (event.key === "Escape") easel.cancel();
    else if (!studio.pressed(event)) return undefined;
    return event.preventDefault();
  });
  stage.addEventListener("keyup", (event) => {
    if (event.key === " " && easel.busy && !SHAPES[studio.tool]) easel.end();
  });
  stage.addEventListener("blur", () => easel.busy && easel.end());
}
