// Where points are: in the map's coordinates, on the stage and in the window; and which point is at a place.

import { Grid, nearestProjected, project } from "./geometry.js";

const PICK_PX = 8;

export class Places {
  constructor(map) {
    this.map = map;
  }

  // The coordinates of a point.
  of(index) {
    const d = this.map.data.n_components;
    return this.map.points.subarray(index * d, (index + 1) * d);
  }

  // Where coordinates are on the stage, in pixels; null behind the camera.
  onStage(coordinates) {
    return project(this.map.renderer.view(), coordinates, this.map.data.n_components, 0);
  }

  isInSight(coordinates) {
    const { width, height } = this.map.renderer.view();
    const at = this.onStage(coordinates);
    return at !== null && at.x >= 0 && at.y >= 0 && at.x <= width && at.y <= height;
  }

  inWindow(coordinates) {
    const { left, top } = this.map.stage.getBoundingClientRect();
    const at = this.onStage(coordinates);
    return at && { x: at.x + left, y: at.y + top };
  }

  // Built when first needed, and again for other points.
  get grid() {
    if (this.grid_?.points !== this.map.points) this.grid_ = new Grid(this.map.points);
    return this.grid_;
  }

  // Index of the point at a position on the stage, or -1.
  pointAt(x, y) {
    const { map } = this;
    if (!map.ready) return -1;
    const view = map.renderer.view();
    const shown = (index) => map.isShown(index);
    if (map.renderer.nComponents === 2) return this.grid.nearest(view, x, y, PICK_PX, shown);
    return nearestProjected(view, map.points, map.data.n_components, x, y, PICK_PX, shown);
  }
}
