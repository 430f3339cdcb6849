// Which names are shown: dynamic map labeling (Been, Daiches and Yap 2006). Each label has one interval of zoom in which
// it is shown, computed once: it appears while zooming in and then stays, so labels neither flicker nor depend on panning.

import { homeRanges } from "./geometry.js";

export { labelOrder } from "./label_order.js";

const LEVELS_PER_OCTAVE = 3;
const MOST_LEVELS = 36;
// The first level is this many times smaller than the whole map in the window.
const FURTHER_OUT = 2;
// Names of groups are shown until the map is enlarged this many times.
const GROUPS_UNTIL = 3;
// Free space around each label, so that they do not form a wall of text.
const PAD_X = 16;
const PAD_Y = 9;
const GAP_PX = 6;
const CELL_X = 96;
const CELL_Y = 32;
const ROWS = 1048576;
const SIDE = 32;
// Names of groups that would overlap are moved up or down by this.
const SHIFTS = [0, 20, -20, 40, -40];

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

export class LabelPlan {
  // points: 2-D; order: indices by importance; sizeOf(index) -> [width, height] in pixels; groups: [{at, width, height}]
  constructor(points, width, height, order, sizeOf, groups) {
    const { x } = homeRanges(points, width, height);
    Object.assign(this, { points, sizeOf, groups });
    this.home = width / (x[1] - x[0]);
    this.base = this.home / FURTHER_OUT;
    this.waiting = order;
    this.labels = [];
    this.endOfLevel = [];
    this.groupLevel = groups.map(() => Infinity);
    this.groupShift = groups.map(() => 0);
  }

  levelOf(scale) {
    const level = Math.floor(LEVELS_PER_OCTAVE * Math.log2(scale / this.base) + 1e-6);
    return Math.max(0, Math.min(MOST_LEVELS - 1, level));
  }

  // Indices of the labels shown at a scale (pixels per unit), whether in view or not, the most important first.
  at(scale) {
    this.prepare(scale, Infinity);
    return this.shown(scale);
  }

  // Compute the labels of a scale for about `mostMs`; return whether they are complete.
  prepare(scale, mostMs) {
    const level = this.levelOf(scale);
    const end = performance.now() + mostMs;
    while (this.endOfLevel.length <= level && performance.now() < end) this.place(this.endOfLevel.length);
    return this.endOfLevel.length > level;
  }

  // The labels of a scale as far as they are computed.
  shown(scale) {
    const level = Math.min(this.levelOf(scale), this.endOfLevel.length - 1);
    return level < 0 ? [] : this.labels.slice(0, this.endOfLevel[level]);
  }

  // Numbers of the group names shown at a scale.
  groupsAt(scale) {
    const level = this.levelOf(scale);
    if (scale > GROUPS_UNTIL * this.home) return [];
    return this.groups.map((_, at) => at).filter((at) => this.groupLevel[at] <= level);
  }

  // Add the labels that are free at a level; those of coarser levels stay, since boxes only move apart.
  place(level) {
    const scale = this.base * 2 ** (level / LEVELS_PER_OCTAVE);
    const boxes = new Boxes();
    if (scale <= GROUPS_UNTIL * this.home) {
      this.groups.forEach((group, at) => {
        const box = (shift) =>
          [group.at[0] * scale - group.width / 2, -group.at[1] * scale - group.height / 2 + shift, group.width, group.height];
        if (this.groupLevel[at] > level) {
          const shift = SHIFTS.find((each) => boxes.isFree(...box(each)));
          if (shift === undefined) return;
          [this.groupLevel[at], this.groupShift[at]] = [level, shift];
        }
        boxes.add(...box(this.groupShift[at]));
      });
    }
    for (const index of this.labels) boxes.add(...this.box(index, scale));
    const still = [];
    for (const index of this.waiting) {
      const box = this.box(index, scale);
      if (boxes.isFree(...box)) {
        boxes.add(...box);
        this.labels.push(index);
      } else still.push(index);
    }
    this.waiting = still;
    this.endOfLevel.push(this.labels.length);
  }

  box(index, scale) {
    const [width, height] = this.sizeOf(index);
    return [
      this.points[2 * index] * scale + GAP_PX - PAD_X / 2,
      -this.points[2 * index + 1] * scale - height / 2 - PAD_Y / 2,
      width + PAD_X,
      height + PAD_Y,
    ];
  }
}

// Rectangles in a hash grid.
class Boxes {
  constructor() {
    this.cells = new Map();
  }

  isFree(x, y, width, height) {
    const [right, bottom] = [Math.floor((x + width) / CELL_X), Math.floor((y + height) / CELL_Y)];
    for (let column = Math.floor(x / CELL_X); column <= right; column += 1) {
      for (let row = Math.floor(y / CELL_Y); row <= bottom; row += 1) {
        const cell = this.cells.get(column * ROWS + row);
        if (cell && !isFreeIn(cell, x, y, width, height)) return false;
      }
    }
    return true;
  }

  add(x, y, width, height) {
    const [right, bottom] = [Math.floor((x + width) / CELL_X), Math.floor((y + height) / CELL_Y)];
    for (let column = Math.floor(x / CELL_X); column <= right; column += 1) {
      for (let row = Math.floor(y / CELL_Y); row <= bottom; row += 1) {
        const cell = this.cells.get(column * ROWS + row);
        if (cell) cell.push(x, y, width, height);
        else this.cells.set(column * ROWS + row, [x, y, width, height]);
      }
    }
  }
}

function isFreeIn(cell, x, y, width, height) {
  for (let i = 0; i < cell.length; i += 4) {
    if (x < cell[i] + cell[i + 2] && cell[i] < x + width && y < cell[i + 1] + cell[i + 3] && cell[i + 1] < y + height) {
      return false;
    }
  }
  return true;
}
