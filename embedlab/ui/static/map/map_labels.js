// Which labels the map shows besides the pick: those of frequent points, and the names of groups.

import { enlargement, radiusOf } from "./enlargement.js";
import { project } from "./geometry.js";
import { LabelEmphasis } from "./label_emphasis.js";
import { kindOrder, labelOrder, LabelPlan, LAYERS } from "./labels.js";
import { labelSize } from "./overlay.js";

// In 3-D, labels are placed anew in each frame.
const MOST_CANDIDATES = 2500;
const MOST_3D = 36;
const MOST = 250;
// Up to this many selected points have their names before all others.
const FEW_SELECTED = 60;
// Time per frame for planning labels.
const PLAN_MS = 25;

export class MapLabels {
  constructor(map) {
    this.map = map;
    this.plan = null;
    this.looks = null;
    this.emphasis = new LabelEmphasis(map);
    // Whether the rest of the labels follows in the next frames.
    this.isPlanning = false;
  }

  // Plan again when the labels are next drawn.
  reset() {
    this.plan = null;
    this.recolor();
  }

  // The names of groups have other colors; they are planned again only if they are other names.
  recolor() {
    this.looks = null;
  }

  // What a plan depends on. A replay moves the points, but names stay where the finished map has them.
  basis() {
    const { data, labels, clusters, look: { groups } } = this.map;
    const { ownCategories: own, namesCategories } = clusters;
    const only = data.pictures?.only && this.map.columns.get(data.pictures.only.column);
    return [data.projection, labels, clusters.layers?.column, own, own && groups.nColored, namesCategories, data.pictures?.id, only, this.fewSelected];
  }

  // The mask of the selected points if there are few of them, otherwise null.
  get fewSelected() {
    const { selected, nSelected } = this.map.emphasis;
    return nSelected <= FEW_SELECTED ? selected : null;
  }

  // The labels to show in a view: `frequent` points, and names of `groups`.
  shown(view) {
    const { map } = this;
    if (!map.labels || map.data.labels !== "frequent") return { frequent: [], groups: [] };
    const shown = this.planned(view);
    // Pictures take the place of the labels of their points, and of the names of finer groups.
    return map.sprites.about ? { ...shown, groups: shown.groups.filter(({ layer = 0 }) => !layer) } : shown;
  }

  planned(view) {
    const { map } = this;
    const basis = this.basis();
    if (!this.plan || basis.some((each, at) => each !== this.plan.basis[at])) this.plan = { basis, ...this.made(view) };
    const { plan } = this;
    if (!plan.zoom) {
      return {
        frequent: plan.order.slice(0, MOST_CANDIDATES),
        groups: this.named(this.namesAt(enlargement(view, map.camera(), plan.radius)), view, 3),
        most: MOST_3D,
        isSticky: true,
      };
    }
    const scale = (Math.abs(view.matrix[0]) * view.width) / 2;
    this.isPlanning = !plan.zoom.prepare(scale, PLAN_MS);
    return { frequent: plan.zoom.shown(scale), groups: this.named(plan.zoom.groupsAt(scale), view, 2), most: MOST };
  }

  // The numbers of the names that a 3-D map shows when it is enlarged this many times.
  namesAt(times) {
    if (!this.plan.groups.length) return [];
    const layers = LAYERS.map(([from, until]) => from <= times && times < until);
    // From within, there is always the finest layer.
    const finest = Math.max(...this.plan.groups.map(({ layer }) => layer));
    if (times >= LAYERS[Math.min(finest, LAYERS.length - 1)][1]) layers[Math.min(finest, LAYERS.length - 1)] = true;
    return this.plan.groups.map((_, at) => at).filter((at) => layers[Math.min(this.plan.groups[at].layer, LAYERS.length - 1)]);
  }

  // The names of groups by their numbers in the plan: {text, at, color, isFaint, layer, shift, width, height}.
  named(numbers, view, nComponents) {
    const { emphasis, clusters } = this.map;
    this.looks ??= clusters.looks();
    const { groups, zoom } = this.plan;
    return numbers
      .filter((at) => {
        const { layer, group } = groups[at];
        return emphasis.hasName(this.looks[layer].isColor ? group : null);
      })
      .map((at) => {
        const name = groups[at];
        const { colors, codes } = this.looks[name.layer];
        const isFaint = this.emphasis.isFaintGroup(codes, name.group);
        return { ...name, color: colors[name.group], isFaint, place: name.at, at: project(view, name.at, nComponents, 0), shift: zoom?.groupShift[at] ?? 0 };
      });
  }

  // The points with labels, the most important first: few selected ones before all others.
  order(groups) {
    const order = this.orderByGroups(groups);
    const selected = this.fewSelected;
    if (!selected) return order;
    const first = Array.from(selected.keys()).filter((i) => selected[i] && !this.map.sprites.has(i));
    return [...first, ...order.filter((i) => !selected[i])];
  }

  // Pictures take the place of labels.
  orderByGroups(groups) {
    const { clusters, labels, sprites, look: { groups: colored } } = this.map;
    const { layers, ownCategories: own } = clusters;
    const isPicture = (i) => sprites.has(i);
    if (own && !clusters.namesCategories) return kindOrder(labels, own.values, own.legend.categories, isPicture);
    if (!layers) return labelOrder(labels, groups.length ? colored.codes : null, colored.nColored, isPicture);
    const isMuted = (i) => clusters.isMuted(i) || isPicture(i);
    return labelOrder(labels, layers.codesOf(0), layers.layers[0].categories.length, isMuted);
  }

  // Names of clusters, or of the categories that color the map, and of points; stop words have no label.
  made(view) {
    const { map } = this;
    map.overlay.readFonts();
    const groups = map.clusters.names(map.overlay);
    const order = this.order(groups);
    if (map.data.n_components === 3) return { order, groups, radius: radiusOf(map.points) };
    const sizeOf = (index) => labelSize(map.labels[index], map.overlay);
    return { order, groups, zoom: new LabelPlan(map.points, view.width, view.height, order, sizeOf, groups) };
  }
}
