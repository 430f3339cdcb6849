// Conversion between points and screen. A renderer provides a 4 x 4 matrix (column-major) that transforms a point to
// clip space; everything here works for two and three dimensions and for every renderer.

export function multiply(a, b) {
  const out = new Float64Array(16);
  for (let column = 0; column < 4; column += 1) {
    for (let row = 0; row < 4; row += 1) {
      let sum = 0;
      for (let k = 0; k < 4; k += 1) sum += a[k * 4 + row] * b[column * 4 + k];
      out[column * 4 + row] = sum;
    }
  }
  return out;
}

// Pixel x, y and depth (smaller is nearer) of point i, or null if it is behind the camera.
export function project(view, points, nComponents, i) {
  const { matrix: m, width, height } = view;
  const o = i * nComponents;
  const x = points[o];
  const y = points[o + 1];
  const z = nComponents === 3 ? points[o + 2] : 0;
  const w = m[3] * x + m[7] * y + m[11] * z + m[15];
  if (!(w > 0)) return null;
  const cx = (m[0] * x + m[4] * y + m[8] * z + m[12]) / w;
  const cy = (m[1] * x + m[5] * y + m[9] * z + m[13]) / w;
  const cz = (m[2] * x + m[6] * y + m[10] * z + m[14]) / w;
  return { x: ((cx + 1) / 2) * width, y: ((1 - cy) / 2) * height, depth: cz };
}

// Among points at almost the same distance from the cursor, the one in front wins.
const TIE_PX = 1.5;

const everyPoint = () => true;

// The point within `radius` pixels of the cursor, or -1: all points are projected (2 ms for 100,000).
export function nearestProjected(view, points, nComponents, px, py, radius, isShown = everyPoint) {
  const { matrix: m, width, height } = view;
  const n = points.length / nComponents;
  let best = -1;
  let bestDistance = radius;
  let bestDepth = Infinity;
  for (let i = 0, o = 0; i < n; i += 1, o += nComponents) {
    const x = points[o];
    const y = points[o + 1];
    const z = nComponents === 3 ? points[o + 2] : 0;
    const w = m[3] * x + m[7] * y + m[11] * z + m[15];
    if (!(w > 0)) continue;
    const dx = (((m[0] * x + m[4] * y + m[8] * z + m[12]) / w + 1) / 2) * width - px;
    if (dx > radius || dx < -radius) continue;
    const dy = ((1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w) / 2) * height - py;
    if (dy > radius || dy < -radius) continue;
    const distance = Math.hypot(dx, dy);
    if (distance > radius || distance > bestDistance + TIE_PX || !isShown(i)) continue;
    const depth = (m[2] * x + m[6] * y + m[10] * z + m[14]) / w;
    const tie = best >= 0 && Math.abs(distance - bestDistance) <= TIE_PX;
    if (tie ? depth < bestDepth : distance < bestDistance || best < 0) {
      best = i;
      bestDistance = Math.min(distance, bestDistance);
      bestDepth = depth;
    }
  }
  return best;
}

// The point next to point `from` in a direction of the screen, or -1: the nearest within 45 degrees of the direction,
// where distance across counts twice. Other points at the same position are never reached.
export function nearestInDirection(view, points, nComponents, from, [dx, dy], isShown = everyPoint) {
  const start = project(view, points, nComponents, from);
  if (!start) return -1;
  const n = points.length / nComponents;
  let best = -1;
  let least = Infinity;
  for (let i = 0; i < n; i += 1) {
    const at = project(view, points, nComponents, i);
    if (!at) continue;
    const along = (at.x - start.x) * dx + (at.y - start.y) * dy;
    const across = Math.abs((at.x - start.x) * dy) + Math.abs((at.y - start.y) * dx);
    if (!(along > 1e-6) || across > along || along + 2 * across >= least || !isShown(i)) continue;
    best = i;
    least = along + 2 * across;
  }
  return best;
}

const HEAD_PX = 11;
const HALF_HEAD_PX = 5;

// SVG paths of a line that keeps `gap` pixels from its start and `endGap` from its end, and of an arrowhead there; `line`
// is null if the points are too close together.
export function arrow(from, to, gap, endGap = gap) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (!(length > gap + endGap)) return { line: null, head: null };
  const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const start = { x: from.x + ux * gap, y: from.y + uy * gap };
  const tip = { x: to.x - ux * endGap, y: to.y - uy * endGap };
  const base = { x: tip.x - ux * HEAD_PX, y: tip.y - uy * HEAD_PX };
  const text = (x, y) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const corner = (side) => text(base.x - uy * HALF_HEAD_PX * side, base.y + ux * HALF_HEAD_PX * side);
  return { line: `M${text(start.x, start.y)}L${text(tip.x, tip.y)}`, head: `M${text(tip.x, tip.y)}L${corner(1)}L${corner(-1)}Z` };
}

// Grid of 2-D points, so that finding the point under the cursor does not scan all of them.
export class Grid {
  constructor(points, pointsPerCell = 2) {
    const n = points.length / 2;
    this.points = points;
    this.bounds = bounds(points, 2);
    const [x0, x1] = this.bounds[0];
    const [y0, y1] = this.bounds[1];
    this.side = Math.max(1, Math.ceil(Math.sqrt(n / pointsPerCell)));
    this.x0 = x0;
    this.y0 = y0;
    this.perX = this.side / (x1 - x0 || 1);
    this.perY = this.side / (y1 - y0 || 1);
    const cells = new Uint32Array(n);
    this.starts = new Uint32Array(this.side * this.side + 1);
    for (let i = 0; i < n; i += 1) {
      cells[i] = this.cell(points[2 * i], points[2 * i + 1]);
      this.starts[cells[i] + 1] += 1;
    }
    for (let c = 0; c < this.side * this.side; c += 1) this.starts[c + 1] += this.starts[c];
    const next = this.starts.slice();
    this.order = new Uint32Array(n);
    for (let i = 0; i < n; i += 1) {
      this.order[next[cells[i]]] = i;
      next[cells[i]] += 1;
    }
  }

  column(x) {
    return Math.min(this.side - 1, Math.max(0, Math.floor((x - this.x0) * this.perX)));
  }

  row(y) {
    return Math.min(this.side - 1, Math.max(0, Math.floor((y - this.y0) * this.perY)));
  }

  cell(x, y) {
    return this.row(y) * this.side + this.column(x);
  }

  nearest(view, px, py, radius, isShown = everyPoint) {
    const { matrix: m, width, height } = view;
    // Screen to plane: a 2-D matrix only scales and shifts.
    const x = ((2 * px) / width - 1 - m[12]) / m[0];
    const y = (1 - (2 * py) / height - m[13]) / m[5];
    const reachX = Math.abs((2 * radius) / width / m[0]);
    const reachY = Math.abs((2 * radius) / height / m[5]);
    const toPxX = (m[0] * width) / 2;
    const toPxY = (m[5] * height) / 2;
    let best = -1;
    let bestDistance = radius;
    for (let r = this.row(y - reachY); r <= this.row(y + reachY); r += 1) {
      for (let c = this.column(x - reachX); c <= this.column(x + reachX); c += 1) {
        const cell = r * this.side + c;
        for (let k = this.starts[cell]; k < this.starts[cell + 1]; k += 1) {
          const i = this.order[k];
          const distance = Math.hypot((this.points[2 * i] - x) * toPxX, (this.points[2 * i + 1] - y) * toPxY);
          if (distance <= bestDistance && isShown(i)) {
            best = i;
            bestDistance = distance;
          }
        }
      }
    }
    return best;
  }
}

export function bounds(points, nComponents) {
  const out = Array.from({ length: nComponents }, () => [Infinity, -Infinity]);
  for (let o = 0; o < points.length; o += nComponents) {
    for (let d = 0; d < nComponents; d += 1) {
      const value = points[o + d];
      if (value < out[d][0]) out[d][0] = value;
      if (value > out[d][1]) out[d][1] = value;
    }
  }
  return out;
}

// Padding around the points: search box above, buttons to the right.
export const PADDING = { left: 84, right: 56, top: 56, bottom: 30 };
// What panels cover at each side of the map, in pixels. There is one map per page.
let insets = { left: 0, right: 0, top: 0 };

export function setInsets(next) {
  insets = next;
}

// What panels cover, and `px` more on each side.
export function paddingBesidePanels(px) {
  return { left: insets.left + px, right: insets.right + px, top: insets.top + px, bottom: px };
}

export function mapInsets() {
  return insets;
}

function mapPadding() {
  const { left, right, top, bottom } = PADDING;
  return { left: Math.max(left, insets.left + 40), right: right + insets.right, top: top + insets.top, bottom };
}

// Ranges that show all points with equal scales on both axes and some padding.
export function homeRanges(points, width, height, pad = mapPadding()) {
  const [[x0, x1], [y0, y1]] = bounds(points, 2);
  const across = Math.max(1, width - pad.left - pad.right);
  const down = Math.max(1, height - pad.top - pad.bottom);
  const unitsPerPx = Math.max((x1 - x0) / across, (y1 - y0) / down) || 1;
  const halfX = (unitsPerPx * width) / 2;
  const halfY = (unitsPerPx * height) / 2;
  const cx = (x0 + x1) / 2 + (unitsPerPx * (pad.right - pad.left)) / 2;
  const cy = (y0 + y1) / 2 + (unitsPerPx * (pad.top - pad.bottom)) / 2;
  return { x: [cx - halfX, cx + halfX], y: [cy - halfY, cy + halfY] };
}

export function planeMatrix(ranges) {
  const m = new Float64Array(16);
  m[0] = 2 / (ranges.x[1] - ranges.x[0]);
  m[5] = 2 / (ranges.y[1] - ranges.y[0]);
  m[10] = 1;
  m[12] = -1 - ranges.x[0] * m[0];
  m[13] = -1 - ranges.y[0] * m[5];
  m[15] = 1;
  return m;
}

// Ranges with the same center and scale after a change of window size.
export function resizedRanges(ranges, before, width, height) {
  const scale = (pair, old, now) => {
    const middle = (pair[0] + pair[1]) / 2;
    const half = (((pair[1] - pair[0]) / 2) * now) / Math.max(1, old);
    return [middle - half, middle + half];
  };
  return { x: scale(ranges.x, before.width, width), y: scale(ranges.y, before.height, height) };
}

// The part of ranges that is not under panels.
export function rangesInSight({ x, y }, width, height, { left, right, top }) {
  const [perX, perY] = [(x[1] - x[0]) / width, (y[1] - y[0]) / height];
  return { x: [x[0] + left * perX, x[1] - right * perX], y: [y[0], y[1] - top * perY] };
}

// The smallest ranges with equal scales on both axes that have `sight`, which may come from a window of another shape,
// in the middle of what is not under panels.
export function rangesAround(sight, width, height, { left, right, top }) {
  const [free, high] = [Math.max(50, width - left - right), Math.max(50, height - top)];
  const unitsPerPx = Math.max((sight.x[1] - sight.x[0]) / free, (sight.y[1] - sight.y[0]) / high);
  const x0 = (sight.x[0] + sight.x[1]) / 2 - unitsPerPx * (left + free / 2);
  const y0 = (sight.y[0] + sight.y[1]) / 2 - (unitsPerPx * high) / 2;
  return { x: [x0, x0 + unitsPerPx * width], y: [y0, y0 + unitsPerPx * height] };
}

export function zoomedRanges(ranges, factor) {
  const scale = ([a, b]) => [(a + b) / 2 - (b - a) / 2 / factor, (a + b) / 2 + (b - a) / 2 / factor];
  return { x: scale(ranges.x), y: scale(ranges.y) };
}
