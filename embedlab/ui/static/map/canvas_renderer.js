// Fallback without WebGL 2: a plain canvas with a uniform sample of the points. In 3-D it shows the first two axes.
// Same interface as the Plotly renderer.

import { PlaneCamera } from "./camera.js";
import { groupOpacity } from "./density.js";
import { Gestures } from "./gestures.js";
import { drawShape } from "./shapes.js";

const MOST_DRAWN = 8000;

export class CanvasRenderer {
  constructor(host, nComponents) {
    this.name = "canvas";
    this.nComponents = nComponents;
    this.node = document.createElement("canvas");
    this.node.className = "embedlab-map-canvas";
    host.append(this.node);
    this.groups = { codes: null, colors: ["#888888"], nColored: 1, faintFrom: 1 };
    this.sizes = null;
    this.gestures = new Gestures(this.node, this);
  }

  get nDrawn() {
    return Math.min(MOST_DRAWN, this.points.length / this.nComponents);
  }

  setPoints(points) {
    this.points = points;
    this.size = this.measure();
    this.plane = new PlaneCamera(this.flat(), this.size);
  }

  flat() {
    const { points, nComponents: d } = this;
    if (d === 2) return points;
    const flat = new Float32Array((points.length / d) * 2);
    for (let i = 0; i < flat.length / 2; i += 1) flat.set([points[i * d], points[i * d + 1]], 2 * i);
    return flat;
  }

  setGroups(groups, sizes, base, opacity) {
    Object.assign(this, { groups, sizes, base, opacity });
  }

  // One number of `SYMBOLS` per point, or null for circles.
  setShapes(shapes) {
    this.shapes = shapes;
  }

  async setStyle(sizes, base, opacity) {
    Object.assign(this, { sizes, base, opacity });
    await this.draw();
  }

  async setPositions(points) {
    this.points = points;
    await this.draw();
  }

  measure() {
    return { width: Math.max(50, this.node.clientWidth), height: Math.max(50, this.node.clientHeight) };
  }

  async draw() {
    const { width, height } = this.size;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    this.node.width = width * ratio;
    this.node.height = height * ratio;
    const context = this.node.getContext("2d");
    context.scale(ratio, ratio);
    const n = this.points.length / this.nComponents;
    const step = n / this.nDrawn;
    const { matrix: m } = this.view();
    for (let k = 0; k < this.nDrawn; k += 1) {
      const i = Math.floor(k * step);
      const x = ((m[0] * this.points[i * this.nComponents] + m[12] + 1) / 2) * width;
      const y = ((1 - m[5] * this.points[i * this.nComponents + 1] - m[13]) / 2) * height;
      const group = this.groups.codes ? this.groups.codes[i] : 0;
      context.globalAlpha = groupOpacity(group, this.groups, this.opacity);
      context.fillStyle = this.groups.colors[group];
      context.strokeStyle = context.fillStyle;
      drawShape(context, this.shapes ? this.shapes[i] : 0, x, y, this.base * (this.sizes ? this.sizes[i] : 1));
    }
  }

  view() {
    return this.plane.view();
  }

  camera() {
    return this.plane.state();
  }

  setCamera(state) {
    // A camera of a 3-D view has no ranges.
    if (state.x && state.y) this.plane.restore(state);
    return this.draw();
  }

  home() {
    this.plane.home(this.flat());
    return this.draw();
  }

  zoom(factor, x, y) {
    this.plane.zoom(factor, x, y);
    return this.draw();
  }

  drag(dx, dy) {
    this.plane.drag(dx, dy);
    return this.draw();
  }

  pan(dx, dy) {
    return this.drag(dx, dy);
  }

  flyTo(places) {
    this.plane.flyTo(places);
    return this.draw();
  }

  async resize() {
    const size = this.measure();
    if (size.width === this.size.width && size.height === this.size.height) return;
    this.plane.resize(size);
    this.size = size;
    await this.draw();
  }

  destroy() {
    this.gestures.destroy();
    this.node.remove();
  }
}
