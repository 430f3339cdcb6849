// WebGL 2 draws the points: any number of them, in two and three dimensions. Same interface as the Plotly renderer.
//
// While the view moves, at most MOST_MOVING points are drawn, a fair sample; once it is still, all are drawn into a hidden
// picture, in slices that a new movement interrupts. A lost context is restored by the browser and filled again from the
// arrays here. Where the graphics card is emulated, our own code paints the points instead (`point_painter.js`).

import { OrbitCamera, PlaneCamera } from "./camera.js";
import { rgb } from "./color_values.js";
import { groupOpacity } from "./density.js";
import { drawOrder, onlyLayer, sampleRanges } from "./draw_order.js";
import { Gestures } from "./gestures.js";
import { PointBuffers } from "./point_buffers.js";
import { PointPainter } from "./point_painter.js";

export const MOST_MOVING = 100_000;
const STILL_MS = 140;
const FIRST_SLICE = 200_000;
const LEAST_SLICE = 20_000;
const EMULATED = /swiftshader|llvmpipe|softpipe|basic render/i;
// Known after the first context of the page.
let emulated = null;
// The most opaque that points of a sample become to stand for those that are not drawn.
const MOST_RATIO = 2;

// A canvas with a context for the renderer; null if the browser has no WebGL 2.
export function webglCanvas() {
  const canvas = document.createElement("canvas");
  // The picture stays, so that it can be exported, and seen while the next one is drawn.
  const attributes = { alpha: true, antialias: false, depth: true, stencil: false, preserveDrawingBuffer: true };
  const gl = canvas.getContext("webgl2", attributes);
  // Asked here, where the page is still waiting for other things: the answer takes a round trip to the graphics process.
  if (gl) isEmulated(gl);
  return gl ? canvas : null;
}

// Whether the processor does the work of the graphics card.
export function isEmulated(gl) {
  if (emulated === null) {
    const info = gl.getExtension("WEBGL_debug_renderer_info");
    emulated = EMULATED.test(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  }
  return emulated;
}

export class WebglRenderer {
  // paints: whether our own code paints the points; null if that depends on the graphics card.
  constructor(host, nComponents, canvas = null, paints = null) {
    this.name = "webgl";
    this.nComponents = nComponents;
    // Size and opacity are uniforms: they may change in every frame.
    this.isLive = true;
    this.onContext = () => {};
    this.node = canvas ?? webglCanvas();
    if (!this.node) throw new Error("This browser has no WebGL 2.");
    this.gl = this.node.getContext("webgl2");
    this.node.className = "embedlab-map-canvas";
    host.append(this.node);
    this.groups = { codes: null, colors: ["#888888"], nColored: 1, faintFrom: 1 };
    Object.assign(this, { sizes: null, shapes: null, base: 4, opacity: 1, nDrawn: 0, sliceSize: FIRST_SLICE });
    this.paints = paints ?? isEmulated(this.gl);
    this.buffers = this.makeBuffers();
    this.gestures = new Gestures(this.node, this);
    this.onLost = (event) => this.lost(event);
    this.onRestored = () => this.restored();
    this.node.addEventListener("webglcontextlost", this.onLost);
    this.node.addEventListener("webglcontextrestored", this.onRestored);
  }

  makeBuffers() {
    return this.paints ? new PointPainter(this.gl) : new PointBuffers(this.gl);
  }

  // Data

  setPoints(points) {
    this.points = points;
    this.size = this.measure();
    const Camera = this.nComponents === 2 ? PlaneCamera : OrbitCamera;
    this.camera_ = new Camera(points, this.size);
    this.positions = points;
    this.buffers.setPositions(points, this.nComponents);
    this.order = null;
  }

  get nPoints() {
    return this.positions.length / this.nComponents;
  }

  // Replace the positions of the same points without changing the view, for playback.
  setPositions(points) {
    this.points = points;
    this.positions = points;
    this.buffers.setPositions(points, this.nComponents);
    return this.nextFrame();
  }

  setGroups(groups, sizes, base, opacity) {
    const before = this.groups;
    this.groups = groups;
    if (before.codes !== groups.codes || !this.order) this.buffers.setCodes(groups.codes);
    this.updateOrder();
    this.applyStyle(sizes, base, opacity);
  }

  // One shape per point, 0 to 5, or null for circles.
  setShapes(shapes) {
    if (shapes === this.shapes) return;
    this.shapes = shapes;
    this.buffers.setShapes(shapes);
    if (this.order) this.setOrder();
  }

  // The order changes only with the layers of the points, not with every color.
  updateOrder() {
    const layer = onlyLayer(this.groups);
    const isSame = this.order && layer >= 0 && layer === this.layer;
    this.layer = layer;
    if (!isSame) this.setOrder();
  }

  setOrder() {
    this.order = drawOrder(this.nPoints, this.groups, this.shapes);
    this.buffers.setOrder(this.order.order);
  }

  async setStyle(sizes, base, opacity) {
    this.applyStyle(sizes, base, opacity);
    this.invalidate();
  }

  applyStyle(sizes, base, opacity) {
    if (sizes !== this.sizes || !this.hasSizes) this.buffers.setSizes(sizes);
    Object.assign(this, { sizes, base, opacity, hasSizes: true });
    const { colors } = this.groups;
    this.buffers.setPalette(colors.map((color, code) => [...rgb(color), 255 * groupOpacity(code, this.groups, opacity, false)]));
    this.background = rgb(getComputedStyle(this.node).getPropertyValue("--st-background-color").trim() || "#ffffff");
  }

  // Drawing

  measure() {
    return { width: Math.max(50, this.node.clientWidth), height: Math.max(50, this.node.clientHeight) };
  }

  get ratio() {
    return Math.min(2, window.devicePixelRatio || 1);
  }

  scene(nDrawn) {
    const { ratio } = this;
    const [width, height] = [this.size.width, this.size.height].map((px) => Math.round(px * ratio));
    if (this.node.width !== width || this.node.height !== height) Object.assign(this.node, { width, height });
    const camera = this.camera_;
    const { origin } = camera;
    return {
      width,
      height,
      matrix: centered(camera.view().matrix, origin),
      origin,
      sizePx: this.base * ratio,
      depths: camera.depths,
      density: Math.min(MOST_RATIO, this.nPoints / Math.max(1, nDrawn)),
      background: this.background.map((value) => value / 255),
      isSolid: this.nComponents === 3,
    };
  }

  get isReady() {
    return !this.destroyed && this.order && this.buffers.isReady && !this.gl.isContextLost();
  }

  // Draw what a moving view shows, now.
  drawSample() {
    if (!this.isReady) return;
    const ranges = sampleRanges(this.order.starts, MOST_MOVING);
    this.nDrawn = ranges.reduce((sum, [, , count]) => sum + count, 0);
    this.buffers.begin(this.scene(this.nDrawn));
    for (const range of ranges) this.buffers.drawRange(range);
    this.buffers.finish();
  }

  // Draw all points; resolves when they are on the canvas, or a newer drawing replaces this one.
  async draw() {
    clearTimeout(this.settling);
    const token = {};
    this.drawing = token;
    if (!this.isReady) return;
    if (this.nPoints <= MOST_MOVING) {
      this.drawSample();
      await this.finished();
      return;
    }
    const scene = this.scene(this.nPoints);
    const target = this.buffers.hiddenTarget(scene.width, scene.height);
    this.buffers.begin(scene, target);
    for (const [layer, start, count] of sampleRanges(this.order.starts, Infinity)) {
      for (let at = 0; at < count; ) {
        const n = Math.min(this.sliceSize, count - at);
        const from = performance.now();
        this.buffers.drawRange([layer, start + at, n]);
        at += n;
        await this.finished();
        if (this.paints) await new Promise((resolve) => setTimeout(resolve));
        if (this.drawing !== token || !this.isReady) return;
        this.adaptSlices(n, performance.now() - from);
      }
    }
    this.buffers.finish(target);
    this.nDrawn = this.nPoints;
    await this.finished();
  }

  adaptSlices(nDrawn, passedMs) {
    const wanted = (nDrawn * this.buffers.sliceMs) / Math.max(1, passedMs);
    this.sliceSize = Math.round(Math.min(4 * this.sliceSize, Math.max(LEAST_SLICE, wanted)));
  }

  // Resolves when the graphics card has executed everything so far.
  async finished() {
    const { gl } = this;
    const sync = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (!sync) return;
    gl.flush();
    for (;;) {
      const status = gl.clientWaitSync(sync, 0, 0);
      if (status !== gl.TIMEOUT_EXPIRED || gl.isContextLost()) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    gl.deleteSync(sync);
  }

  // Redraw in the next frame, as part of a movement; all points follow once it is still.
  invalidate() {
    this.nextFrame();
  }

  nextFrame() {
    // A full drawing that is under way shows an old state.
    this.drawing = null;
    clearTimeout(this.settling);
    this.waiting ??= new Promise((resolve) => {
      this.frame = requestAnimationFrame(() => {
        this.waiting = null;
        this.drawSample();
        if (!this.destroyed && this.nPoints > MOST_MOVING) this.settling = setTimeout(() => this.draw(), STILL_MS);
        resolve();
      });
    });
    return this.waiting;
  }

  // The view

  view() {
    return this.camera_.view();
  }

  camera() {
    return this.camera_.state();
  }

  async setCamera(state) {
    this.camera_.restore(state);
    this.invalidate();
  }

  async home() {
    this.camera_.home(this.points);
    this.invalidate();
  }

  async zoom(factor, x, y) {
    this.camera_.zoom(factor, x, y);
    this.invalidate();
  }

  async flyTo(places) {
    this.camera_.flyTo(places);
    this.invalidate();
  }

  drag(dx, dy) {
    this.camera_.drag(dx, dy);
    this.invalidate();
  }

  pan(dx, dy) {
    this.camera_.pan(dx, dy);
    this.invalidate();
  }

  async resize() {
    const size = this.measure();
    const [width, height] = [size.width, size.height].map((px) => Math.round(px * this.ratio));
    if (width === this.node.width && height === this.node.height) return;
    this.camera_.resize(size);
    this.size = size;
    // A canvas of another size is empty until it is drawn again.
    this.drawSample();
    this.invalidate();
  }

  // The context

  lost(event) {
    // Without this the browser does not restore it.
    event.preventDefault();
    this.drawing = null;
    this.onContext(true);
  }

  restored() {
    if (this.destroyed || !this.positions) return;
    this.buffers = this.makeBuffers();
    this.buffers.setPositions(this.positions, this.nComponents);
    this.buffers.setCodes(this.groups.codes);
    this.buffers.setShapes(this.shapes);
    this.setOrder();
    this.hasSizes = false;
    this.applyStyle(this.sizes, this.base, this.opacity);
    this.onContext(false);
    this.draw();
  }

  destroy() {
    this.destroyed = true;
    this.drawing = null;
    clearTimeout(this.settling);
    cancelAnimationFrame(this.frame);
    this.gestures.destroy();
    this.node.removeEventListener("webglcontextlost", this.onLost);
    this.node.removeEventListener("webglcontextrestored", this.onRestored);
    this.buffers.destroy();
    // Browsers allow about ten contexts per page and free them only at garbage collection.
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
    this.node.remove();
    Object.assign(this, { points: null, positions: null, order: null, sizes: null, shapes: null });
  }
}

// The matrix for points from which `origin` has been subtracted.
function centered(matrix, [x, y, z]) {
  const m = Float64Array.from(matrix);
  for (let row = 0; row < 4; row += 1) m[12 + row] = matrix[row] * x + matrix[4 + row] * y + matrix[8 + row] * z + matrix[12 + row];
  return m;
}
