// How many times a 3-D map is enlarged, compared with the whole map in the window.

const MOST_SAMPLED = 5000;
// Share of the points that count as the whole map, so that a few outliers do not make the rest small.
const NEARLY_ALL = 0.95;

// Distance from the middle of 3-D points within which nearly all are.
export function radiusOf(points) {
  const n = points.length / 3;
  const step = Math.max(1, Math.floor(n / MOST_SAMPLED));
  const sums = [0, 0, 0];
  const rows = [];
  for (let i = 0; i < n; i += step) {
    rows.push(i);
    for (let axis = 0; axis < 3; axis += 1) sums[axis] += points[3 * i + axis];
  }
  const middle = sums.map((sum) => sum / Math.max(1, rows.length));
  const distances = Float64Array.from(rows, (i) => Math.hypot(...middle.map((at, axis) => points[3 * i + axis] - at))).sort();
  return distances[Math.floor((distances.length - 1) * NEARLY_ALL)] || 1;
}

// camera: {eye, center}, in the units of the view's matrix.
export function enlargement({ matrix: m, width, height }, { eye, center }, radius) {
  const distance = Math.hypot(eye.x - (center?.x ?? 0), eye.y - (center?.y ?? 0), eye.z - (center?.z ?? 0)) || 1;
  const pixelsPerUnit = (Math.hypot(m[0], m[4], m[8]) * width) / 2 / distance;
  return (pixelsPerUnit * 2 * radius) / Math.min(width, height);
}
