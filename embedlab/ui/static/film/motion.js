// Interpolation between two frames, and between two frames with different rotations.

export function between(from, to, share, out) {
  for (let i = 0; i < out.length; i += 1) out[i] = from[i] + (to[i] - from[i]) * share;
  return out;
}

export function eased(share) {
  return share * share * (3 - 2 * share);
}

// The angle that rotates `from` closest to `to`, both as x, y, x, y, ...
export function angleBetween(from, to) {
  const n = from.length / 2;
  const middle = [0, 0, 0, 0];
  for (let i = 0; i < from.length; i += 2) {
    middle[0] += from[i] / n;
    middle[1] += from[i + 1] / n;
    middle[2] += to[i] / n;
    middle[3] += to[i + 1] / n;
  }
  let along = 0;
  let across = 0;
  for (let i = 0; i < from.length; i += 2) {
    const [x, y] = [from[i] - middle[0], from[i + 1] - middle[1]];
    const [u, v] = [to[i] - middle[2], to[i + 1] - middle[3]];
    along += x * u + y * v;
    across += x * v - y * u;
  }
  return Math.atan2(across, along);
}

function rotated(points, angle, out) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i], points[i + 1]];
    out[i] = cos * x - sin * y;
    out[i + 1] = sin * x + cos * y;
  }
  return out;
}

// Interpolate between frames that may be rotated: the points rotate instead of collapsing to the center.
export function turning(from, to, share, out) {
  const angle = angleBetween(from, to);
  const back = rotated(to, -angle, new Float32Array(to.length));
  return rotated(between(from, back, share, out), angle * share, new Float32Array(out.length));
}

export function boundsOf(points) {
  const box = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 2) {
    box[0] = Math.min(box[0], points[i]);
    box[1] = Math.max(box[1], points[i]);
    box[2] = Math.min(box[2], points[i + 1]);
    box[3] = Math.max(box[3], points[i + 1]);
  }
  return box;
}

export function union(a, b) {
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.max(a[3], b[3])];
}
