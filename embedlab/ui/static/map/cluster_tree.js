// The clusters as a list with layers beside the map: pointing at one marks its points, choosing one zooms to it and selects
// it. A tree for the keyboard: arrow keys move, open and close; Enter chooses.

import { element } from "./dom.js";

const counts = new Intl.NumberFormat();
const WAIT_MS = 100;
const trees = new WeakMap();

export default function run({ data, parentElement }) {
  const node = parentElement.querySelector(".embedlab-tree");
  let tree = trees.get(node);
  if (!tree) trees.set(node, (tree = new ClusterTree(node)));
  tree.show(data);
  return () => {
    tree.destroy();
    trees.delete(node);
  };
}

class ClusterTree {
  constructor(node) {
    this.node = node;
    node.addEventListener("keydown", (event) => this.key(event));
    node.addEventListener("pointerleave", () => this.view?.mark(null));
    node.addEventListener("focusout", () => this.view?.mark(null));
  }

  get view() {
    return window.embedlabMap?.clusters;
  }

  // Wait until the map has loaded these clusters.
  show(data) {
    clearTimeout(this.timer);
    const map = window.embedlabMap;
    const isLoaded = map?.ready && map.data.embedding === data.embedding && map.data.clusters_version === data.version && map.clusters.layers;
    if (!isLoaded) {
      this.timer = setTimeout(() => this.show(data), WAIT_MS);
      return;
    }
    const key = `${data.embedding}|${data.version}|${map.theme.dark}|${map.data.palette}`;
    if (key === this.key_) return;
    this.key_ = key;
    this.node.replaceChildren(element("ul", { role: "tree", "aria-label": "Clusters" }, ...this.items(0, null)));
    const first = this.node.querySelector("[role=treeitem]");
    if (first) first.tabIndex = 0;
  }

  items(layer, parent) {
    const { layers } = this.view;
    const { categories, parents } = layers.layers[layer];
    const colors = this.view.colorsOf(layer);
    return categories
      .map((category, group) => ({ category, group }))
      .filter(({ group }) => parent === null || parents[group] === parent)
      .map(({ category: [name, count], group }) => this.item(layer, group, name, count, colors[group]));
  }

  item(layer, group, name, count, color) {
    const swatch = element("span", { class: "swatch" });
    swatch.style.background = color;
    const twisty = element("span", { class: "twisty", "aria-hidden": "true" });
    const row = element("div", { class: "row" }, twisty, swatch, element("span", { class: "name", text: name, title: name }),
      element("span", { class: "count", text: counts.format(count) }));
    const item = element("li", { role: "treeitem", tabindex: "-1", "aria-label": `${name}, ${counts.format(count)}` }, row);
    if (layer + 1 < this.view.layers.layers.length) {
      const parts = this.items(layer + 1, group);
      // A cluster with one part is the part.
      if (parts.length > 1) {
        item.setAttribute("aria-expanded", "false");
        item.append(element("ul", { role: "group" }, ...parts));
      }
    }
    Object.assign(item, { choose: () => this.choose(item, layer, group), mark: () => this.view?.mark(layer, group) });
    row.addEventListener("pointerenter", () => item.mark());
    row.addEventListener("click", () => item.choose());
    twisty.addEventListener("click", (event) => {
      event.stopPropagation();
      this.toggle(item);
    });
    return item;
  }

  choose(item, layer, group) {
    for (const each of this.node.querySelectorAll("[aria-selected]")) each.removeAttribute("aria-selected");
    item.setAttribute("aria-selected", "true");
    this.focus(item);
    this.view?.choose(layer, group);
  }

  toggle(item, isOpen = item.getAttribute("aria-expanded") !== "true") {
    if (item.hasAttribute("aria-expanded")) item.setAttribute("aria-expanded", String(isOpen));
  }

  // The items that no closed one contains.
  shown() {
    return [...this.node.querySelectorAll("[role=treeitem]")].filter((item) => !item.parentNode.closest('[aria-expanded="false"]'));
  }

  focus(item) {
    for (const each of this.node.querySelectorAll('[tabindex="0"]')) each.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
    item.mark();
  }

  key(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    const shown = this.shown();
    const at = shown.indexOf(item);
    const expanded = item.getAttribute("aria-expanded");
    const parent = item.parentNode.closest("[role=treeitem]");
    const actions = {
      ArrowDown: () => shown[at + 1] && this.focus(shown[at + 1]),
      ArrowUp: () => shown[at - 1] && this.focus(shown[at - 1]),
      ArrowRight: () => (expanded === "false" ? this.toggle(item, true) : expanded && this.focus(shown[at + 1])),
      ArrowLeft: () => (expanded === "true" ? this.toggle(item, false) : parent && this.focus(parent)),
      Home: () => this.focus(shown[0]),
      End: () => this.focus(shown.at(-1)),
      Enter: () => item.choose(),
      " ": () => item.choose(),
    };
    if (!actions[event.key]) return;
    actions[event.key]();
    event.preventDefault();
    event.stopPropagation();
  }

  destroy() {
    clearTimeout(this.timer);
    this.view?.mark(null);
  }
}
