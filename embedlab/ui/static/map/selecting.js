// The selection of the map. Changes made here show at once, and are sent to Python as geometry or numbers; Python answers
// with the id of the result. What cannot be computed here (undo, a selection by text) comes as rows, or as bits by its id.

import { fetchBits } from "./data.js";
import { combined, countOf, fromBits, inArea, inverted, maskOf, rowsOf, simplified, toBits, toggled } from "./masks.js";

// Selections that are kept, so that undo needs no request.
const MOST_KNOWN = 16;
const DIGITS = 7;

export class Selecting {
  constructor(map) {
    this.map = map;
    this.known = new Map();
    this.reset(null);
  }

  reset(source) {
    this.source = source;
    this.number = 0;
    this.pending = [];
    // The newest change of which the result is shown already.
    this.exact = 0;
    this.shown = null;
    this.how = "replace";
    this.known.clear();
  }

  get mask() {
    return this.map.emphasis.selected;
  }

  get n() {
    return this.map.data.n_points;
  }

  // Shift adds, Alt removes, both keep only the points in both; `isChosen` if Shift only chose the tool.
  howOf(event, isChosen = false) {
    const shift = event.shiftKey && !isChosen;
    if (shift && event.altKey) return "intersect";
    if (event.altKey) return "remove";
    return shift ? "add" : this.how;
  }

  // Apply a change: `mask` is its result if it is known here, undefined otherwise.
  change(change, mask) {
    const { map } = this;
    if (!map.ready) return;
    this.number += 1;
    this.shown = null;
    if (mask !== undefined) {
      this.exact = this.number;
      this.show(mask);
    }
    this.pending.push({ ...change, n: this.number });
    // All that have no answer yet: Streamlit keeps only the last message between two runs.
    map.send("selection", { source: this.source, changes: this.pending });
  }

  area(area, how = this.how) {
    const found = inArea(area, this.map.points, this.map.data.n_components);
    this.change({ do: "area", how, ...area }, combined(this.mask, found, how, this.n));
  }

  // An area drawn on the screen, in pixels: two corners of a box, or a closed path. In 2-D it is sent in data units, in 3-D
  // in view units with the view's matrix.
  drawn(kind, path, how) {
    const { matrix, width, height } = this.map.renderer.view();
    const flat = this.map.data.n_components === 2;
    const round = (value) => Number(value.toPrecision(DIGITS));
    const numbers = simplified(path).flatMap(({ x, y }) => {
      const clip = [(2 * x) / width - 1, 1 - (2 * y) / height];
      return flat ? [round((clip[0] - matrix[12]) / matrix[0]), round((clip[1] - matrix[13]) / matrix[5])] : clip.map(round);
    });
    this.area({ [kind]: numbers, ...(flat ? {} : { matrix: Array.from(matrix) }) }, how);
  }

  // All points in view: a box without a mouse.
  inView(how) {
    const { width, height } = this.map.renderer.view();
    this.drawn("box", [{ x: 0, y: 0 }, { x: width, y: height }], how);
  }

  toggle(row) {
    this.change({ do: "toggle", row }, toggled(this.mask, row, this.n));
    const state = this.mask?.[row] ? "selected" : "not selected";
    this.map.say(`${this.map.labelOf(row)} ${state}, ${this.count} selected`, true);
  }

  invert() {
    this.change({ do: "invert" }, inverted(this.mask, this.n));
  }

  clear() {
    if (this.mask || this.pending.length) this.change({ do: "clear" }, null);
  }

  undo() {
    this.change({ do: "undo" });
  }

  redo() {
    this.change({ do: "redo" });
  }

  // The points of colors: codes of the legend.
  groups(column, codes, how = this.how) {
    const { legend, values: own, further } = this.map.columns.get(column);
    // The colors of a grid are groups of values.
    const values = legend.kind === "categories" ? own : this.map.look.groups.codes;
    const wanted = new Set(codes);
    const found = new Uint8Array(this.n);
    for (let row = 0; row < this.n; row += 1) if (wanted.has(values[row])) found[row] = 1;
    further.rows.forEach((row, at) => (wanted.has(further.codes[at]) ? (found[row] = 1) : 0));
    this.change({ do: "groups", column, codes: [...wanted], how }, combined(this.mask, found, how, this.n));
  }

  // The pick and its true neighbors.
  nearest(how = this.how) {
    const { index: picked, neighbors } = this.map.picking;
    if (picked === null) {
      this.map.say("Pick a point first.", true);
      return;
    }
    const rows = neighbors.map(([row]) => row);
    const found = rows.length ? maskOf([picked, ...rows], this.n) : undefined;
    this.change({ do: "nearest", row: picked, k: rows.length || 10, how }, found && combined(this.mask, found, how, this.n));
  }

  // Apply what Python says is selected.
  async follow(shown) {
    if (!shown) return;
    if (shown.source !== this.source) this.reset(shown.source);
    this.how = shown.how;
    this.pending = this.pending.filter(({ n }) => n > shown.n);
    // An echo of an older change must not undo a newer one.
    if (shown.n < this.number || shown.id === this.shown) return;
    const isExact = this.exact === shown.n && this.number > 0 && this.count === shown.count;
    this.number = shown.n;
    this.shown = shown.id;
    if (!isExact) {
      const mask = await this.maskOf(shown);
      if (this.shown !== shown.id || this.source !== shown.source || this.map.destroyed) return;
      this.show(mask);
    }
    this.remember(shown.id);
    this.map.node.dataset.selection = shown.id;
  }

  async maskOf({ id, count, rows }) {
    if (!count) return null;
    if (this.known.has(id)) return fromBits(this.known.get(id), this.n);
    if (rows) return maskOf(rowsOf(rows), this.n);
    try {
      return fromBits(await fetchBits(this.map.url("selection", this.source, `/${id}`), this.n), this.n);
    } catch (error) {
      this.map.say(error.message);
      return null;
    }
  }

  remember(id) {
    if (!this.mask) return;
    this.known.delete(id);
    this.known.set(id, toBits(this.mask));
    if (this.known.size > MOST_KNOWN) this.known.delete(this.known.keys().next().value);
  }

  get count() {
    return this.map.emphasis.nSelected;
  }

  show(mask) {
    if (!mask && !this.mask) return;
    this.map.emphasis.show(mask);
    this.map.emphasize();
    this.map.say(this.count ? `${this.count.toLocaleString()} selected` : "Nothing selected", true);
  }
}
