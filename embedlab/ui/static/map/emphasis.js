import { codeArray } from "./colors.js";
import { countOf } from "./masks.js";
import { distinctFrom } from "./palettes.js";

// Emphasis: the selected points, and the categories chosen in the legend. All others are drawn faint.

export class Emphasis {
  constructor() {
    // One byte per point, or null without a selection.
    this.selected = null;
    this.nSelected = 0;
    // Codes of a column of categories, and one byte per point for those that they include; null for all.
    this.categories = new Set();
    this.inChosen = null;
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

  // Show only this category, or add it to the others; choosing the only one again shows all.
  chooseCategory(code, isAdded) {
    const had = this.categories.has(code);
    if (isAdded) {
      if (!this.categories.delete(code)) this.categories.add(code);
    } else {
      const wasOnly = had && this.categories.size === 1;
      this.categories.clear();
      if (!wasOnly) this.categories.add(code);
    }
  }

  // Compute which points the chosen categories of a column include: by any of their values, not only the first.
  filter(column) {
    this.inChosen = null;
    if (!this.categories.size || !["categories", "grid"].includes(column?.legend.kind)) return;
    this.inChosen = new Uint8Array(column.values.length);
    column.values.forEach((code, row) => {
      if (this.categories.has(code)) this.inChosen[row] = 1;
    });
    const { rows, codes } = column.further ?? { rows: [], codes: [] };
    rows.forEach((row, at) => {
      if (this.categories.has(codes[at])) this.inChosen[row] = 1;
    });
  }

  // Whether the name of a category is on the map; null stands for names that do not depend on the colors.
  hasName(code) {
    return code === null || !this.categories.size || this.categories.has(code);
  }

  // Whether a point is replayed, if a replay is shown, and belongs to the chosen categories; others cannot be picked.
  isShown(row) {
    if (this.only && !this.only[row]) return false;
    return !this.inChosen || this.inChosen[row] === 1;
  }

  // The groups with the chosen categories in colors of their own: a point of several categories has that of the chosen
  // one, and a chosen category without a color gets one, which `extra` lists.
  recolored(groups, column, theme) {
    if (!this.inChosen || column.legend.kind !== "categories") return groups;
    const n = groups.nColored;
    const extra = [...this.categories].filter((code) => code >= groups.nColored && code < column.legend.categories.length);
    const own = groups.colors.slice(0, n);
    const colors = [...own, ...distinctFrom(own, extra.length, theme), ...groups.colors.slice(n)];
    const colorOf = (code) => (code < n ? code : n + extra.indexOf(code));
    const codes = codeArray(colors.length, column.values.length);
    groups.codes.forEach((code, row) => (codes[row] = code < n ? code : code + extra.length));
    const paint = (row, code) => {
      if (code < groups.nColored || extra.includes(code)) codes[row] = colorOf(code);
    };
    const { rows, codes: further } = column.further ?? { rows: [], codes: [] };
    rows.forEach((row, at) => {
      if (this.categories.has(further[at])) paint(row, further[at]);
    });
    column.values.forEach((code, row) => {
      if (this.categories.has(code)) paint(row, code);
    });
    return { ...groups, codes, colors, nColored: n + extra.length, extra };
  }

  // The groups of `groupsOf`, with as many again for the faint points.
  apply(groups, nPoints) {
    const n = groups.colors.length;
    if (!this.isActive) return { ...groups, faintFrom: n };
    const codes = codeArray(n, nPoints);
    for (let row = 0; row < nPoints; row += 1) {
      const code = groups.codes ? groups.codes[row] : 0;
      const isFaint = !this.isShown(row) || (this.selected !== null && !this.selected[row]);
      codes[row] = isFaint ? n + code : code;
    }
    return { ...groups, codes, colors: [...groups.colors, ...groups.colors], faintFrom: n };
  }
}
