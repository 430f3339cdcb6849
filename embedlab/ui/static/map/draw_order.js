// The order in which points are drawn: shuffled, so that the first of them are a fair sample, and in layers.

// Layers from bottom to top: faint points, the gray of points without a color of their own, all others, and of these the
// few with a rare shape: twenty genres would be hidden under ten thousand films.
export const FAINT_LAYER = 0;
export const GRAY_LAYER = 1;
export const COLORED_LAYER = 2;
export const RARE_LAYER = 3;
const N_LAYERS = 4;
// A shape is rare if at most this share of the points has it.
const SHARE_OF_RARE = 0.1;
// Rows that stay together, since their coordinates are together in memory: a sixth faster, and no less fair.
const BLOCK = 8;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

// A step that visits all of 0 to n - 1, if taken n times modulo n, and spreads every run of them evenly (a golden-ratio
// sequence): rows are sorted by frequency, so the sample must contain frequent and rare points alike.
export function strideOf(n) {
  let step = Math.max(1, Math.round(n * GOLDEN));
  while (commonDivisor(step, n) !== 1) step += 1;
  return step;
}

export function layerOf(code, { nColored, faintFrom }) {
  if (code >= faintFrom) return FAINT_LAYER;
  return code >= nColored ? GRAY_LAYER : COLORED_LAYER;
}

// The layer that all points are in; -1 if they are in several.
export function onlyLayer({ codes, ...groups }) {
  if (!codes) return layerOf(0, groups);
  const layers = Uint8Array.from(groups.colors, (_, code) => layerOf(code, groups));
  const first = layers[codes[0]];
  for (let i = 1; i < codes.length; i += 1) if (layers[codes[i]] !== first) return -1;
  return first ?? -1;
}

// {order: rows in drawing order, starts: where each layer starts, and the end of the last}; `shapes` as `shapesOf` gives.
export function drawOrder(n, groups, shapes = null) {
  const order = new Uint32Array(n);
  const starts = new Uint32Array(N_LAYERS + 1);
  const { codes } = groups;
  const layers = Uint8Array.from(groups.colors, (_, code) => layerOf(code, groups));
  const rare = rareShapes(shapes);
  const only = codes ? -1 : layerOf(0, groups);
  const layerAt = (row) => {
    const layer = only < 0 ? layers[codes[row]] : only;
    return rare && layer === COLORED_LAYER && rare[shapes[row]] ? RARE_LAYER : layer;
  };
  if (!codes && !rare) starts.fill(n, only + 1);
  else {
    for (let i = 0; i < n; i += 1) starts[layerAt(i) + 1] += 1;
    for (let layer = 0; layer < N_LAYERS; layer += 1) starts[layer + 1] += starts[layer];
  }
  const next = starts.slice(0, N_LAYERS);
  const nBlocks = Math.ceil(n / BLOCK);
  const step = strideOf(nBlocks);
  for (let k = 0, block = 0; k < nBlocks; k += 1) {
    const end = Math.min(n, (block + 1) * BLOCK);
    for (let row = block * BLOCK; row < end; row += 1) {
      const layer = layerAt(row);
      order[next[layer]] = row;
      next[layer] += 1;
    }
    block = (block + step) % nBlocks;
  }
  return { order, starts };
}

// Which shapes few of the points have; null if none is rare.
function rareShapes(shapes) {
  if (!shapes) return null;
  const counts = new Uint32Array(256);
  for (let i = 0; i < shapes.length; i += 1) counts[shapes[i]] += 1;
  const rare = Array.from(counts, (count) => count > 0 && count <= SHARE_OF_RARE * shapes.length);
  return rare.includes(true) ? rare : null;
}

// Ranges [layer, first, count] of the drawing order that together contain about `most` points, the same share of each layer.
export function sampleRanges(starts, most) {
  const n = starts[N_LAYERS];
  const share = Math.min(1, most / Math.max(1, n));
  return Array.from({ length: N_LAYERS }, (_, layer) => {
    const count = starts[layer + 1] - starts[layer];
    return [layer, starts[layer], Math.min(count, Math.ceil(count * share))];
  }).filter(([, , count]) => count > 0);
}

function commonDivisor(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}
