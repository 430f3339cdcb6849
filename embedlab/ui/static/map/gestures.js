// Dragging, the wheel and pinching on a canvas, as changes of a camera. Boxes, clicks and keys are in interaction.js.

const WHEEL_PER_PX = 0.0015;
const LINE_PX = 16;
const PAGE_PX = 400;
const MOST_PER_EVENT = 1.6;

// The factor by which a wheel event zooms; a notch of a wheel is about 100 px, a touchpad sends many small steps.
export function wheelFactor({ deltaY, deltaMode, ctrlKey }) {
  const px = deltaY * [1, LINE_PX, PAGE_PX][deltaMode];
  // Pinching on a touchpad arrives as a wheel with Ctrl, in smaller steps.
  const factor = Math.exp(-px * WHEEL_PER_PX * (ctrlKey ? 5 : 1));
  return Math.min(MOST_PER_EVENT, Math.max(1 / MOST_PER_EVENT, factor));
}

export class Gestures {
  // target: {drag(dx, dy), pan(dx, dy), zoom(factor, x, y)}, each followed by a redraw
  constructor(node, target) {
    this.node = node;
    this.target = target;
    this.pointers = new Map();
    this.listeners = [
      ["pointerdown", (event) => this.down(event)],
      ["pointermove", (event) => this.move(event)],
      ["pointerup", (event) => this.up(event)],
      ["pointercancel", (event) => this.up(event)],
      ["wheel", (event) => this.wheel(event), { passive: false }],
      ["contextmenu", (event) => event.preventDefault()],
    ];
    for (const listener of this.listeners) node.addEventListener(...listener);
  }

  destroy() {
    for (const listener of this.listeners) this.node.removeEventListener(...listener);
    this.pointers.clear();
  }

  place(event) {
    const { left, top } = this.node.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  down(event) {
    if (this.pointers.size >= 2) return;
    const pans = event.button === 2 || event.ctrlKey || event.metaKey;
    this.pointers.set(event.pointerId, { ...this.place(event), pans });
    try {
      this.node.setPointerCapture(event.pointerId);
    } catch {
      // The pointer is gone already, or was made by a script: moves outside of the node are not followed.
    }
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = { ...this.place(event), pans: before.pans };
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    if (!other) {
      this.target[before.pans ? "pan" : "drag"](dx, dy);
      return;
    }
    const distance = (a, b) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
    this.target.pan(dx / 2, dy / 2);
    this.target.zoom(distance(now, other) / distance(before, other), (now.x + other.x) / 2, (now.y + other.y) / 2);
  }

  up(event) {
    this.pointers.delete(event.pointerId);
  }

  wheel(event) {
    event.preventDefault();
    const { x, y } = this.place(event);
    this.target.zoom(wheelFactor(event), x, y);
  }
}
