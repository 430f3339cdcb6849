// Pure functions of a replay: places between two frames, the text of a moment, keys, trails.

import { indexAt, shortNumber } from "../film/curve.js";
import { between, eased } from "../film/motion.js";

const MOST_TRAILS = 8;

// The map's points with those of the film where they are at the moment `at`, between two frames.
export function placedAt(base, { rows, frames }, at) {
  const low = Math.floor(at);
  const share = at - low;
  const from = frames[low].points;
  const points = share ? between(from, frames[low + 1].points, eased(share), new Float32Array(from.length)) : from;
  const placed = base.slice();
  rows.forEach((row, point) => {
    placed[2 * row] = points[2 * point];
    placed[2 * row + 1] = points[2 * point + 1];
  });
  return placed;
}

export function epochText(epochs, frame) {
  if (frame === epochs.length - 1) return `Finished, ${epochs[frame]} ${epochs[frame] === 1 ? "epoch" : "epochs"}`;
  return epochs[frame] ? `After epoch ${epochs[frame]}` : "Before training";
}

// The metrics after an epoch but that of the curve, as texts; those without a value until then have not begun.
export function metricTexts({ curves, measure }, epoch) {
  return curves.filter(({ name, values }) => values.length && values[0][0] <= epoch && name !== measure)
    .map(({ name, values }) => `${name} ${shortNumber.format(values[indexAt(values, epoch)][1])}`);
}

// The frame that a key goes to; null if it is no key of the player.
export function stepped(key, frame, last) {
  const steps = { ArrowLeft: frame - 1, ArrowRight: frame + 1, Home: 0, End: last };
  return key in steps ? Math.min(last, Math.max(0, steps[key])) : null;
}

// The moment as text for a screen reader.
export function momentText({ epoch, metrics, key, now, before }) {
  const parts = [[epoch, ...metrics].join(", ")];
  if (key) {
    parts.push(`${key}: nearest ${now.join(", ")}`);
    const came = before.length ? now.filter((name) => !before.includes(name)) : [];
    const went = before.filter((name) => !now.includes(name));
    if (came.length) parts.push(`came: ${came.join(", ")}`);
    if (went.length) parts.push(`went: ${went.join(", ")}`);
  }
  return `${parts.join(". ")}.`;
}

// Rows with a trail: the pick, then the selected points, without those that the film does not show.
export function trailRows(picked, selected, pointOf) {
  const rows = picked !== null && pointOf.has(picked) ? [picked] : [];
  if (!selected) return rows;
  for (let row = 0; row < selected.length && rows.length < MOST_TRAILS; row += 1) {
    if (selected[row] && row !== picked && pointOf.has(row)) rows.push(row);
  }
  return rows;
}
