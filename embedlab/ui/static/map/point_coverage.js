// How much of a pixel a point covers: the fragment shader of `shaders.js` as functions. Positions are in units of the
// radius from the center, y up.

const RIM = 0.45;
export const RIM_FROM = 0.62;

// 1 at the outline of the shape, less inside; the shapes are circle, square, diamond, cross, x and open circle.
function outline(shape, u, v) {
  if (shape === 0) return Math.sqrt(u * u + v * v);
  const x = Math.abs(shape === 4 ? (u - v) * Math.SQRT1_2 : u);
  const y = Math.abs(shape === 4 ? (u + v) * Math.SQRT1_2 : v);
  if (shape === 1) return Math.max(x, y) / 0.85;
  if (shape === 2) return x + y;
  if (shape === 5) return Math.abs(Math.sqrt(x * x + y * y) - 0.8) / 0.2;
  return Math.max(x, y, 3 * Math.min(x, y));
}

// The covered share of a pixel, from 0 to 1. radius: in pixels.
export function insideOf(shape, u, v, radius) {
  return Math.min(1, Math.max(0, (1 - outline(shape, u, v)) * radius + 0.5));
}

// The share of the background's color, which separates points that overlap.
export function rimOf(shape, u, v) {
  const share = Math.min(1, Math.max(0, (outline(shape, u, v) - RIM_FROM) / (1 - RIM_FROM)));
  return RIM * share * share * (3 - 2 * share);
}
