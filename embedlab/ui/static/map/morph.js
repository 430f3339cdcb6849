// A short transition from one map of the same points to another, so that the eye can follow them.

import { bounds } from "./geometry.js";

const DURATION_MS = 700;
// Fifteen frames a second without a graphics card.
const MOST_POINTS = 100_000;

// Whether points may move to the `length` coordinates of another 2-D map.
export function canMorph(from, length) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  return Boolean(from) && !calm && from.length === length && length / 2 <= MOST_POINTS;
}

// The points of the old map, scaled into the bounds of the new one. Both are 2-D.
export function fitted(from, to) {
  const [fx, fy] = bounds(from, 2);
  const [tx, ty] = bounds(to, 2);
  const span = ([least, most]) => most - least || 1;
  const scale = Math.min(span(tx) / span(fx), span(ty) / span(fy));
  const out = new Float32Array(from.length);
  for (let i = 0; i < from.length; i += 2) {
    out[i] = (from[i] - (fx[0] + fx[1]) / 2) * scale + (tx[0] + tx[1]) / 2;
    out[i + 1] = (from[i + 1] - (fy[0] + fy[1]) / 2) * scale + (ty[0] + ty[1]) / 2;
  }
  return out;
}

// Move the drawn points from `from` to `to`; stop early if `isOver()`.
export async function morph(renderer, from, to, isOver) {
  const start = performance.now();
  const frame = new Float32Array(to.length);
  for (;;) {
    const t = Math.min(1, (performance.now() - start) / DURATION_MS);
    if (t >= 1 || isOver()) break;
    const eased = t * t * (3 - 2 * t);
    for (let i = 0; i < to.length; i += 1) frame[i] = from[i] + (to[i] - from[i]) * eased;
    await renderer.setPositions(frame);
    await new Promise(requestAnimationFrame);
  }
  if (!isOver()) await renderer.setPositions(to);
}
