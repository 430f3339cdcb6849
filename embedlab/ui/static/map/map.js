// The map: holds the state, asks the routes, and lets renderer, overlay, legend and search box show it.
//
// For tests and for looking inside, all on the node `.embedlab-map`:
//   data-ready          "true" once all points are drawn, "false" while they load
//   data-n-points       how many there are           data-n-components   2 or 3
//   data-projection     id of the projection drawn   data-color          column colored by, or empty
//   data-renderer       "plotly" or "canvas"         data-error          what went wrong, when something did
//   data-picked         index picked, or empty       data-neighbors      indices of its neighbors, nearest first
//   data-guest          the word placed that is no point of the map, or empty: then the neighbors are the word's
// and `window.embedlabMap`, this object: screenPosition(index) -> {x, y} in the window (or null behind the eye),
// guestPosition() -> the same of the guest, camera(), pickAt(x, y) -> index or -1. Performance marks:
// embedlab-map:ready, :picked, :neighbors.

import { hasWebGL, CanvasRenderer } from "./canvas_renderer.js";
import { baseOpacity, baseSize, groupsOf, readTheme, sizesOf } from "./colors.js";
import { fetchColumn, fetchJson, fetchLabels, fetchPoints, loadPlotly } from "./data.js";
import { button, element } from "./dom.js";
import { Grid, nearestProjected, project } from "./geometry.js";
import { Interaction } from "./interaction.js";
import { fillLegend } from "./legend.js";
import { Overlay, shortened } from "./overlay.js";
import { PlotlyRenderer } from "./plotly_renderer.js";
import { SearchBox } from "./search.js";

const PICK_PX = 8;
const FREQUENT_LOOKED_AT = 2500;
const STILL_FRAMES = 20;
const NEIGHBORS = 10;

export class EmbeddingMap {
  constructor(node) {
    this.node = node;
    this.tell = () => {};
    this.data = null;
    this.renderer = null;
    this.points = null;
    this.labels = null;
    this.columns = new Map();
    this.picked = null;
    // A word that is no point of the map: {asked, word, at}; `at` is null until the server has placed it.
    this.guest = null;
    this.neighbors = [];
    this.hovered = -1;
    this.obeyed = 0;
    this.build();
    this.interaction = new Interaction(this);
    this.resizeObserver = new ResizeObserver(() => this.resize());
    this.resizeObserver.observe(node);
  }

  build() {
    this.stage = element("div", { class: "embedlab-map-stage" });
    this.tooltip = element("div", { class: "embedlab-map-tooltip" });
    this.tooltip.hidden = true;
    // A long legend scrolls, so keys must reach it.
    this.legend = element("div", { class: "embedlab-map-legend", role: "group", "aria-label": "Colors", tabindex: "0" });
    this.legend.hidden = true;
    this.status = element("div", { class: "embedlab-map-status", role: "status", "aria-live": "polite" });
    this.boxButton = button("box", "Select with a box", () => this.interaction.toggleBox());
    this.boxButton.setAttribute("aria-pressed", "false");
    this.clearButton = button("clear", "Clear pick and selection", () => this.clear());
    this.tools = element("div", { class: "embedlab-map-tools", role: "toolbar", "aria-label": "Map" },
      button("home", "Show the whole map", () => this.move((renderer) => renderer.home())),
      button("plus", "Zoom in", () => this.move((renderer) => renderer.zoom(1.5))),
      button("minus", "Zoom out", () => this.move((renderer) => renderer.zoom(1 / 1.5))),
      this.boxButton, this.clearButton);
    this.node.replaceChildren(this.stage);
    this.overlay = new Overlay(this.node);
    this.node.append(this.legend, this.tools, this.tooltip, this.status);
    this.search = new SearchBox(this.node, (text) => this.find(text), {
      pick: (index) => this.pick(index, { fly: true }),
      place: (word) => this.place(word, { fly: true }),
    });
  }

  url(kind, id, rest = "") {
    return `${this.data.base}/maps/${id}/${kind}${rest}`;
  }

  // What Python says. Never draws anything again that is already there.
  async reconcile(data) {
    const before = this.data;
    this.data = data;
    const same = (...names) => before && names.every((name) => before[name] === data[name]);
    try {
      const themed = this.followTheme();
      if (!same("projection")) await this.load(data, same("embedding"));
      else if (this.ready && (themed || !same("color", "size"))) await this.recolor(data);
      else if (!same("labels")) this.render();
      if (this.ready) this.obey(data);
    } catch (error) {
      this.fail(error);
    }
  }

  followTheme() {
    const theme = readTheme(this.node);
    const changed = JSON.stringify(theme) !== JSON.stringify(this.theme);
    this.theme = theme;
    return changed;
  }

  get ready() {
    return this.node.dataset.ready === "true";
  }

  async load(data, sameEmbedding) {
    const marked = this.node.dataset;
    Object.assign(marked, { ready: "false", error: "", projection: data.projection, nComponents: data.n_components });
    this.node.setAttribute("aria-label", `Map of ${data.n_points} points. Plus and minus zoom, H shows everything, slash searches.`);
    this.say(`Loading ${data.n_points.toLocaleString()} points…`);
    if (!sameEmbedding) this.forget();
    if (this.guest) this.setPick(null, { asked: this.guest.asked, word: this.guest.word, at: null });
    const webgl = hasWebGL();
    const [points, Plotly] = await Promise.all([
      fetchPoints(this.url("points", data.projection), data.n_points, data.n_components),
      webgl ? loadPlotly(data.plotly) : null,
      this.need(data.color),
      this.need(data.size),
    ]);
    if (this.data.projection !== data.projection || this.destroyed) return;
    this.points = points;
    this.grid = data.n_components === 2 ? new Grid(points) : null;
    // A view belongs to its projection: a new one starts from home.
    this.renderer?.destroy();
    this.renderer = webgl
      ? new PlotlyRenderer(Plotly, this.stage, data.n_components)
      : new CanvasRenderer(this.stage, data.n_components);
    this.renderer.setPoints(points);
    this.applyColors(data);
    await this.renderer.draw();
    await twoFrames();
    Object.assign(marked, { ready: "true", nPoints: data.n_points, renderer: this.renderer.name });
    performance.mark("embedlab-map:ready");
    this.say(webgl ? "" : `This browser has no WebGL: a sample of ${this.renderer.nDrawn.toLocaleString()} points is shown.`);
    this.wake();
    this.fetchNames(data);
    const { guest } = this;
    this.obey(this.data);
    // On every map a guest lies elsewhere.
    if (guest && guest === this.guest && !guest.at) this.place(guest.asked, { tell: false });
  }

  forget() {
    this.columns.clear();
    this.labels = null;
    this.setPick(null);
  }

  async fetchNames(data) {
    if (this.labels) return;
    const labels = await fetchLabels(this.url("labels", data.embedding), data.n_points).catch(() => null);
    if (this.destroyed || !labels || this.data.embedding !== data.embedding) return;
    this.labels = labels;
    this.render();
  }

  // Colors

  async need(name) {
    if (!name || this.columns.has(name)) return;
    const { embedding, n_points: nPoints } = this.data;
    const column = await fetchColumn(this.url("column", embedding, `/${encodeURIComponent(name)}`), nPoints);
    if (this.data.embedding === embedding) this.columns.set(name, column);
  }

  async recolor(data) {
    await Promise.all([this.need(data.color), this.need(data.size)]);
    if (this.data !== data || this.destroyed) return;
    this.applyColors(data);
    await this.renderer.draw();
    this.wake();
  }

  applyColors(data) {
    const column = this.columns.get(data.color);
    const base = baseSize(data.n_points);
    this.groups = groupsOf(column, this.theme);
    this.renderer.setGroups(this.groups, sizesOf(this.columns.get(data.size), base), base, baseOpacity(data.n_points));
    fillLegend(this.legend, data.color, column, this.theme);
    this.node.dataset.color = data.color ?? "";
  }

  colorOf(index) {
    return this.groups.colors[this.groups.codes ? this.groups.codes[index] : 0];
  }

  // Picking

  // Orders from Python are numbered: one that was obeyed, or that only echoes a click made here, changes nothing.
  obey({ order }) {
    if (!order || order.n <= this.obeyed) return;
    this.obeyed = order.n;
    if (order.word) {
      if (order.word !== this.guest?.asked) this.place(order.word, { tell: false, fly: order.fly });
    } else if (order.index !== this.picked || this.guest) this.pick(order.index, { tell: false, fly: order.fly });
  }

  // Either a point is picked or a guest stands on the map, or neither.
  setPick(index, guest = null) {
    this.picked = index;
    this.guest = guest;
    this.neighbors = [];
    Object.assign(this.node.dataset, { picked: index ?? "", neighbors: "", guest: guest?.at ? guest.word : "" });
    this.node.classList.toggle("has-pick", index !== null || Boolean(guest?.at));
  }

  async pick(index, { tell = true, fly = false } = {}) {
    this.setPick(index);
    this.render();
    performance.mark("embedlab-map:picked");
    if (index === null) {
      if (tell) this.tell("pick", { index: null });
      return;
    }
    const asked = fetchJson(this.url("neighbors", this.data.embedding, `?index=${index}&topn=${NEIGHBORS}`));
    if (tell) this.tell("pick", { index });
    if (fly) this.move((renderer) => renderer.flyTo([this.coordinates(index)]));
    try {
      const { neighbors } = await asked;
      if (this.picked !== index || this.destroyed) return;
      this.neighbors = neighbors;
      this.render();
      this.node.dataset.neighbors = neighbors.map(([neighbor]) => neighbor).join(",");
      performance.mark("embedlab-map:neighbors");
      this.say(`${this.labelOf(index)}: nearest ${threeNames(neighbors)}`, true);
    } catch (error) {
      this.say(error.message);
    }
  }

  // Show a word outside the vocabulary where its parts place it. It is no point: it cannot be picked or selected.
  async place(asked, { tell = true, fly = false } = {}) {
    const guest = { asked, word: asked, at: null };
    this.setPick(null, guest);
    this.render();
    const query = `?word=${encodeURIComponent(asked)}&topn=${NEIGHBORS}`;
    const found = fetchJson(this.url("place", this.data.projection, query));
    if (tell) this.tell("word", { word: asked });
    try {
      const { word, at, neighbors } = await found;
      if (this.guest !== guest || this.destroyed) return;
      this.setPick(null, { asked, word, at });
      this.neighbors = neighbors;
      this.render();
      this.node.dataset.neighbors = neighbors.map(([neighbor]) => neighbor).join(",");
      if (this.ready && (fly || !this.isInSight(at))) {
        // Its neighbors come into sight with it: it may lie outside of all points.
        const beside = neighbors.map(([neighbor]) => this.coordinates(neighbor));
        this.move((renderer) => renderer.flyTo([at, ...beside]));
      }
      this.say(`${word}, placed by its parts: nearest ${threeNames(neighbors)}`, true);
    } catch (error) {
      if (this.guest === guest) this.say(error.message);
    }
  }

  clear() {
    this.interaction.clearBox();
    this.tell("box", null);
    if (this.picked !== null || this.guest) this.pick(null);
  }

  select(box) {
    this.tell("box", box);
  }

  find(text) {
    return fetchJson(this.url("search", this.data.embedding, `?q=${encodeURIComponent(text)}`));
  }

  labelOf(index) {
    return this.labels ? this.labels[index] : "";
  }

  // Index of the point at a place on the stage, or -1.
  pointAt(x, y) {
    if (!this.ready) return -1;
    const view = this.renderer.view();
    if (this.grid && this.renderer.nComponents === 2) return this.grid.nearest(view, x, y, PICK_PX);
    return nearestProjected(view, this.points, this.data.n_components, x, y, PICK_PX);
  }

  pickAt(clientX, clientY) {
    const { left, top } = this.stage.getBoundingClientRect();
    return this.pointAt(clientX - left, clientY - top);
  }

  coordinates(index) {
    const d = this.data.n_components;
    return this.points.subarray(index * d, (index + 1) * d);
  }

  screenPosition(index) {
    return this.inWindow(project(this.renderer.view(), this.points, this.data.n_components, index));
  }

  isInSight(coordinates) {
    const view = this.renderer.view();
    const at = project(view, coordinates, this.data.n_components, 0);
    return at !== null && at.x >= 0 && at.y >= 0 && at.x <= view.width && at.y <= view.height;
  }

  guestPosition() {
    return this.guest?.at ? this.inWindow(project(this.renderer.view(), this.guest.at, this.data.n_components, 0)) : null;
  }

  inWindow(at) {
    const { left, top } = this.stage.getBoundingClientRect();
    return at && { x: at.x + left, y: at.y + top };
  }

  camera() {
    return this.renderer.camera();
  }

  hover(index, x, y) {
    if (index === this.hovered && index < 0) return;
    this.hovered = index;
    this.stage.classList.toggle("over-point", index >= 0);
    this.tooltip.hidden = index < 0 || !this.labels;
    if (this.tooltip.hidden) return;
    this.tooltip.textContent = shortened(this.labelOf(index));
    const left = x > this.stage.clientWidth - 160 ? x - 12 - this.tooltip.offsetWidth : x + 14;
    this.tooltip.style.transform = `translate(${left}px, ${y + 12}px)`;
  }

  // Drawing

  async move(how) {
    if (!this.ready) return;
    this.wake();
    await how(this.renderer);
    this.wake();
  }

  // The overlay follows the view frame by frame while anything moves, and rests when nothing does.
  wake() {
    this.still = 0;
    if (this.frame) return;
    const step = () => {
      this.frame = null;
      if (this.destroyed || !this.renderer || !this.points) return;
      this.still = this.render() ? 0 : this.still + 1;
      if (this.still < STILL_FRAMES) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  // Draw the overlay; tells whether the view had moved since the last time.
  render() {
    if (!this.ready || this.destroyed) return false;
    const view = this.renderer.view();
    const key = `${Array.from(view.matrix, (value) => value.toPrecision(7))}|${view.width}|${view.height}`;
    const moved = key !== this.viewKey;
    const { guest } = this;
    const shown = guest?.at ? `${guest.word} ${guest.at}` : this.picked;
    const scene = `${key}|${shown}|${this.neighbors.length}|${Boolean(this.labels)}|${this.data.labels}|${this.node.dataset.color}|${this.theme.dark}`;
    if (scene === this.sceneKey) return moved;
    Object.assign(this, { viewKey: key, sceneKey: scene });
    this.overlay.render({
      width: view.width,
      height: view.height,
      at: (index) => project(view, this.points, this.data.n_components, index),
      picked: this.picked,
      guest: guest?.at ? { word: guest.word, at: project(view, guest.at, this.data.n_components, 0) } : null,
      neighbors: this.neighbors,
      frequent: this.frequent(),
      labelOf: (index) => this.labelOf(index),
      colorOf: (index) => this.colorOf(index),
      avoid: this.furniture(),
    });
    return moved;
  }

  // Keys are kept most frequent first, so the first ones are the ones to name.
  frequent() {
    if (!this.labels || this.data.labels !== "frequent") return [];
    return Array.from({ length: Math.min(FREQUENT_LOOKED_AT, this.data.n_points) }, (_, index) => index);
  }

  // Rectangles that names must leave free.
  furniture() {
    return [this.tools, this.search.node, this.legend]
      .filter((node) => !node.hidden)
      .map((node) => [node.offsetLeft, node.offsetTop, node.offsetWidth, node.offsetHeight]);
  }

  async resize() {
    if (!this.ready) return;
    await this.renderer.resize();
    this.wake();
  }

  say(text, onlyAloud = false) {
    this.status.textContent = text;
    this.status.classList.toggle("aloud", onlyAloud);
  }

  fail(error) {
    this.node.dataset.error = error.message;
    this.say(error.message);
  }

  destroy() {
    this.destroyed = true;
    cancelAnimationFrame(this.frame);
    this.resizeObserver.disconnect();
    this.interaction.destroy();
    this.renderer?.destroy();
    this.overlay.destroy();
  }
}

function threeNames(neighbors) {
  return neighbors.slice(0, 3).map(([, label]) => label).join(", ");
}

function twoFrames() {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}
