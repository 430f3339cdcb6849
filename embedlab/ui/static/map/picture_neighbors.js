// The picture's own nearest points beside the true neighbors of a pick: those that are only near in the picture are
// hollow and dashed, and the lines to true neighbors that it misses are blue.
//
// compared: {false: [[index, label, true rank]], missing: [index]}, as the route `compared` returns it.

import { Pool, svgElement } from "./dom.js";
import { fetchJson } from "./data.js";

export class PictureLayer {
  constructor(svg) {
    const group = (name) => svg.appendChild(svgElement("g", { class: name }));
    this.lines = new Pool(group("picture-lines"), "line");
    this.dots = new Pool(group("picture-dots"), "circle");
    this.pools = [this.lines, this.dots];
  }

  // center: position of the pick in pixels; overlay: for labels.
  render(scene, center, overlay) {
    for (const pool of this.pools) pool.begin();
    for (const [index, label] of scene.compared?.false ?? []) {
      const at = scene.at(index);
      if (!at) continue;
      if (center) this.lines.next({ x1: center.x, y1: center.y, x2: at.x, y2: at.y });
      this.dots.next({ cx: at.x, cy: at.y, r: 5.5, "data-index": index });
      overlay.label(label, at, "false-neighbor", 8, scene.width);
    }
    for (const pool of this.pools) pool.end();
  }
}

// Requests what a pick's neighbors are in the picture, if the page wants to compare them.
export class PictureNeighbors {
  constructor(map) {
    this.map = map;
    this.compared = null;
    this.key = "";
  }

  clear() {
    this.compared = null;
    this.key = "";
    this.map.node.dataset.falseNeighbors = "";
  }

  async follow() {
    const { map } = this;
    const { data, picking: { index: picked } } = map;
    if (!data.compare || picked === null) {
      if (this.key) {
        this.clear();
        map.render();
      }
      return;
    }
    const path = map.url("compared", data.projection, `?index=${picked}&min_count=${data.min_count}`);
    if (path === this.key) return;
    this.clear();
    this.key = path;
    // The neighbors themselves say what is wrong with a pick that has none.
    const compared = await fetchJson(path).catch(() => null);
    if (!compared || this.key !== path || map.destroyed) return;
    this.compared = compared;
    map.node.dataset.falseNeighbors = compared.false.map(([index]) => index).join(",");
    map.render();
  }

  isMissing(index) {
    return this.compared?.missing.includes(index) ?? false;
  }
}
