import { countOf } from "./masks.js";

// Emphasis: the selected points, and the categories chosen in the legend. All others are drawn faint.

export class Emphasis {
  constructor() {
    // One byte per point, or null without a selection.
    this.selected = null;
    this.nSelected = 0;
    this.categories = new Set();
    // One byte per point while a replay shows only some points, otherwise null.
    this.only = null;
  }

  get isActive() {
    return this.selected !== null || this.categories.size > 0 || this.only !== null;
  }

  // Emphasize the points of a mask, or all if it is empty.
  show(mask) {
    this.nSelected = countOf(mask);
    this.selected = this.nSelected ? mask : null;
  }

  toggleCategory(code) {
    if (!this.categories.delete(code)) this.categories.add(code);
  }

  // Whether a point is replayed, if a replay is shown, and belongs to the chosen categories; others cannot be picked.
  isShown(row, groups) {
    if (this.only && !this.only[row]) return false;
    return !this.categories.size || this.categories.has(groups.codes ? groups.codes[row] : 0);
  }

  // The groups of `groupsOf`, with as many again for the faint points.
  apply(groups, nPoints) {
    const n = groups.colors.length;
    if (!this.isActive) return { ...groups, faintFrom: n };
    const codes = new Uint8Array(nPoints);
    for (let row = 0; row < nPoints; row += 1) {
      const code = groups.codes ? groups.codes[row] : 0;
      const isFaint = !this.isShown(row, groups) || (this.selected !== null && !this.selected[row]);
      codes[row] = isFaint ? n + code : code;
    }
    return { codes, colors: [...groups.colors, ...groups.colors], nColored: groups.nColored, faintFrom: n };
  }
}
