// The points of a picture, as pure functions: which are in view, where, and how they look.

// Points in view in the order of drawing: {x, y, radius: Float32Array, group: Uint16Array, shape:
// Uint8Array or null for circles, n}. Without a group of their own
// they are under all others; in 3-D the far ones are under the near ones.
export function pointsInPicture(view, points, nComponents, groups, sizes, base, shapes = null) {
  const { matrix: m, width, height } = view;
  const n = points.length / nComponents;
  const [x, y, depth, rows] = [new Float32Array(n), new Float32Array(n), new Float32Array(n), []];
  for (let i = 0, o = 0; i < n; i += 1, o += nComponents) {
    const [px, py, pz] = [points[o], points[o + 1], nComponents === 3 ? points[o + 2] : 0];
    const w = m[3] * px + m[7] * py + m[11] * pz + m[15];
    if (!(w > 0)) continue;
    x[i] = (((m[0] * px + m[4] * py + m[8] * pz + m[12]) / w + 1) / 2) * width;
    y[i] = ((1 - (m[1] * px + m[5] * py + m[9] * pz + m[13]) / w) / 2) * height;
    depth[i] = (m[2] * px + m[6] * py + m[10] * pz + m[14]) / w;
    const r = (base * (sizes ? sizes[i] : 1)) / 2;
    if (x[i] > -r && x[i] < width + r && y[i] > -r && y[i] < height + r) rows.push(i);
  }
  const codeOf = (i) => (groups.codes ? groups.codes[i] : 0);
  const isGray = (code) => (code % groups.faintFrom >= groups.nColored ? 0 : 1);
  if (nComponents === 3) rows.sort((a, b) => depth[b] - depth[a]);
  else rows.sort((a, b) => isGray(codeOf(a)) - isGray(codeOf(b)) || codeOf(a) - codeOf(b) || a - b);
  return {
    n: rows.length,
    x: Float32Array.from(rows, (i) => x[i]),
    y: Float32Array.from(rows, (i) => y[i]),
    radius: Float32Array.from(rows, (i) => (base * (sizes ? sizes[i] : 1)) / 2),
    group: Uint16Array.from(rows, codeOf),
    shape: shapes && Uint8Array.from(rows, (i) => shapes[i]),
  };
}
