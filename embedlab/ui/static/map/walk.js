// Walking from point to point with the arrow keys. The current point has a ring and is announced to screen readers.

import { nearestInDirection, nearestProjected } from "./geometry.js";

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Walker {
  constructor(map) {
    this.map = map;
    this.row = null;
  }

  isArrow(key) {
    return key in DIRECTIONS;
  }

  // Move to the nearest point in a direction; the first step goes to the pick, or to the point nearest to the center.
  step(key) {
    const { map } = this;
    if (!map.ready) return;
    const view = map.renderer.view();
    const d = map.data.n_components;
    const isShown = (row) => map.isShown(row);
    const from = this.row ?? map.picking.index;
    let row;
    if (from === null) {
      const reach = Math.hypot(view.width, view.height);
      row = nearestProjected(view, map.points, d, view.width / 2, view.height / 2, reach, isShown);
    } else row = nearestInDirection(view, map.points, d, from, DIRECTIONS[key], isShown);
    if (row < 0) {
      map.say("No point further in this direction.", true);
      return;
    }
    this.go(row);
  }

  // Walk along the true neighbors of the pick, nearest first; step is 1 or -1.
  toNeighbor(step) {
    const rows = this.map.picking.neighbors.map(([row]) => row);
    if (!rows.length) {
      this.map.say("Pick a point first.", true);
      return;
    }
    const at = rows.indexOf(this.row);
    const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : (at + step + rows.length) % rows.length;
    this.go(rows[next]);
  }

  go(row) {
    this.row = row;
    this.map.node.dataset.cursor = row ?? "";
    if (row !== null) {
      if (!this.map.places.isInSight(this.map.places.of(row))) {
        this.map.move((renderer) => renderer.flyTo([this.map.places.of(row)]));
      }
      this.map.say(`${this.map.labelOf(row)}. Enter picks it.`, true);
    }
    this.map.render();
  }

  // Return whether there was a walk to end.
  end() {
    const walking = this.row !== null;
    if (walking) this.go(null);
    return walking;
  }
}
