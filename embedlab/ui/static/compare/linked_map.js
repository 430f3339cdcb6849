// One of two linked maps: a map that tells its pair what happens on it, and whose data come from the pair's routes.

import { project } from "../map/geometry.js";
import { EmbeddingMap } from "../map/map.js";

// Name of the color column that only pairs have.
export const OVERLAP = "~overlap";

export class LinkedMap extends EmbeddingMap {
  constructor(node, side, pair) {
    super(node);
    this.side = side;
    this.pair = pair;
    // What the user touches leads; the other map follows.
    this.lead = () => pair.leads(side);
    for (const kind of ["pointerenter", "pointerdown", "focusin"]) node.addEventListener(kind, this.lead);
  }

  url(kind, id, rest = "") {
    const { first, second, same } = this.data.pair;
    const ours = `${this.data.base}/compared/${first}/${second}`;
    if (kind === "points") return this.side ? `${ours}/points` : super.url(kind, first);
    if (kind === "column" && rest.startsWith(`/${encodeURIComponent(OVERLAP)}`)) return `${ours}/overlap/${this.side}`;
    if (kind === "column") return `${ours}/column/${this.side}${rest}`;
    if (kind === "neighbors" && !same) return `${ours}/neighbors/${this.side}${rest}`;
    return super.url(kind, id, rest);
  }

  // Words that are not in the vocabulary have no counterpart.
  async find(text) {
    return { ...(await super.find(text)), place: null };
  }

  async load(...args) {
    await super.load(...args);
    if (this.ready) this.pair.loaded(this);
  }

  pick(index, { linked = false, fly = false, ...rest } = {}) {
    const done = super.pick(index, { ...rest, send: rest.send ?? !linked });
    if (!linked) this.pair.picked(this.side, index, fly);
    return done;
  }

  hover(index, x, y) {
    super.hover(index, x, y);
    this.pair?.hovered(this.side, index);
  }

  // Show the name of the point that the pointer is over on the other map.
  showHover(index) {
    const at = index < 0 || !this.ready ? null : project(this.renderer.view(), this.points, this.data.n_components, index);
    if (at) super.hover(index, at.x, at.y);
    else super.hover(-1);
  }

  emphasize() {
    const done = super.emphasize();
    if (!this.following) this.pair?.emphasized(this.side, this.emphasis.selected);
    return done;
  }

  showSelected(selected) {
    this.emphasis.show(selected);
    this.following = true;
    this.emphasize();
    this.following = false;
  }

  render() {
    const moved = super.render();
    if (moved) this.pair?.moved(this.side);
    return moved;
  }

  // Follow the view of the other map; while one change is drawn, only the last of the next ones is remembered.
  async followCamera(camera) {
    this.nextCamera = camera;
    if (this.isFollowing) return;
    this.isFollowing = true;
    while (this.nextCamera && this.ready && !this.destroyed) {
      const next = this.nextCamera;
      this.nextCamera = null;
      await this.renderer.setCamera(next);
      this.wake();
    }
    this.isFollowing = false;
  }

  destroy() {
    for (const kind of ["pointerenter", "pointerdown", "focusin"]) this.node.removeEventListener(kind, this.lead);
    super.destroy();
  }
}
