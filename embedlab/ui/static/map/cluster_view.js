// Clusters on the map: their layers, the names that are shown, and what the list beside the map does to it.

import { categoryColors } from "./palettes.js";
import { groupCenters, groupPlaces } from "./labels.js";
import { maskOf } from "./masks.js";
import { groupNameSize, shortened } from "./overlay.js";

// Points that mark a cluster while the cursor is over its entry in the list.
const MOST_MARKED = 400;
// Share of a cluster's points at each side that may be out of view after zooming to it.
const OUTLIERS = 0.06;
// Names of finer layers longer than this are shortened to their first two parts.
const LONG_NAME = 18;

// Layers of clusters from the column `~layers`: codes of the finest layer, names and parents of all.
export class Layers {
  constructor(column) {
    this.column = column;
    this.layers = column.legend.layers;
    this.codes = [];
    this.codes[this.layers.length - 1] = column.values;
  }

  get none() {
    return this.column.legend.missing_code;
  }

  // The group of each point in a layer; `none` for points without one.
  codesOf(layer) {
    if (!this.codes[layer]) {
      const finer = this.codesOf(layer + 1);
      const { parents } = this.layers[layer + 1];
      this.codes[layer] = Uint16Array.from(finer, (code) => (code === this.none ? this.none : parents[code]));
    }
    return this.codes[layer];
  }

  rowsOf(layer, group) {
    const codes = this.codesOf(layer);
    const rows = [];
    for (let row = 0; row < codes.length; row += 1) if (codes[row] === group) rows.push(row);
    return rows;
  }

  // The coarsest group that each group of a layer is a part of.
  ancestors(layer) {
    let groups = this.layers[layer].categories.map((_, group) => group);
    for (let at = layer; at > 0; at -= 1) groups = groups.map((group) => this.layers[at].parents[group]);
    return groups;
  }

  colors(layer, theme, palette) {
    return categoryColors(this.layers[layer].categories.length, theme, palette, this.ancestors(layer));
  }
}

export class ClusterView {
  constructor(map) {
    this.map = map;
    this.marked = null;
    // Where the names of groups are, by the codes of the points.
    this.places = { points: null, of: new WeakMap() };
  }

  // The layers of the embedding; null while there are none.
  get layers() {
    const column = this.map.columns.get(this.map.data?.clusters);
    if (!column || column.legend.kind !== "layers") return null;
    if (this.known?.column !== column) this.known = new Layers(column);
    return this.known;
  }

  isMuted(index) {
    return this.layers?.column.values[index] === this.layers?.none;
  }

  colorsOf(layer) {
    return this.layers.colors(layer, this.map.theme, this.map.data.palette);
  }

  // Mark the points of a cluster without changing the selection; null for none.
  mark(layer, group) {
    if (!this.map.ready) return;
    this.marked = null;
    if (layer !== null && this.layers) {
      const rows = this.layers.rowsOf(layer, group);
      const step = Math.max(1, Math.floor(rows.length / MOST_MARKED));
      const sample = rows.filter((_, at) => at % step === 0);
      const color = this.colorsOf(layer)[group];
      this.marked = { id: `${layer}.${group}`, group, codes: this.layers.codesOf(layer), all: rows, rows: sample, color };
    }
    this.map.render();
  }

  // Zoom to a cluster and make it the selection.
  choose(layer, group) {
    const { map } = this;
    if (!map.ready || !this.layers) return;
    const rows = this.layers.rowsOf(layer, group);
    this.marked = null;
    const column = layer ? `~clusters.${layer}` : "~clusters";
    map.selecting.change({ do: "groups", column, codes: [group], how: "replace" }, maskOf(rows, map.data.n_points));
    map.send("group", { layer, group });
    map.move((renderer) => renderer.flyTo(cornersOf(rows, map.points, map.data.n_components)));
    map.say(`${this.layers.layers[layer].categories[group][0]}: ${rows.length.toLocaleString()} selected`, true);
  }

  // The column of categories other than clusters that colors the map, or null.
  get ownCategories() {
    const { color } = this.map.data;
    const column = this.map.columns.get(color);
    return column?.legend.kind === "categories" && !color.startsWith("~") ? column : null;
  }

  // Whether the names of these categories are written on the map: not if shapes show them too, since then they are kinds of
  // points, which lie all over it, rather than regions.
  get namesCategories() {
    const { color, shape } = this.map.data;
    return Boolean(this.ownCategories) && color !== shape;
  }

  // The names to write on the map, the most important first: {at, text, layer, group, repeats, width, height}. If other
  // categories than clusters color the map, theirs replace the coarsest layer.
  names(overlay) {
    const { map, layers, ownCategories: own } = this;
    // Names of clusters would take the room of the few names that matter, such as those of tags.
    if (own && !this.namesCategories) return [];
    const names = [];
    const add = (codes, categories, layer) => {
      const places = this.placesOf(codes, categories.length);
      const order = categories.map((_, group) => group).sort((a, b) => categories[b][1] - categories[a][1] || a - b);
      for (const group of order) {
        if (!places[group]) continue;
        const text = shortened(layer ? brief(categories[group][0]) : categories[group][0]);
        const coarser = layer ? layers.layers[layer - 1].categories[layers.layers[layer].parents[group]]?.[0] : null;
        const repeats = coarser !== null && !(own && layer === 1) && isRepeated(text, coarser);
        names.push({ at: places[group], text, layer, group, repeats, ...groupNameSize(text, overlay, layer) });
      }
    };
    if (own) add(map.look.groups.codes, own.legend.categories.slice(0, map.look.groups.nColored), 0);
    for (let layer = own ? 1 : 0; layer < (layers?.layers.length ?? 0); layer += 1) add(layers.codesOf(layer), layers.layers[layer].categories, layer);
    return names;
  }

  // What the names of each layer look like: their colors, the groups of the points, and whether these color the map.
  looks() {
    const { map, layers, ownCategories: own } = this;
    const looks = (layers?.layers ?? []).map((_, layer) => ({
      colors: this.colorsOf(layer),
      codes: layers.codesOf(layer),
      isColor: map.data.color === (layer ? `~clusters.${layer}` : "~clusters"),
    }));
    if (own) looks[0] = { colors: map.look.groups.colors, codes: map.look.groups.codes, isColor: true };
    return looks;
  }

  placesOf(codes, nGroups) {
    const { points, data } = this.map;
    if (this.places.points !== points) this.places = { points, of: new WeakMap() };
    const { of } = this.places;
    if (!of.has(codes)) of.set(codes, (data.n_components === 2 ? groupPlaces : groupCenters)(points, codes, nGroups));
    return of.get(codes);
  }
}

function brief(name) {
  return name.length <= LONG_NAME ? name : name.split(", ").slice(0, 2).join(", ");
}

// Whether a name says nothing that the name of the coarser group does not say.
export function isRepeated(name, coarser = "") {
  const parts = new Set(coarser.split(", "));
  return name.split(", ").every((part) => parts.has(part));
}

// Opposite corners of a box around most of the points, its center first.
export function cornersOf(rows, points, nComponents) {
  const [low, high] = [[], []];
  for (let axis = 0; axis < nComponents; axis += 1) {
    const values = Float64Array.from(rows, (row) => points[row * nComponents + axis]).sort();
    low.push(values[Math.floor(OUTLIERS * (values.length - 1))]);
    high.push(values[Math.ceil((1 - OUTLIERS) * (values.length - 1))]);
  }
  return [low.map((value, axis) => (value + high[axis]) / 2), low, high];
}
