// Mouse, pen, touch and keyboard on the map. Picking, hovering and boxes are our own, since Plotly's events choose wrong
// points in dense clouds and arrive late. Dragging and the wheel are passed on to the renderer.

import { actionOf } from "./keys.js";

const CLICK_PX = 4;

export class Interaction {
  constructor(map) {
    this.map = map;
    this.node = map.node;
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
    // A second finger makes it a pinch.
    if (this.pressed && !this.pressed.tool && event.pointerId !== this.pressed.id) {
      this.pressed = null;
      return;
    }
    this.node.classList.add("by-mouse");
    this.node.focus({ preventScroll: true });
    // Without a tool, Shift draws a box.
    const { areaTool } = this.map;
    const tool = areaTool.kind ?? (event.shiftKey ? "box" : null);
    const how = this.map.selecting.howOf(event, areaTool.kind === null);
    const adds = event.shiftKey || event.ctrlKey || event.metaKey;
    this.pressed = { ...this.place(event), tool, how, adds, id: event.pointerId };
    if (tool) {
      areaTool.start(tool, this.place(event));
      this.blockRenderer(event);
    }
    this.map.wake();
  }

  // While a box or lasso is drawn, the renderer must not pan or rotate; it listens to mouse events.
  blockRenderer(event) {
    if (this.pressed?.tool && this.onStage(event)) {
      event.stopPropagation();
      event.preventDefault();
    }
  }

  dragged(event) {
    if (!this.pressed || event.pointerId !== this.pressed.id) return;
    this.map.wake();
    if (this.pressed.tool) this.map.areaTool.extend(this.place(event));
  }

  up(event) {
    const { pressed } = this;
    if (!pressed || event.pointerId !== pressed.id) return;
    this.pressed = null;
    const { x, y } = this.place(event);
    // A lasso may end where it started.
    const isClick = Math.hypot(x - pressed.x, y - pressed.y) <= CLICK_PX && this.map.areaTool.nCorners < 4;
    if (isClick) {
      if (pressed.tool) this.map.areaTool.cancel();
      const index = this.map.places.pointAt(x, y);
      // Shift-click and Ctrl-click add a point to the selection, or remove it.
      if (index >= 0 && pressed.adds) this.map.selecting.toggle(index);
      else if (index >= 0) this.map.pick(index);
    } else if (pressed.tool) this.map.areaTool.finish({ x, y }, pressed.how);
    this.map.wake();
  }

  moved(event) {
    if (event.buttons || !this.onStage(event)) {
      if (this.map.hovered >= 0) this.map.hover(-1);
      return;
    }
    const place = this.place(event);
    cancelAnimationFrame(this.hovering);
    this.hovering = requestAnimationFrame(() => this.map.hover(this.map.places.pointAt(place.x, place.y), place.x, place.y));
  }

  key(event) {
    this.node.classList.remove("by-mouse");
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "f") {
      this.map.search.input.focus();
      event.preventDefault();
      return;
    }
    if (event.target !== this.node || this.map.replay.key(event)) return;
    const action = actionOf(this.map, event);
    if (!action) return;
    action();
    event.preventDefault();
    event.stopPropagation();
  }
}
