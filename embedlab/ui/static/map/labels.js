// Where names of groups are written. `label_order.js` orders the names of points, `label_plan.js` decides which are shown.

export { kindOrder, labelOrder } from "./label_order.js";
export { LabelPlan, LAYERS } from "./label_plan.js";

const SIDE = 32;

// Where to write the name of each group: the place that it dominates most, as [x, y]; null for a group without points.
export function groupPlaces(points, codes, nGroups) {
  const n = points.length / 2;
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < n; i += 1) {
    x0 = Math.min(x0, points[2 * i]);
    x1 = Math.max(x1, points[2 * i]);
    y0 = Math.min(y0, points[2 * i + 1]);
    y1 = Math.max(y1, points[2 * i + 1]);
  }
  const per = (SIDE - 1e-6) / (Math.max(x1 - x0, y1 - y0) || 1);
  const cell = (i) => Math.floor((points[2 * i + 1] - y0) * per) * SIDE + Math.floor((points[2 * i] - x0) * per);
  const all = new Float32Array(SIDE * SIDE);
  const own = Array.from({ length: nGroups }, () => new Float32Array(SIDE * SIDE));
  for (let i = 0; i < n; i += 1) {
    all[cell(i)] += 1;
    if (codes[i] < nGroups) own[codes[i]][cell(i)] += 1;
  }
  const smoothAll = smoothed(all);
  const peaks = own.map((counts) => {
    const smooth = smoothed(counts);
    let best = -1;
    let most = 0;
    for (let c = 0; c < smooth.length; c += 1) {
      const score = smooth[c] > 0 ? smooth[c] ** 2 / smoothAll[c] : 0;
      if (score > most) [best, most] = [c, score];
    }
    return best;
  });
  const sums = peaks.map(() => [0, 0, 0]);
  for (let i = 0; i < n; i += 1) {
    const g = codes[i];
    if (!(g < nGroups)) continue;
    const c = cell(i);
    const dx = Math.abs((c % SIDE) - (peaks[g] % SIDE));
    const dy = Math.abs(Math.floor(c / SIDE) - Math.floor(peaks[g] / SIDE));
    if (dx > 2 || dy > 2) continue;
    sums[g][0] += points[2 * i];
    sums[g][1] += points[2 * i + 1];
    sums[g][2] += 1;
  }
  return sums.map(([x, y, count]) => (count ? [x / count, y / count] : null));
}

// Where to write the name of each group of a 3-D map: the point of the group nearest to its center, as [x, y, z], so that
// the name is among its points; null for a group without points.
export function groupCenters(points, codes, nGroups) {
  const sums = Array.from({ length: nGroups }, () => [0, 0, 0, 0]);
  const n = points.length / 3;
  for (let i = 0; i < n; i += 1) {
    const sum = sums[codes[i]];
    if (!sum) continue;
    for (let d = 0; d < 3; d += 1) sum[d] += points[3 * i + d];
    sum[3] += 1;
  }
  const best = sums.map(() => [-1, Infinity]);
  for (let i = 0; i < n; i += 1) {
    const sum = sums[codes[i]];
    if (!sum) continue;
    let distance = 0;
    for (let d = 0; d < 3; d += 1) distance += (points[3 * i + d] - sum[d] / sum[3]) ** 2;
    if (distance < best[codes[i]][1]) best[codes[i]] = [i, distance];
  }
  return best.map(([i]) => (i < 0 ? null : Array.from(points.slice(3 * i, 3 * i + 3))));
}

function smoothed(counts) {
  const out = new Float32Array(counts.length);
  for (let row = 0; row < SIDE; row += 1) {
    for (let column = 0; column < SIDE; column += 1) {
      for (let dy = -2; dy <= 2; dy += 1) {
        for (let dx = -2; dx <= 2; dx += 1) {
          const [r, c] = [row + dy, column + dx];
          if (r < 0 || c < 0 || r >= SIDE || c >= SIDE) continue;
          out[row * SIDE + column] += counts[r * SIDE + c] / (1 + dx * dx + dy * dy);
        }
      }
    }
  }
  return out;
}
