// Mouse, pen, touch and keyboard on the map. Picking, hovering and boxes are our own, since Plotly's events choose wrong
// points in dense clouds and arrive late. Dragging and the wheel are passed on to the renderer.

const CLICK_PX = 4;

export class Interaction {
  constructor(map) {
    this.map = map;
    this.node = map.node;
    this.boxing = false;
    this.pressed = null;
    this.listeners = [
      [this.node, "pointerdown", (event) => this.down(event), { capture: true }],
      [this.node, "mousedown", (event) => this.blockRenderer(event), { capture: true }],
      [this.node, "pointermove", (event) => this.moved(event)],
      [this.node, "pointerleave", () => this.map.hover(-1)],
      [this.node, "wheel", () => this.map.wake(), { passive: true, capture: true }],
      [this.node, "keydown", (event) => this.key(event)],
      [window, "pointerup", (event) => this.up(event), { capture: true }],
      [window, "pointermove", (event) => this.dragged(event), { capture: true }],
    ];
    for (const [target, ...rest] of this.listeners) target.addEventListener(...rest);
  }

  destroy() {
    for (const [target, ...rest] of this.listeners) target.removeEventListener(...rest);
    cancelAnimationFrame(this.hovering);
  }

  place(event) {
    const { left, top } = this.map.stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  onStage(event) {
    return this.map.stage.contains(event.target);
  }

  down(event) {
    if (event.button !== 0 || !this.onStage(event) || !this.map.ready) return;
    this.node.classList.add("by-mouse");
    this.node.focus({ preventScroll: true });
    this.pressed = { ...this.place(event), box: this.boxing || event.shiftKey, shift: event.shiftKey, id: event.pointerId };
    if (this.pressed.box) this.blockRenderer(event);
    this.map.wake();
  }

  // While a box is drawn, the renderer must not pan or rotate; it listens to mouse events.
  blockRenderer(event) {
    if (this.pressed?.box && this.onStage(event)) {
      event.stopPropagation();
      event.preventDefault();
    }
  }

  dragged(event) {
    if (!this.pressed || event.pointerId !== this.pressed.id) return;
    this.map.wake();
    if (!this.pressed.box) return;
    const { x, y } = this.place(event);
    this.map.overlay.showBox({ x0: this.pressed.x, y0: this.pressed.y, x1: x, y1: y });
  }

  up(event) {
    const { pressed } = this;
    if (!pressed || event.pointerId !== pressed.id) return;
    this.pressed = null;
    const { x, y } = this.place(event);
    if (Math.hypot(x - pressed.x, y - pressed.y) <= CLICK_PX) {
      if (pressed.box) this.clearBox();
      const index = this.map.pointAt(x, y);
      // Shift-click adds a point to the selection, or removes it.
      if (index >= 0 && pressed.shift) this.map.toggleSelected(index);
      else if (index >= 0) this.map.pick(index);
    } else if (pressed.box) this.finishBox(pressed, { x, y });
    this.map.wake();
  }

  finishBox(from, to) {
    const { matrix, width, height } = this.map.renderer.view();
    const clip = ({ x, y }) => [(2 * x) / width - 1, 1 - (2 * y) / height];
    const [[ax, ay], [bx, by]] = [clip(from), clip(to)];
    // In 2-D the box is in data units; in 3-D it is in view units, together with the view matrix.
    const flat = this.map.renderer.nComponents === 2;
    const x = flat ? [ax, bx].map((value) => (value - matrix[12]) / matrix[0]) : [ax, bx];
    const y = flat ? [ay, by].map((value) => (value - matrix[13]) / matrix[5]) : [ay, by];
    const box = { x0: x[0], x1: x[1], y0: y[0], y1: y[1], ...(flat ? {} : { matrix: Array.from(matrix) }) };
    this.clearBox();
    this.map.select(box);
  }

  toggleBox(on = !this.boxing) {
    this.boxing = on;
    this.map.boxButton.setAttribute("aria-pressed", String(on));
    this.map.stage.classList.toggle("boxing", on);
  }

  clearBox() {
    this.map.overlay.showBox(null);
    this.toggleBox(false);
  }

  moved(event) {
    if (event.buttons || !this.onStage(event)) {
      if (this.map.hovered >= 0) this.map.hover(-1);
      return;
    }
    const place = this.place(event);
    cancelAnimationFrame(this.hovering);
    this.hovering = requestAnimationFrame(() => this.map.hover(this.map.pointAt(place.x, place.y), place.x, place.y));
  }

  key(event) {
    this.node.classList.remove("by-mouse");
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "f") {
      this.map.search.input.focus();
      event.preventDefault();
      return;
    }
    if (event.target !== this.node) return;
    const { walker, presenter } = this.map;
    const actions = {
      "+": () => this.map.move((renderer) => renderer.zoom(1.3)),
      "=": () => this.map.move((renderer) => renderer.zoom(1.3)),
      "-": () => this.map.move((renderer) => renderer.zoom(1 / 1.3)),
      h: () => this.map.move((renderer) => renderer.home()),
      "/": () => this.map.search.input.focus(),
      b: () => this.toggleBox(),
      p: () => presenter.toggle(),
      m: () => this.map.bookmark(),
      PageDown: () => presenter.step(1),
      PageUp: () => presenter.step(-1),
      Escape: () => (presenter.on ? presenter.toggle(false) : walker.end() || this.map.clear()),
      Enter: () => walker.row !== null && this.map.pick(walker.row),
      " ": () => walker.row !== null && this.map.toggleSelected(walker.row),
    };
    const action = walker.isArrow(event.key) ? () => walker.step(event.key) : actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    action();
    event.preventDefault();
    event.stopPropagation();
  }
}
