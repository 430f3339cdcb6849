// Sets of points as masks: one byte per point, or null for the empty set. Areas are computed here as in the Python module
// `exploration/selections/areas.py`, so that a lasso shows at once.

// Corners of a lasso that are sent; see `MOST_CORNERS` there.
export const MOST_CORNERS = 160;

// Edges are sorted into this many strips, so that each point looks only at the edges at its height.
const STRIPS = 256;

// `how` is replace, add, remove or intersect.
export function combined(mask, other, how, n) {
  if (how === "replace" || !mask) return how === "replace" || how === "add" ? other : null;
  if (!other) return how === "intersect" ? null : mask;
  const out = new Uint8Array(n);
  for (let i = 0; i < n; i += 1) {
    if (how === "add") out[i] = mask[i] | other[i];
    else out[i] = how === "remove" ? mask[i] & (1 - other[i]) : mask[i] & other[i];
  }
  return out;
}

export function inverted(mask, n) {
  const out = new Uint8Array(n).fill(1);
  if (mask) for (let i = 0; i < n; i += 1) out[i] = 1 - mask[i];
  return out;
}

export function toggled(mask, row, n) {
  const out = mask ? mask.slice() : new Uint8Array(n);
  out[row] = 1 - out[row];
  return out;
}

export function countOf(mask) {
  let count = 0;
  if (mask) for (let i = 0; i < mask.length; i += 1) count += mask[i];
  return count;
}

export function maskOf(rows, n) {
  const out = new Uint8Array(n);
  for (const row of rows) if (row >= 0 && row < n) out[row] = 1;
  return out;
}

// Bit `row % 8` of byte `row / 8`; see `Selection.bits` in Python.
export function fromBits(bytes, n) {
  const out = new Uint8Array(n);
  for (let i = 0; i < n; i += 1) out[i] = (bytes[i >> 3] >> (i & 7)) & 1;
  return out;
}

export function toBits(mask) {
  const out = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i += 1) if (mask[i]) out[i >> 3] |= 1 << (i & 7);
  return out;
}

// Rows as ranges, "0-3.7".
export function rowsOf(text) {
  return text.split(".").flatMap((part) => {
    const [start, end] = part.split("-").map(Number);
    return Array.from({ length: (end ?? start) - start + 1 }, (_, at) => start + at);
  });
}

// Mask of the points in an area: {box: [x0, y0, x1, y1]} or {lasso: [x, y, x, y, ...]}, in 3-D with `matrix`.
export function inArea(area, points, nComponents) {
  const n = points.length / nComponents;
  const out = new Uint8Array(n);
  const isInside = area.box ? boxTest(area.box) : lassoTest(area.lasso);
  const m = area.matrix;
  for (let row = 0, o = 0; row < n; row += 1, o += nComponents) {
    let x = points[o];
    let y = points[o + 1];
    if (m) {
      const z = points[o + 2];
      const w = m[3] * x + m[7] * y + m[11] * z + m[15];
      if (!(w > 0)) continue;
      [x, y] = [(m[0] * x + m[4] * y + m[8] * z + m[12]) / w, (m[1] * x + m[5] * y + m[9] * z + m[13]) / w];
    }
    if (isInside(x, y)) out[row] = 1;
  }
  return out;
}

function boxTest([x0, y0, x1, y1]) {
  const [left, right, low, high] = [Math.min(x0, x1), Math.max(x0, x1), Math.min(y0, y1), Math.max(y0, y1)];
  return (x, y) => x >= left && x <= right && y >= low && y <= high;
}

// The crossing number of a horizontal ray: inside is what an odd number of edges separates from outside.
function lassoTest(corners) {
  const xs = corners.filter((_, at) => at % 2 === 0);
  const ys = corners.filter((_, at) => at % 2 === 1);
  const inBounds = boxTest([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]);
  const low = Math.min(...ys);
  const perY = STRIPS / (Math.max(...ys) - low || 1);
  const strip = (y) => Math.min(STRIPS - 1, Math.max(0, Math.floor((y - low) * perY)));
  const edges = Array.from({ length: STRIPS }, () => []);
  xs.forEach((ax, at) => {
    const next = (at + 1) % xs.length;
    const edge = [ax, ys[at], xs[next], ys[next]];
    for (let k = strip(Math.min(edge[1], edge[3])); k <= strip(Math.max(edge[1], edge[3])); k += 1) edges[k].push(edge);
  });
  return (x, y) => {
    if (!inBounds(x, y)) return false;
    let isOdd = false;
    for (const [ax, ay, bx, by] of edges[strip(y)]) {
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isOdd = !isOdd;
    }
    return isOdd;
  };
}

// A path of pixels with at most `most` corners, close to the drawn one: the corner that changes it least goes first
// (Visvalingam and Whyatt 1993), in passes.
export function simplified(path, most = MOST_CORNERS) {
  let corners = path;
  while (corners.length > most) {
    const costs = corners.map((b, at) => {
      const a = corners[(at + corners.length - 1) % corners.length];
      const c = corners[(at + 1) % corners.length];
      return [Math.abs((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y)), at];
    });
    costs.sort((p, q) => p[0] - q[0] || p[1] - q[1]);
    const excess = corners.length - most;
    const removed = new Set();
    for (const [, at] of costs) {
      if (removed.size >= Math.min(excess, Math.ceil(corners.length / 4))) break;
      // Neighbors in the same pass: their costs have changed.
      if (!removed.has(at - 1) && !removed.has(at + 1)) removed.add(at);
    }
    corners = corners.filter((_, at) => !removed.has(at));
  }
  return corners;
}
