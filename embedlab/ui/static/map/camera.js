// Cameras of the WebGL renderer: a plane with equal scales, and an orbit around a target. Both are pure functions of their
// state: `view(size)` returns the 4 x 4 matrix (column-major) from points to clip space, and `state()` / `restore(state)`
// exchange plain objects with the same meaning as those of the Plotly renderer.

import {
  bounds, homeRanges, mapInsets, multiply, paddingBesidePanels, planeMatrix, resizedRanges, zoomedRanges,
} from "./geometry.js";

// Padding around the places to fly to, and the camera distance in 3-D per unit of their radius.
const PADDING_PX = 90;
const CAMERA_DISTANCE = 2.8;
// A flight never goes closer than this share of the home view.
const CLOSEST = 5;
const FIELD_OF_VIEW = Math.PI / 4;
const HOME_EYE = [1.15, 1.15, 0.85];
const UP = [0, 0, 1];
// The eye stays this far from the poles, in radians, where up would be ambiguous.
const POLE = 0.02;
const ORBIT_PER_PX = 0.0075;
const MOST_SAMPLED = 5000;
const NEARLY_ALL = 0.99;
const LEAST_DISTANCE = 1e-4;
const MOST_DISTANCE = 1e3;
// Float32 coordinates distinguish no more detail than this many times the home view.
const MOST_ZOOM = 1e6;

// Ranges that show all `places` ([x, y]) beside the panels, as close as they allow, but not closer than a share of the
// home view, and not further away than now unless a place would be out of view.
export function flownRanges(ranges, home, places, width, height) {
  const ends = bounds(places.flatMap((place) => [...place]), 2);
  const pad = paddingBesidePanels(PADDING_PX);
  const perPx = (range, px) => (range[1] - range[0]) / Math.max(1, px);
  const needed = Math.max(perPx(ends[0], width - pad.left - pad.right), perPx(ends[1], height - pad.top - pad.bottom)) * width;
  const closest = (home.x[1] - home.x[0]) / CLOSEST;
  const now = ranges.x[1] - ranges.x[0];
  const near = zoomedRanges(ranges, now / Math.max(needed, Math.min(now, closest)));
  const shift = (range, to) => range.map((end) => end + to - (range[0] + range[1]) / 2);
  const unitsPerPx = (near.x[1] - near.x[0]) / width;
  return {
    x: shift(near.x, middle(ends[0]) + (unitsPerPx * (pad.right - pad.left)) / 2),
    y: shift(near.y, middle(ends[1]) + (unitsPerPx * (pad.top - pad.bottom)) / 2),
  };
}

export class PlaneCamera {
  constructor(points, size) {
    this.setPoints(points, size);
  }

  setPoints(points, size) {
    this.size = size;
    this.homeState = homeRanges(points, size.width, size.height);
    this.ranges = this.homeState;
  }

  view() {
    return { matrix: planeMatrix(this.ranges), ...this.size };
  }

  // Subtracted from the points before the matrix is applied, so that float32 suffices in detail.
  get origin() {
    return [middle(this.ranges.x), middle(this.ranges.y), 0];
  }

  state() {
    return { x: [...this.ranges.x], y: [...this.ranges.y] };
  }

  restore({ x, y }) {
    this.ranges = { x: [...x], y: [...y] };
  }

  home(points) {
    this.homeState = homeRanges(points, this.size.width, this.size.height);
    this.ranges = this.homeState;
  }

  drag(dx, dy) {
    const perX = (this.ranges.x[1] - this.ranges.x[0]) / this.size.width;
    const perY = (this.ranges.y[1] - this.ranges.y[0]) / this.size.height;
    this.ranges = { x: this.ranges.x.map((end) => end - dx * perX), y: this.ranges.y.map((end) => end + dy * perY) };
  }

  pan(dx, dy) {
    this.drag(dx, dy);
  }

  // Enlarge by `factor` around the pixel (x, y), by default the center.
  zoom(factor, x = this.size.width / 2, y = this.size.height / 2) {
    const span = this.ranges.x[1] - this.ranges.x[0];
    const home = this.homeState.x[1] - this.homeState.x[0];
    const bounded = Math.min(Math.max(factor, span / (50 * home)), (span * MOST_ZOOM) / home);
    const scale = ([least, most], share) => {
      const fixed = least + (most - least) * share;
      return [fixed + (least - fixed) / bounded, fixed + (most - fixed) / bounded];
    };
    this.ranges = { x: scale(this.ranges.x, x / this.size.width), y: scale(this.ranges.y, 1 - y / this.size.height) };
  }

  flyTo(places) {
    this.ranges = flownRanges(this.ranges, this.homeState, places.map(([x, y]) => [x, y]), this.size.width, this.size.height);
  }

  resize(size) {
    this.ranges = resizedRanges(this.ranges, this.size, size.width, size.height);
    this.size = size;
  }

  // Distances from the eye that fade and enlarge points: none in a plane.
  get depths() {
    return null;
  }
}

export class OrbitCamera {
  constructor(points, size) {
    this.setPoints(points, size);
  }

  // The points fill a box around zero whose volume is one, as in Plotly, so that cameras can be exchanged.
  setPoints(points, size) {
    this.size = size;
    this.measure(points);
    this.home();
  }

  measure(points) {
    const ends = bounds(points, 3);
    const spans = ends.map(([least, most]) => most - least);
    const largest = Math.max(...spans) || 1;
    const bounded = spans.map((span) => Math.max(span, largest / 50));
    this.scale = 1 / Math.cbrt(bounded[0] * bounded[1] * bounded[2]);
    this.middle = ends.map(middle);
    this.reach = (Math.hypot(...spans) * this.scale) / 2 + 1e-3;
    this.radius = this.radiusOf(points) || 1;
  }

  // Distance from the middle within which nearly all points are, so that a few outliers do not make the rest small.
  radiusOf(points) {
    const n = points.length / 3;
    const step = Math.max(1, Math.floor(n / MOST_SAMPLED));
    const distances = [];
    for (let i = 0; i < n; i += step) distances.push(length(this.world(points.subarray(3 * i, 3 * i + 3))));
    distances.sort((a, b) => a - b);
    return distances[Math.floor((distances.length - 1) * NEARLY_ALL)];
  }

  world(place) {
    return [0, 1, 2].map((axis) => (place[axis] - this.middle[axis]) * this.scale);
  }

  get origin() {
    return this.middle;
  }

  view() {
    const { width, height } = this.size;
    const distance = length(minus(this.eye, this.center));
    // Everything is in front of the far plane; the near plane is close to the eye for views from within the cloud.
    const far = length(this.eye) + this.reach;
    const near = Math.max(far * 1e-3, Math.min(distance, length(this.eye) - this.reach) * 0.5);
    const lens = perspective(width / height, near, far);
    lens[8] = (-2 * this.shift.x) / width;
    lens[9] = (2 * this.shift.y) / height;
    const matrix = multiply(lens, lookAt(this.eye, this.center, this.up));
    const s = this.scale;
    const [x, y, z] = this.middle.map((value) => -value * s);
    const model = new Float64Array([s, 0, 0, 0, 0, s, 0, 0, 0, 0, s, 0, x, y, z, 1]);
    return { matrix: multiply(matrix, model), width, height };
  }

  state() {
    const named = ([x, y, z]) => ({ x, y, z });
    return { eye: named(this.eye), center: named(this.center), up: named(this.up) };
  }

  restore({ eye, center, up }) {
    const list = ({ x, y, z }) => [x, y, z];
    this.eye = list(eye);
    this.center = list(center ?? { x: 0, y: 0, z: 0 });
    this.up = list(up ?? { x: 0, y: 0, z: 1 });
  }

  // The middle of the view is the middle of what panels leave free.
  avoidPanels() {
    const { left, right, top } = mapInsets();
    this.shift = { x: (left - right) / 2, y: top / 2 };
    const { width, height } = this.size;
    return { width: Math.max(50, width - left - right), height: Math.max(50, height - top) };
  }

  home() {
    // As close as the whole cloud allows in the shorter direction of the free area.
    const free = this.avoidPanels();
    const share = Math.min(free.width, free.height) / this.size.height;
    const half = Math.atan(Math.tan(FIELD_OF_VIEW / 2) * share);
    const distance = Math.max(1.05 * (this.radius / Math.sin(half)), 0.5);
    this.center = [0, 0, 0];
    this.up = UP;
    this.eye = times(HOME_EYE, distance / length(HOME_EYE));
  }

  // Rotate around the center; the vertical axis stays vertical.
  drag(dx, dy) {
    const offset = minus(this.eye, this.center);
    const distance = length(offset);
    const turned = Math.atan2(offset[1], offset[0]) - dx * ORBIT_PER_PX;
    const raised = Math.asin(clamp(offset[2] / distance, -1, 1)) + dy * ORBIT_PER_PX;
    const height = clamp(raised, POLE - Math.PI / 2, Math.PI / 2 - POLE);
    const direction = [Math.cos(height) * Math.cos(turned), Math.cos(height) * Math.sin(turned), Math.sin(height)];
    this.up = UP;
    this.eye = plus(this.center, times(direction, distance));
  }

  // Shift eye and center in the plane of the screen: the center follows the cursor.
  pan(dx, dy) {
    const offset = minus(this.eye, this.center);
    const perPx = (2 * length(offset) * Math.tan(FIELD_OF_VIEW / 2)) / this.size.height;
    const { right, above } = axes(offset, this.up);
    const shift = plus(times(right, -dx * perPx), times(above, dy * perPx));
    this.center = plus(this.center, shift);
    this.eye = plus(this.eye, shift);
  }

  // Approach the center by `factor`; what is under the pixel (x, y) at the center's distance stays there.
  zoom(factor, x = this.size.width / 2 + this.shift.x, y = this.size.height / 2 + this.shift.y) {
    const offset = minus(this.eye, this.center);
    const distance = length(offset);
    const next = clamp(distance / factor, LEAST_DISTANCE, MOST_DISTANCE);
    const perPx = (2 * distance * Math.tan(FIELD_OF_VIEW / 2)) / this.size.height;
    const { right, above } = axes(offset, this.up);
    const [dx, dy] = [x - this.size.width / 2 - this.shift.x, y - this.size.height / 2 - this.shift.y];
    const toCursor = plus(times(right, dx * perPx), times(above, -dy * perPx));
    const shift = times(toCursor, 1 - next / distance);
    this.center = plus(this.center, shift);
    this.eye = plus(this.center, times(offset, next / distance));
  }

  flyTo(places) {
    this.avoidPanels();
    const worlds = places.map((place) => this.world(place));
    const center = bounds(worlds.flat(), 3).map(middle);
    const radius = Math.max(...worlds.map((at) => length(minus(at, center))));
    const offset = minus(this.eye, this.center);
    const distance = length(offset);
    const next = Math.max(Math.min(distance, 0.9), CAMERA_DISTANCE * radius);
    this.center = center;
    this.eye = plus(center, times(offset, next / distance));
  }

  resize(size) {
    this.size = size;
  }

  // Distances from the eye: of the center of the view, and of the nearest and furthest points.
  get depths() {
    const away = length(this.eye);
    return {
      center: length(minus(this.eye, this.center)),
      near: Math.max(away - this.radius, 0),
      far: away + this.radius,
    };
  }
}

function perspective(aspect, near, far) {
  const f = 1 / Math.tan(FIELD_OF_VIEW / 2);
  const m = new Float64Array(16);
  m[0] = f / aspect;
  m[5] = f;
  m[10] = (far + near) / (near - far);
  m[11] = -1;
  m[14] = (2 * far * near) / (near - far);
  return m;
}

function lookAt(eye, center, up) {
  const back = unit(minus(eye, center));
  const { right, above } = axes(back, up);
  const row = (axis) => [right[axis], above[axis], back[axis], 0];
  return new Float64Array([...row(0), ...row(1), ...row(2), -dot(right, eye), -dot(above, eye), -dot(back, eye), 1]);
}

// Directions of the screen for an eye at `offset` from its target.
function axes(offset, up) {
  const back = unit(offset);
  const across = cross(up, back);
  // Looking straight along `up`, any direction serves as right.
  const right = length(across) > 1e-9 ? unit(across) : unit(cross([0, 1, 1e-3], back));
  return { right, above: cross(back, right) };
}

const middle = ([least, most]) => (least + most) / 2;
const clamp = (value, least, most) => Math.min(most, Math.max(least, value));
const plus = (a, b) => a.map((value, axis) => value + b[axis]);
const minus = (a, b) => a.map((value, axis) => value - b[axis]);
const times = (a, factor) => a.map((value) => value * factor);
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const length = (a) => Math.hypot(...a);
const unit = (a) => times(a, 1 / (length(a) || 1));
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
