// Which labels the map shows besides the pick: those of frequent points, and the names of groups.

import { project } from "./geometry.js";
import { labelOrder, LabelPlan } from "./labels.js";
import { labelSize } from "./overlay.js";

// In 3-D, labels are placed anew in each frame.
const MOST_CANDIDATES = 2500;
const MOST_3D = 36;
const MOST = 250;
// Time per frame for planning labels.
const PLAN_MS = 25;

export class MapLabels {
  constructor(map) {
    this.map = map;
    this.plan = null;
    // Whether the rest of the labels follows in the next frames.
    this.isPlanning = false;
  }

  // Plan again when the labels are next drawn.
  reset() {
    this.plan = null;
  }

  // The labels to show in a view: `frequent` points, and names of `groups`.
  shown(view) {
    const { map } = this;
    if (!map.labels || map.data.labels !== "frequent") return { frequent: [], groups: [] };
    const shown = this.planned(view);
    // Pictures take the place of the labels of points, and of the names of their finer groups.
    return map.sprites.about ? { ...shown, frequent: [], groups: shown.groups.filter(({ layer = 0 }) => !layer) } : shown;
  }

  planned(view) {
    const { map } = this;
    this.plan ??= this.made(view);
    const { plan } = this;
    if (!plan.zoom) {
      return {
        frequent: plan.order.slice(0, MOST_CANDIDATES),
        groups: plan.groups.filter(({ code }) => map.emphasis.hasName(code)).map((group) => ({ ...group, at: project(view, group.at, 3, 0), shift: 0 })),
        most: MOST_3D,
        isSticky: true,
      };
    }
    const scale = (Math.abs(view.matrix[0]) * view.width) / 2;
    this.isPlanning = !plan.zoom.prepare(scale, PLAN_MS);
    return {
      frequent: plan.zoom.shown(scale),
      groups: plan.zoom.groupsAt(scale).filter((at) => map.emphasis.hasName(plan.groups[at].code)).map((at) => ({
        ...plan.groups[at],
        at: project(view, plan.groups[at].at, 2, 0),
        shift: plan.zoom.groupShift[at],
      })),
      most: MOST,
    };
  }

  // Names of clusters, or of the categories that color the map, and of points; stop words have no label.
  made(view) {
    const { map } = this;
    const { layers } = map.clusters;
    map.overlay.readFonts();
    const groups = map.clusters.names(map.overlay);
    const order = layers
      ? labelOrder(map.labels, layers.codesOf(0), layers.layers[0].categories.length, (i) => map.clusters.isMuted(i))
      : labelOrder(map.labels, groups.length ? map.groups.codes : null, map.groups.nColored, () => false);
    if (map.data.n_components === 3) return { order, groups };
    const sizeOf = (index) => labelSize(map.labels[index], map.overlay);
    return { order, groups, zoom: new LabelPlan(map.points, view.width, view.height, order, sizeOf, groups) };
  }
}
