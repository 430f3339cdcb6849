// Drawing a box or a freehand lasso with mouse, pen or finger.

import { svgElement } from "./dom.js";

// A new corner after this many pixels.
const STEP_PX = 3;

export class AreaTool {
  constructor(map) {
    this.map = map;
    // null, "box" or "lasso".
    this.kind = null;
    this.path = [];
    this.shape = map.overlay.svg.appendChild(svgElement("path", { class: "box", visibility: "hidden" }));
  }

  get nCorners() {
    return this.drawing === "lasso" ? this.path.length : 0;
  }

  choose(kind) {
    this.kind = this.kind === kind ? null : kind;
    this.update();
  }

  update() {
    const { boxButton, lassoButton, stage } = this.map;
    boxButton.setAttribute("aria-pressed", String(this.kind === "box"));
    lassoButton.setAttribute("aria-pressed", String(this.kind === "lasso"));
    stage.classList.toggle("boxing", this.kind !== null);
  }

  start(kind, at) {
    this.drawing = kind;
    this.path = [at];
  }

  extend(at) {
    if (this.drawing === "box") this.path[1] = at;
    else {
      const last = this.path[this.path.length - 1];
      if (Math.hypot(at.x - last.x, at.y - last.y) >= STEP_PX) this.path.push(at);
    }
    this.draw();
  }

  draw() {
    const [a, b] = this.path;
    if (!b) return;
    const corners = this.drawing === "box" ? [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }] : this.path;
    const d = `M${corners.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`;
    this.shape.setAttribute("d", d);
    this.shape.setAttribute("visibility", "visible");
  }

  // Select what was drawn, and put the tool away.
  finish(at, how) {
    this.extend(at);
    const { drawing, path } = this;
    this.cancel();
    if (path.length >= (drawing === "box" ? 2 : 3)) this.map.selecting.drawn(drawing, path, how);
  }

  cancel() {
    this.path = [];
    this.drawing = null;
    this.kind = null;
    this.shape.setAttribute("visibility", "hidden");
    this.update();
  }
}
