// Which names are shown at which zoom: dynamic map labeling (Been, Daiches and Yap 2006). Each label has one interval of
// scales in which it is shown, computed once, so that labels neither overlap nor flicker nor depend on panning. Names of
// groups come first: coarse ones far out, finer ones while zooming in. Names of points stay once they have appeared.

import { homeRanges } from "./geometry.js";

const LEVELS_PER_OCTAVE = 3;
const MOST_LEVELS = 36;
// The first level is this many times smaller than the whole map in the window.
const FURTHER_OUT = 2;
// Enlargements of the whole map from which and until which the names of each layer of groups are shown.
export const LAYERS = [[0, 3.2], [1.6, 8], [3.6, 24]];
// Free space around each label, so that they do not form a wall of text.
const PAD_X = 16;
const PAD_Y = 9;
const GAP_PX = 6;
const CELL_X = 96;
const CELL_Y = 32;
const ROWS = 1048576;
// Labels between two looks at the clock.
const PIECE = 256;
// Names of groups that would overlap are moved up or down by this.
const SHIFTS = [0, 20, -20, 40, -40];

// Scales, from and until, at which two boxes overlap; null if never. A box is [x, y, left, top, width, height]: its corner
// is at (x * scale + left, y * scale + top). As boxes move with their anchors, it is always one interval.
export function overlapInterval(a, b) {
  const horizontal = axisInterval(a[0] - b[0], a[2] - b[2], a[4], b[4]);
  // Most boxes never overlap on the first axis.
  const vertical = horizontal && axisInterval(a[1] - b[1], a[3] - b[3], a[5], b[5]);
  if (!vertical) return null;
  const [from, until] = [Math.max(horizontal[0], vertical[0]), Math.min(horizontal[1], vertical[1])];
  return from < until ? [from, until] : null;
}

const ALWAYS = [0, Infinity];

// The scales above 0 at which -sizeA < d * scale + o < sizeB.
function axisInterval(d, o, sizeA, sizeB) {
  if (d === 0) return -sizeA < o && o < sizeB ? ALWAYS : null;
  const p = (-sizeA - o) / d;
  const q = (sizeB - o) / d;
  const until = p > q ? p : q;
  return until <= 0 ? null : [Math.max(0, p < q ? p : q), until];
}

export class LabelPlan {
  // points: 2-D; order: indices by importance; sizeOf(index) -> [width, height] in pixels; groups: [{at, width, height,
  // layer, repeats}], the most important first; the layer is 0 (the coarsest) if missing; `repeats`: its name is a part of
  // the coarser group's.
  constructor(points, width, height, order, sizeOf, groups) {
    const { x } = homeRanges(points, width, height);
    Object.assign(this, { points, sizeOf, groups });
    this.home = width / (x[1] - x[0]);
    this.base = this.home / FURTHER_OUT;
    this.waiting = order;
    this.labels = [];
    this.endOfLevel = [];
    this.freeFrom = new Map();
    // The level that is being placed.
    this.started = null;
    this.placeGroups();
  }

  levelOf(scale) {
    const level = Math.floor(LEVELS_PER_OCTAVE * Math.log2(scale / this.base) + 1e-6);
    return Math.max(0, Math.min(MOST_LEVELS - 1, level));
  }

  scaleOf(level) {
    return this.base * 2 ** (level / LEVELS_PER_OCTAVE);
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
    while (this.endOfLevel.length <= level && performance.now() < end) this.place(this.endOfLevel.length, end);
    return this.endOfLevel.length > level;
  }

  // The labels of a scale as far as they are computed.
  shown(scale) {
    const level = Math.min(this.levelOf(scale), this.endOfLevel.length - 1);
    return level < 0 ? [] : this.labels.slice(0, this.endOfLevel[level]);
  }

  // Numbers of the group names shown at a scale.
  groupsAt(scale) {
    return this.groups.map((_, at) => at).filter((at) => this.groupFrom[at] <= scale && scale < this.groupUntil[at]);
  }

  // Give each group name the largest free interval at the end of its layer's.
  placeGroups() {
    this.groupFrom = this.groups.map(() => Infinity);
    this.groupUntil = this.groups.map(({ layer = 0 }) => (LAYERS[layer] ?? LAYERS.at(-1))[1] * this.home);
    this.groupShift = this.groups.map(() => 0);
    this.placed = [];
    this.groups.forEach((group, at) => {
      const layer = Math.min(group.layer ?? 0, LAYERS.length - 1);
      // A name that repeats the coarser one replaces it instead of being shown beside it.
      const first = (group.repeats && layer ? LAYERS[layer - 1][1] : LAYERS[layer][0]) * this.home;
      const until = this.groupUntil[at];
      let best = Infinity;
      for (const shift of SHIFTS) {
        const from = this.freeGroup(this.groupBox(group, shift), first, until);
        if (from < best) [best, this.groupShift[at]] = [from, shift];
      }
      // Names that would be shown only at the very end of their layer are left out.
      if (!(best < until / 2 ** (1 / LEVELS_PER_OCTAVE))) return;
      this.groupFrom[at] = best;
      this.placed.push({ box: this.groupBox(group, this.groupShift[at]), from: best, until });
    });
  }

  // The scale from which a box is free until a scale.
  freeGroup(box, first, until) {
    let from = first;
    for (const other of this.placed) {
      const overlap = overlapInterval(box, other.box);
      const isApart = !overlap || other.from >= until || overlap[0] >= Math.min(until, other.until);
      if (isApart || overlap[1] <= Math.max(from, other.from)) continue;
      from = Math.max(from, Math.min(overlap[1], other.until));
    }
    return from;
  }

  groupBox({ at, width, height }, shift) {
    return [at[0], -at[1], -width / 2, -height / 2 + shift, width, height];
  }

  // The scale from which the label of a point is free of group names, whenever they appear.
  pointFreeFrom(index) {
    let from = this.freeFrom.get(index);
    if (from !== undefined) return from;
    from = 0;
    const box = this.pointBox(index);
    for (const group of this.placed) {
      const overlap = overlapInterval(box, group.box);
      if (overlap && overlap[0] < group.until && overlap[1] > group.from) from = Math.max(from, Math.min(overlap[1], group.until));
    }
    this.freeFrom.set(index, from);
    return from;
  }

  pointBox(index) {
    const [width, height] = this.sizeOf(index);
    const { points } = this;
    return [points[2 * index], -points[2 * index + 1], GAP_PX - PAD_X / 2, -height / 2 - PAD_Y / 2, width + PAD_X, height + PAD_Y];
  }

  // Add the labels that are free at a level, until `end` at the latest; those of coarser levels stay, since boxes only move
  // apart.
  place(level, end) {
    const scale = this.scaleOf(level);
    const boxOf = (index) => {
      const [x, y, left, top, width, height] = this.pointBox(index);
      return [x * scale + left, y * scale + top, width, height];
    };
    if (!this.started) {
      this.started = { boxes: new Boxes(), still: [], next: 0 };
      for (const index of this.labels) this.started.boxes.add(...boxOf(index));
    }
    const { boxes, still } = this.started;
    for (let at = this.started.next; at < this.waiting.length; at += 1) {
      if (at % PIECE === PIECE - 1 && performance.now() > end) {
        this.started.next = at;
        return;
      }
      const index = this.waiting[at];
      const box = boxOf(index);
      if (boxes.isFree(...box) && this.pointFreeFrom(index) <= scale) {
        boxes.add(...box);
        this.labels.push(index);
      } else still.push(index);
    }
    this.started = null;
    this.waiting = still;
    this.endOfLevel.push(this.labels.length);
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
