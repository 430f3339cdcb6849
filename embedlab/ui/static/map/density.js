// Size and opacity of the points by how many are in view, so that a map stays readable from overview to detail.

const MOST_COUNTED = 20000;
const LARGEST_PX = 9;
const SMALLEST_PX = 3.2;
// Share of the view that the points would cover if they did not overlap: for their size, and for full opacity.
const SIZE_FILL = 0.2;
const OPACITY_FILL = 0.16;
const MOST_OPAQUE = 0.92;
const LEAST_OPAQUE = 0.4;
// Restyling redraws all points of most renderers, so small changes are not applied.
const STEP = 1.25;
// For a renderer that blends any number of points and restyles in every frame: a million in view are a texture, not a blob.
const LIVE = { opacityFill: 0.3, leastOpaque: 0.1, step: 1.02, smallestPx: (n) => clamp(3.2 * (20000 / n) ** 0.16, 1.7, 3.2) };
// Opacity of points outside of the selection or the chosen categories, and of the gray of points without a color of their own.
const FAINT = 0.1;
// On a dense map all points are nearly transparent, and faint ones must be more so.
const FAINT_SHARE = 0.2;
const GRAY = 0.55;

// Estimated number of points in view, from a sample of at most 20,000.
export function pointsInView(view, points, nComponents) {
  const { matrix: m } = view;
  const n = points.length / nComponents;
  const step = Math.max(1, Math.floor(n / MOST_COUNTED));
  let inside = 0;
  for (let i = 0; i < n; i += step) {
    const x = points[i * nComponents];
    const y = points[i * nComponents + 1];
    const z = nComponents === 3 ? points[i * nComponents + 2] : 0;
    const w = m[3] * x + m[7] * y + m[11] * z + m[15];
    if (!(w > 0)) continue;
    const cx = (m[0] * x + m[4] * y + m[8] * z + m[12]) / w;
    const cy = (m[1] * x + m[5] * y + m[9] * z + m[13]) / w;
    if (cx >= -1 && cx <= 1 && cy >= -1 && cy <= 1) inside += 1;
  }
  return inside * step;
}

// Diameter in pixels and opacity for a number of points in view; `isLive` if the renderer restyles in every frame.
export function pointStyle(nInView, width, height, isLive = false) {
  const area = width * height;
  const n = Math.max(1, nInView);
  const size = clamp(Math.sqrt((SIZE_FILL * area) / n), isLive ? LIVE.smallestPx(n) : SMALLEST_PX, LARGEST_PX);
  const covered = (n * size * size) / area;
  const [fill, least] = isLive ? [LIVE.opacityFill, LIVE.leastOpaque] : [OPACITY_FILL, LEAST_OPAQUE];
  return { size, opacity: clamp(fill / covered, least, MOST_OPAQUE) };
}

// Opacity of faint points for a renderer in which they do not add up where they overlap.
const FLAT_FAINT = 0.13;

// The gray of points without a color of their own recedes; points outside the emphasis are faint.
export function groupOpacity(group, { nColored, faintFrom }, opacity, addsUp = true) {
  if (group >= faintFrom) return addsUp ? Math.min(FAINT, FAINT_SHARE * opacity) : FLAT_FAINT;
  return opacity * (group < nColored ? 1 : GRAY);
}

export function differs(a, b, isLive = false) {
  const ratio = (p, q) => Math.max(p / q, q / p);
  const step = isLive ? LIVE.step : STEP;
  return !a || ratio(a.size, b.size) > step || ratio(a.opacity, b.opacity) > step;
}

function clamp(value, least, most) {
  return Math.min(most, Math.max(least, value));
}
