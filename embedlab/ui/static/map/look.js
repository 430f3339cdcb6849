// How the points look: colors, sizes and shapes from the data, the legend that explains them, and the emphasis of some.

import { groupsOf, sizesOf } from "./colors.js";
import { differs, pointsInView, pointStyle } from "./density.js";
import { element, twoFrames } from "./dom.js";
import { fillLegend } from "./legend.js";
import { shapesOf } from "./shapes.js";

// Longer waits are explained.
const SLOW_MS = 500;
// The data that the look depends on.
const LOOK = ["color", "size", "clusters_version", "palette", "scale", "n_categories", "size_factor", "opacity_factor", "shape", "mark"];

export const sameLook = (before, data) => Boolean(before) && LOOK.every((name) => before[name] === data[name]);

export class Look {
  constructor(map) {
    this.map = map;
    this.legendButton = element("button", { type: "button", class: "select", text: "Select these points" });
    this.legendButton.addEventListener("click", (event) => this.selectPressed(map.selecting.howOf(event)));
  }

  // For new points: their size and opacity before the view is known.
  start(data) {
    const { stage, renderer } = this.map;
    this.style = pointStyle(data.n_points, stage.clientWidth, stage.clientHeight, renderer.isLive);
    this.apply(data);
    this.explain(data);
  }

  async change(data) {
    const { map } = this;
    // Some colors are computed when they are first needed.
    const waiting = setTimeout(() => map.say("Computing the colors…"), SLOW_MS);
    try {
      await map.columns.needAll(data);
    } finally {
      clearTimeout(waiting);
      if (map.status.textContent === "Computing the colors…") map.say("");
    }
    if (map.data !== data || map.destroyed) return;
    // The points come first: the legend and the names follow when these are on the screen.
    const release = map.holdNames();
    const change = {};
    this.unexplained = change;
    try {
      this.apply(data);
      await map.renderer.draw();
    } finally {
      twoFrames().then(() => {
        if (this.unexplained === change && !map.destroyed) this.explain(data);
        release();
      });
    }
  }

  apply(data) {
    const { columns, emphasis, node, renderer, theme } = this.map;
    const column = columns.get(data.color);
    const { size, opacity } = this.factored(this.style);
    this.sizes = sizesOf(columns.get(data.size));
    if (node.dataset.color !== (data.color ?? "")) emphasis.categories.clear();
    this.groups = groupsOf(column, theme, data);
    const groups = this.emphasized();
    renderer.setShapes?.(shapesOf(columns.get(data.shape)));
    renderer.setGroups(groups, this.sizes, size, opacity);
    this.map.mapLabels.recolor();
    this.map.sceneKey = "";
    node.dataset.color = data.color ?? "";
  }

  // The legend.
  explain(data) {
    this.unexplained = null;
    const { columns, theme, legend } = this.map;
    const column = columns.get(data.color);
    fillLegend(legend, column?.legend.title ?? data.color, column, theme, {
      isPressed: (code) => this.map.emphasis.categories.has(code),
      look: data,
      groups: this.groups,
      shapes: columns.get(data.shape),
      onPress: (code, isAdded = true) => {
        this.map.emphasis.chooseCategory(code, isAdded);
        this.map.emphasize();
        this.updateLegendButton();
      },
    });
    legend.append(this.legendButton);
    this.updateLegendButton();
  }

  updateLegendButton() {
    this.legendButton.hidden = !this.map.emphasis.categories.size;
  }

  // The points of the colors that are pressed in the legend.
  selectPressed(how) {
    const { map } = this;
    const codes = [...map.emphasis.categories];
    if (codes.length) map.selecting.groups(map.data.color, codes, how);
    else map.say("Press a color of the legend first.", true);
  }

  emphasized() {
    const { columns, data, emphasis, theme } = this.map;
    const column = columns.get(data.color);
    emphasis.filter(column);
    return emphasis.apply(emphasis.recolored(this.groups, column, theme), data.n_points);
  }

  // Size and opacity with what the user chose.
  factored({ size, opacity }) {
    const { size_factor: larger = 1, opacity_factor: denser = 1 } = this.map.data;
    return { size: size * larger, opacity: Math.min(1, opacity * denser) };
  }

  // Redraw the points after a change of the emphasis; the legend stays, so that its buttons keep the focus.
  async emphasize() {
    const { map } = this;
    if (!map.ready) return;
    map.node.dataset.selected = map.emphasis.nSelected;
    const { sizes, base, opacity } = map.renderer;
    map.renderer.setGroups(this.emphasized(), sizes, base, opacity);
    map.sceneKey = "";
    await map.renderer.draw();
    map.wake();
  }

  // Adapt size and opacity to the points in view: once the view is still, or in every frame.
  async adaptDensity() {
    const { map } = this;
    if (!map.ready || map.destroyed) return;
    const { renderer } = map;
    const view = renderer.view();
    const style = pointStyle(pointsInView(view, map.points, map.data.n_components), view.width, view.height, renderer.isLive);
    if (!differs(this.style, style, renderer.isLive)) return;
    this.style = style;
    const { size, opacity } = this.factored(style);
    await renderer.setStyle(this.sizes, size, opacity);
  }

  colorOf(index) {
    return this.groups.colors[this.groups.codes ? this.groups.codes[index] : 0];
  }
}
