// Plotly draws the points: scattergl in two dimensions, scatter3d in three.
//
// A renderer offers: setPoints(points), setGroups(groups, sizes, base, opacity) and then draw(); setStyle(sizes, base, opacity),
// setPositions(points); view() -> {matrix, width, height}, camera() / setCamera(), home(), zoom(factor), flyTo(places),
// resize(), destroy(). Sizes are relative to the diameter `base`. See also webgl_renderer.js and canvas_renderer.js.

import { flownRanges } from "./camera.js";
import { groupOpacity } from "./density.js";
import { SYMBOLS } from "./shapes.js";
import { bounds, homeRanges, mapInsets, multiply, planeMatrix, resizedRanges, zoomedRanges } from "./geometry.js";

// Each trace costs a few milliseconds per frame.
const MOST_TRACES = 48;
const AXIS = { visible: false, showgrid: false, zeroline: false, autorange: false, showspikes: false };
// Direction from which a map in space is first seen, and Plotly's angle of view.
const HOME_EYE = [1.15, 1.15, 0.85];
const FIELD_OF_VIEW = Math.PI / 4;
// Camera distance in 3-D per unit of the radius of the places to fly to.
const CAMERA_DISTANCE = 2.8;
// No Plotly controls: its toolbar can upload the chart, and its double click resets the view after two quick picks.
const CONFIG = { displayModeBar: false, doubleClick: false, scrollZoom: true, responsive: false, displaylogo: false };

export class PlotlyRenderer {
  constructor(Plotly, host, nComponents) {
    this.name = "plotly";
    this.Plotly = Plotly;
    this.nComponents = nComponents;
    this.node = document.createElement("div");
    this.node.className = "embedlab-map-canvas";
    host.append(this.node);
    this.drawn = false;
    this.groups = { codes: null, colors: ["#888888"], nColored: 1, faintFrom: 1 };
    this.sizes = null;
  }

  setPoints(points) {
    this.points = points;
    this.size = this.measure();
    this.home_ = this.homeView();
  }

  // The camera that shows all points between the panels; in space, Plotly keeps them in the middle of the window.
  homeView() {
    const { width, height } = this.size;
    if (this.nComponents === 2) return homeRanges(this.points, width, height);
    const { left, right, top } = mapInsets();
    const free = Math.max(50, Math.min(width - 2 * Math.max(left, right), height - 2 * top));
    const half = Math.atan((Math.tan(FIELD_OF_VIEW / 2) * free) / height);
    const distance = (1.05 * plotlyRadius(this.points)) / Math.sin(half);
    const [x, y, z] = HOME_EYE.map((value) => (value * distance) / Math.hypot(...HOME_EYE));
    return { eye: { x, y, z }, center: { x: 0, y: 0, z: 0 }, up: { x: 0, y: 0, z: 1 } };
  }

  setGroups(groups, sizes, base, opacity) {
    Object.assign(this, { groups, sizes, base, opacity });
  }

  // One number of `SYMBOLS` per point, or null for circles.
  setShapes(shapes) {
    this.shapes = shapes;
  }

  // Change only size and opacity.
  async setStyle(sizes, base, opacity) {
    Object.assign(this, { sizes, base, opacity });
    if (sizes) return this.draw();
    return this.Plotly.restyle(this.node, { "marker.size": base, "marker.opacity": this.order.map((group) => groupOpacity(group, this.groups, opacity)) });
  }

  measure() {
    return { width: Math.max(50, this.node.clientWidth), height: Math.max(50, this.node.clientHeight) };
  }

  async draw() {
    const layout = this.layout();
    if (this.drawn) await this.Plotly.react(this.node, this.traces(), layout, CONFIG);
    else await this.Plotly.newPlot(this.node, this.traces(), layout, CONFIG);
    this.drawn = true;
  }

  // Move the same points to new positions without changing the view, for playback.
  async setPositions(points) {
    this.points = points;
    await this.draw();
  }

  traces() {
    const { points, nComponents: d } = this;
    const n = points.length / d;
    const { codes, colors } = this.groups;
    const traceOf = this.traceOf(n);
    const counts = new Uint32Array(colors.length);
    if (codes) for (let i = 0; i < n; i += 1) counts[traceOf[codes[i]]] += 1;
    else counts[0] = n;
    const parts = Array.from(counts, (count) => ({
      colors: traceOf.isMerged ? new Array(count) : null,
      axes: Array.from({ length: d }, () => new Float32Array(count)),
      sizes: this.sizes ? new Float32Array(count) : null,
      symbols: this.shapes ? new Array(count) : null,
      at: 0,
    }));
    for (let i = 0; i < n; i += 1) {
      const part = parts[codes ? traceOf[codes[i]] : 0];
      if (part.colors) part.colors[part.at] = colors[codes[i]];
      for (let axis = 0; axis < d; axis += 1) part.axes[axis][part.at] = points[i * d + axis];
      if (part.sizes) part.sizes[part.at] = this.base * this.sizes[i];
      if (part.symbols) part.symbols[part.at] = SYMBOLS[this.shapes[i]];
      part.at += 1;
    }
    // The gray of "other" and "missing" is at the bottom, then large groups under small ones, low under high.
    const order = colors.map((_, group) => group).filter((group) => counts[group]);
    const gray = (group) => (group < this.groups.nColored ? 1 : 0);
    order.sort((a, b) => gray(a) - gray(b) || a - b);
    this.order = order;
    const opacityOf = (group) => groupOpacity(group, this.groups, this.opacity);
    return order.map((group) => this.trace(parts[group], parts[group].colors ?? colors[group], opacityOf(group)));
  }

  // The trace that draws each group: its own, or, if there were too many traces, one for all groups of the same opacity.
  traceOf(n) {
    const { codes, colors } = this.groups;
    const used = new Uint8Array(colors.length);
    if (codes) for (let i = 0; i < n; i += 1) used[codes[i]] = 1;
    const traceOf = colors.map((_, group) => group);
    if (used.reduce((sum, each) => sum + each, 0) <= MOST_TRACES) return traceOf;
    const first = new Map();
    traceOf.forEach((group) => {
      const opacity = groupOpacity(group, this.groups, this.opacity);
      if (!first.has(opacity)) first.set(opacity, group);
      traceOf[group] = first.get(opacity);
    });
    return Object.assign(traceOf, { isMerged: true });
  }

  trace(part, color, opacity) {
    const flat = this.nComponents === 2;
    return {
      type: flat ? "scattergl" : "scatter3d",
      mode: "markers",
      x: part.axes[0],
      y: part.axes[1],
      ...(flat ? {} : { z: part.axes[2] }),
      marker: { color, symbol: part.symbols ?? "circle", size: part.sizes ?? this.base, opacity, line: { width: 0 }, sizemode: "diameter" },
      hoverinfo: "skip",
      showlegend: false,
    };
  }

  layout() {
    const common = {
      ...this.size,
      margin: { l: 0, r: 0, t: 0, b: 0 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      hovermode: false,
      spikedistance: 0,
      showlegend: false,
      uirevision: "kept",
    };
    if (this.nComponents === 2) {
      const ranges = this.drawn ? this.ranges() : this.home_;
      return { ...common, dragmode: "pan", xaxis: { ...AXIS, range: ranges.x }, yaxis: { ...AXIS, range: ranges.y } };
    }
    const axis = { visible: false, showspikes: false };
    const camera = this.drawn ? this.camera() : this.home_;
    const scene = { xaxis: axis, yaxis: axis, zaxis: axis, aspectmode: "data", camera, dragmode: "orbit", hovermode: false };
    return { ...common, scene };
  }

  // The view

  ranges() {
    const { xaxis, yaxis } = this.node._fullLayout;
    return { x: [...xaxis.range], y: [...yaxis.range] };
  }

  get scene() {
    return this.node._fullLayout.scene._scene;
  }

  view() {
    if (this.nComponents === 2) return { matrix: planeMatrix(this.ranges()), ...this.size };
    const { projection, view, model } = this.scene.glplot.cameraParams;
    const scale = this.scene.dataScale;
    const data = new Float64Array([scale[0], 0, 0, 0, 0, scale[1], 0, 0, 0, 0, scale[2], 0, 0, 0, 0, 1]);
    return { matrix: multiply(multiply(projection, view), multiply(model, data)), ...this.size };
  }

  camera() {
    return this.nComponents === 2 ? this.ranges() : this.scene.getCamera();
  }

  setCamera(camera) {
    if (this.nComponents === 3) return this.Plotly.relayout(this.node, { "scene.camera": camera });
    return this.Plotly.relayout(this.node, { "xaxis.range": camera.x, "yaxis.range": camera.y });
  }

  home() {
    this.home_ = this.homeView();
    return this.setCamera(this.home_);
  }

  zoom(factor) {
    const camera = this.camera();
    if (this.nComponents === 2) return this.setCamera(zoomedRanges(camera, factor));
    return this.setCamera({ ...camera, eye: towards(camera, factor) });
  }

  // Center the view on places (coordinates of points or of a guest): close enough to distinguish them, and never further
  // away than now unless one of them would be out of view.
  flyTo(places) {
    const now = this.camera();
    if (this.nComponents === 2) {
      return this.setCamera(flownRanges(now, this.home_, places, this.size.width, this.size.height));
    }
    const worlds = places.map((place) => this.world(place));
    const center = bounds(worlds.flat(), 3).map(middle);
    const radius = Math.max(...worlds.map((at) => Math.hypot(...at.map((value, axis) => value - center[axis]))));
    const offset = ["x", "y", "z"].map((axis) => now.eye[axis] - now.center[axis]);
    const length = Math.hypot(...offset);
    const factor = Math.max(Math.min(length, 0.9), CAMERA_DISTANCE * radius) / length;
    const eye = offset.map((value, axis) => center[axis] + value * factor);
    const named = ([x, y, z]) => ({ x, y, z });
    return this.setCamera({ ...now, center: named(center), eye: named(eye) });
  }

  // From data units to camera units.
  world(place) {
    const { model } = this.scene.glplot.cameraParams;
    const at = [0, 1, 2].map((axis) => place[axis] * this.scene.dataScale[axis]);
    return [0, 1, 2].map((row) => model[row] * at[0] + model[4 + row] * at[1] + model[8 + row] * at[2] + model[12 + row]);
  }

  async resize() {
    const size = this.measure();
    if (!this.drawn || (size.width === this.size.width && size.height === this.size.height)) return;
    const before = this.size;
    this.size = size;
    if (this.nComponents === 2) {
      const ranges = resizedRanges(this.ranges(), before, size.width, size.height);
      await this.Plotly.relayout(this.node, { ...size, "xaxis.range": ranges.x, "yaxis.range": ranges.y });
    } else await this.Plotly.relayout(this.node, size);
  }

  destroy() {
    const canvases = [...this.node.querySelectorAll("canvas")];
    if (this.drawn) this.Plotly.purge(this.node);
    // Browsers allow about ten contexts per page and free them only at garbage collection.
    for (const canvas of canvases) {
      const gl = canvas.getContext("webgl") || canvas.getContext("webgl2");
      gl?.getExtension("WEBGL_lose_context")?.loseContext();
    }
    this.node.remove();
  }
}

// The distance of the furthest point from the middle in Plotly's space, where the extents have a geometric mean of 1.
function plotlyRadius(points) {
  const ends = bounds(points, 3);
  // Plotly gives an axis without extent two units.
  const unit = Math.cbrt(ends.reduce((product, [least, most]) => product * (most - least || 2), 1));
  const center = ends.map(middle);
  let radius = 0;
  for (let at = 0; at < points.length; at += 3) {
    radius = Math.max(radius, Math.hypot(points[at] - center[0], points[at + 1] - center[1], points[at + 2] - center[2]));
  }
  return Math.max(radius / unit, 1e-3);
}

function middle([least, most]) {
  return (least + most) / 2;
}

function towards(camera, factor) {
  const scale = (axis) => camera.center[axis] + (camera.eye[axis] - camera.center[axis]) / factor;
  return { x: scale("x"), y: scale("y"), z: scale("z") };
}
