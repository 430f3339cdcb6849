// Fallback without WebGL 2: a plain canvas with a uniform sample of the points. In 3-D it shows the first two axes.
// Same interface as the Plotly renderer.

import { groupOpacity } from "./density.js";
import { homeRanges, planeMatrix, resizedRanges, zoomedRanges } from "./geometry.js";

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
    this.onWheel = (event) => {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2);
    };
    this.onMove = (event) => {
      if (event.buttons !== 1) return;
      const perX = (this.ranges.x[1] - this.ranges.x[0]) / this.size.width;
      const perY = (this.ranges.y[1] - this.ranges.y[0]) / this.size.height;
      this.setCamera({
        x: this.ranges.x.map((end) => end - event.movementX * perX),
        y: this.ranges.y.map((end) => end + event.movementY * perY),
      });
    };
    this.node.addEventListener("wheel", this.onWheel, { passive: false });
    this.node.addEventListener("pointermove", this.onMove);
  }

  get nDrawn() {
    return Math.min(MOST_DRAWN, this.points.length / this.nComponents);
  }

  setPoints(points) {
    this.points = points;
    this.size = this.measure();
    this.ranges = homeRanges(this.flat(), this.size.width, this.size.height);
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
    const m = planeMatrix(this.ranges);
    for (let k = 0; k < this.nDrawn; k += 1) {
      const i = Math.floor(k * step);
      const x = ((m[0] * this.points[i * this.nComponents] + m[12] + 1) / 2) * width;
      const y = ((1 - m[5] * this.points[i * this.nComponents + 1] - m[13]) / 2) * height;
      const group = this.groups.codes ? this.groups.codes[i] : 0;
      context.globalAlpha = groupOpacity(group, this.groups, this.opacity);
      context.fillStyle = this.groups.colors[group];
      context.beginPath();
      context.arc(x, y, (this.base * (this.sizes ? this.sizes[i] : 1)) / 2, 0, 7);
      context.fill();
    }
  }

  view() {
    return { matrix: planeMatrix(this.ranges), ...this.size };
  }

  camera() {
    return this.ranges;
  }

  setCamera(ranges) {
    this.ranges = ranges;
    return this.draw();
  }

  home() {
    return this.setCamera(homeRanges(this.flat(), this.size.width, this.size.height));
  }

  zoom(factor) {
    return this.setCamera(zoomedRanges(this.ranges, factor));
  }

  flyTo([[x, y]]) {
    const shift = (range, to) => range.map((end) => end + to - (range[0] + range[1]) / 2);
    return this.setCamera({ x: shift(this.ranges.x, x), y: shift(this.ranges.y, y) });
  }

  async resize() {
    const size = this.measure();
    if (size.width === this.size.width && size.height === this.size.height) return;
    this.ranges = resizedRanges(this.ranges, this.size, size.width, size.height);
    this.size = size;
    await this.draw();
  }

  destroy() {
    this.node.remove();
  }
}
