// The map: holds the state, requests data, and updates renderer, overlay, legend and search box.
//
// For tests and debugging, the node `.embedlab-map` has these attributes:
//   data-ready          "true" once all points are drawn, "false" while loading
//   data-n-points       number of points             data-n-components   2 or 3
//   data-projection     id of the projection         data-color          column used for color, or empty
//   data-renderer       "plotly", "webgl", "canvas"   data-error          error message, if any
//   data-picked         index of the pick, or empty  data-neighbors      indices of its neighbors, nearest first
//   data-cursor         index of the point that the arrow keys are at, or empty
//   data-query          kind of the query drawn, or empty; data-answers: indices of its answers, best first
//   data-selected       number of selected points       data-selection    id of the selection, from Python
//   data-sprites        number of pictures drawn in place of points; missing where points have no pictures
//   data-live           "iteration/iterations" of a layout that is drawn while it is computed, or empty
//   data-presenting     "true" while presenting
//   data-linked         indices of the points that the data links to the pick, such as by edges of a graph
//   data-false-neighbors   indices that are nearest to the pick in the picture only, nearest first
//   data-guest          out-of-vocabulary word on the map, or empty; if set, the neighbors are those of the word
// `window.embedlabMap` is this object: screenPosition(index) -> {x, y} in the window (null if behind the camera),
// guestPosition() -> the same for the guest, camera(), pickAt(x, y) -> index or -1. Performance marks:
// embedlab-map:ready, :picked, :neighbors.

import { AxisNames } from "./axis_names.js";
import { ClusterView } from "./cluster_view.js";
import { readTheme } from "./colors.js";
import { Columns } from "./columns.js";
import { fetchJson, fetchLabels, fetchPoints, loadPlotly } from "./data.js";
import { button, element, twoFrames } from "./dom.js";
import { Emphasis } from "./emphasis.js";
import { rangesAround, rangesInSight, setInsets } from "./geometry.js";
import { Help } from "./help.js";
import { Interaction } from "./interaction.js";
import { AreaTool } from "./lasso.js";
import { LiveLayout } from "./live.js";
import { Look, sameLook } from "./look.js";
import { MapLabels } from "./map_labels.js";
import { canMorph, fitted, morph } from "./morph.js";
import { Overlay, shortened } from "./overlay.js";
import { OutsideWatcher } from "./outside.js";
import { ExportMenu } from "./picture/export.js";
import { controlRectangles, insetsOf, PANELS, setLegendHeight } from "./panels.js";
import { names, Picking } from "./picking.js";
import { PictureNeighbors } from "./picture_neighbors.js";
import { Places } from "./places.js";
import { Presenter } from "./present.js";
import { chooseRenderer, hasWebGL2, makeRenderer } from "./renderers.js";
import { Replay } from "./replay.js";
import { sceneKeyOf, sceneOf, viewKeyOf } from "./scene.js";
import { SearchBox } from "./search.js";
import { Selecting } from "./selecting.js";
import { Sprites } from "./sprites.js";
import { Walker } from "./walk.js";

const STILL_FRAMES = 20;

export class EmbeddingMap {
  constructor(node) {
    this.node = node;
    this.send = () => {};
    this.data = null;
    this.renderer = null;
    this.points = null;
    this.labels = null;
    this.columns = new Columns(this);
    this.mapLabels = new MapLabels(this);
    this.places = new Places(this);
    this.picking = new Picking(this);
    this.hovered = -1;
    this.lastCommand = 0;
    // Set while names wait for the points.
    this.hold = null;
    this.query = null;
    this.emphasis = new Emphasis();
    this.selecting = new Selecting(this);
    this.walker = new Walker(this);
    this.clusters = new ClusterView(this);
    this.live = new LiveLayout(this);
    this.pictureNeighbors = new PictureNeighbors(this);
    this.build();
    this.replay = new Replay(this);
    this.interaction = new Interaction(this);
    this.outside = new OutsideWatcher(this);
    this.resizeObserver = new ResizeObserver(() => this.resize());
    this.resizeObserver.observe(node);
    this.resizeObserver.observe(this.legend);
    this.panelObserver = new ResizeObserver(() => this.avoidPanels());
  }

  build() {
    this.stage = element("div", { class: "embedlab-map-stage" });
    this.tooltip = element("div", { class: "embedlab-map-tooltip" });
    this.tooltip.hidden = true;
    // A long legend scrolls, so it must be focusable.
    this.legend = element("div", { class: "embedlab-map-legend", role: "group", "aria-label": "Colors", tabindex: "0" });
    this.legend.hidden = true;
    this.look = new Look(this);
    this.status = element("div", { class: "embedlab-map-status", role: "status", "aria-live": "polite" });
    this.boxButton = button("box", "Select with a box", () => this.areaTool.choose("box"));
    this.lassoButton = button("lasso", "Select with a lasso", () => this.areaTool.choose("lasso"));
    this.clearButton = button("clear", "Clear pick, selection and query", () => this.clear());
    this.presentButton = button("present", "Present in full screen", () => this.presenter.toggle());
    this.presentButton.setAttribute("aria-pressed", "false");
    this.exportMenu = new ExportMenu(this);
    this.tools = element("div", { class: "embedlab-map-tools", role: "toolbar", "aria-label": "Map" },
      button("home", "Show the whole map", () => this.move((renderer) => renderer.home())),
      button("plus", "Zoom in", () => this.move((renderer) => renderer.zoom(1.5))),
      button("minus", "Zoom out", () => this.move((renderer) => renderer.zoom(1 / 1.5))),
      this.boxButton, this.lassoButton, this.clearButton,
      button("bookmark", "Bookmark this view", () => this.bookmark()),
      this.exportMenu.button, this.presentButton, button("help", "Keyboard", () => this.help.open()));
    this.node.replaceChildren(this.stage);
    this.sprites = new Sprites(this);
    this.overlay = new Overlay(this.node);
    this.axisNames = new AxisNames(this.node);
    this.areaTool = new AreaTool(this);
    this.areaTool.update();
    this.node.append(this.legend, this.tools, this.exportMenu.menu, this.tooltip, this.status);
    this.presenter = new Presenter(this);
    this.search = new SearchBox(this.node, (text) => this.find(text), {
      pick: (index) => this.pick(index, { fly: true }),
      place: (word) => this.picking.place(word, { fly: true }),
    });
    this.help = new Help(this);
  }

  url(kind, id, rest = "") {
    return `${this.data.base}/maps/${id}/${kind}${rest}`;
  }

  // Apply data from Python without redrawing what is unchanged.
  async reconcile(data) {
    const before = this.data;
    this.data = data;
    this.axisNames.show(data.axes, data.n_components);
    for (const panel of document.querySelectorAll(PANELS)) this.panelObserver.observe(panel);
    const same = (...names) => before && names.every((name) => before[name] === data[name]);
    try {
      const themed = this.followTheme();
      const isStill = this.renderer?.name === "plotly" && hasWebGL2();
      if (!same("projection") || (isStill && moves(data))) await this.load(data, same("embedding"));
      else if (this.ready && (themed || !sameLook(before, data))) await this.look.change(data);
      else if (!same("labels")) this.render();
      this.live.follow(data.live);
      if (this.ready) this.follow(data);
    } catch (error) {
      this.fail(error);
    }
  }

  // Names move out of the way of a panel that grows.
  avoidPanels() {
    this.sceneKey = "";
    if (this.renderer) this.render();
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
    const { dataset } = this.node;
    this.replay.end();
    Object.assign(dataset, { ready: "false", error: "", projection: data.projection, nComponents: data.n_components });
    this.node.setAttribute("aria-label", `Map of ${data.n_points} points. Plus and minus zoom, H shows the whole map, slash searches. Arrow keys move from point to point, Enter picks, Space selects, Escape leaves. Question mark lists all keys.`);
    this.say(`Loading ${data.n_points.toLocaleString()} points…`);
    const drawn = this.live.places(data.n_points) ?? (this.renderer?.nComponents === 2 ? this.points : null);
    const before = sameEmbedding && data.n_components === 2 ? drawn : null;
    if (!sameEmbedding) this.forget();
    this.picking.forgetPlace();
    const { n_points: nPoints, n_components: nComponents } = data;
    const name = chooseRenderer({ nPoints, nComponents, moves: canMorph(before, nPoints * nComponents) || moves(data), webgl2: hasWebGL2() });
    const [points, Plotly] = await Promise.all([
      fetchPoints(this.url("points", data.projection), nPoints, nComponents),
      name === "plotly" ? loadPlotly(data.plotly) : null,
      this.columns.needAll(data),
    ]);
    if (this.data.projection !== data.projection || this.destroyed) return;
    this.points = points;
    setInsets(this.insets());
    // A view belongs to its projection; a new projection starts at the home view.
    this.renderer?.destroy();
    this.renderer = makeRenderer(name, this.stage, nComponents, Plotly);
    this.renderer.onContext = (isLost) => this.say(isLost ? "The browser is restoring the graphics …" : "");
    this.renderer.setPoints(points);
    this.look.start(data);
    const from = name === "webgl" && canMorph(before, points.length) ? fitted(before, points) : null;
    await (from ? this.renderer.setPositions(from) : this.renderer.draw());
    if (this.live.job && this.live.job !== data.live?.job) this.live.end();
    if (from) await morph(this.renderer, from, points, () => this.data.projection !== data.projection || this.destroyed);
    if (this.data.projection !== data.projection || this.destroyed) return;
    await twoFrames();
    Object.assign(dataset, { ready: "true", nPoints: data.n_points, renderer: this.renderer.name });
    performance.mark("embedlab-map:ready");
    this.say(name !== "canvas" ? "" : `This browser has no WebGL 2: only a sample of ${this.renderer.nDrawn.toLocaleString()} points is shown.`);
    this.wake();
    this.fetchNames(data);
    // What was changed while the points were loading.
    if (!sameLook(data, this.data)) this.look.change(this.data);
    const { guest } = this.picking;
    this.follow(this.data);
    this.picking.placeAgain(guest);
  }

  forget() {
    this.columns.clear();
    this.labels = null;
    this.picking.set(null);
    this.walker.end();
    this.emphasis = new Emphasis();
    this.selecting.reset(null);
  }

  async fetchNames(data) {
    if (this.labels) return;
    const labels = await fetchLabels(this.url("labels", data.embedding), data.n_points).catch(() => null);
    if (this.destroyed || !labels || this.data.embedding !== data.embedding) return;
    this.labels = labels;
    this.mapLabels.reset();
    this.render();
  }

  isShown(index) {
    return this.emphasis.isShown(index);
  }

  // Picking

  // Commands from Python are numbered: an old one, or one that only echoes a click made here, changes nothing.
  runCommand({ command }) {
    if (!command || command.n <= this.lastCommand) return;
    this.lastCommand = command.n;
    const { picking } = this;
    if (command.word) {
      if (command.word !== picking.guest?.query) picking.place(command.word, { send: false, fly: command.fly });
    } else if (command.index !== picking.index || picking.guest) this.pick(command.index, { send: false, fly: command.fly });
  }

  // Apply what the page wants to be shown: pick, query, selection.
  follow(data) {
    this.runCommand(data);
    this.replay.show(data.film ?? null);
    if (data.query?.id !== this.query?.id) this.showQuery(data.query);
    this.selecting.follow(data.selection);
    this.presenter.show(data.title, data.bookmark);
    if (data.view && data.view.id !== this.viewId) this.showView(data.view);
    if (data.min_count !== this.minCount) {
      this.minCount = data.min_count;
      if (this.picking.index !== null) this.pick(this.picking.index, { send: false });
    }
    this.pictureNeighbors.follow();
  }

  // The view of a bookmark; without a camera the whole map.
  showView({ id, camera, frame }) {
    this.viewId = id;
    this.replay.startAt(frame ?? null);
    this.move((renderer) => {
      if (!camera) return renderer.home();
      const { width, height } = renderer.view();
      return renderer.setCamera(camera.eye ? camera : rangesAround(camera, width, height, this.insets()));
    });
  }

  bookmark() {
    if (!this.ready) return;
    this.bookmarks = (this.bookmarks ?? 0) + 1;
    const { width, height } = this.renderer.view();
    const camera = this.camera();
    const view = camera.eye ? { ...camera } : rangesInSight(camera, width, height, this.insets());
    this.send("bookmark", { camera: view, frame: this.replay.active ? this.replay.frame : null, n: this.bookmarks });
  }

  showQuery(query) {
    this.query = query;
    this.node.dataset.query = query?.kind ?? "";
    this.node.dataset.answers = query ? query.answers.map(([row]) => row).join(",") : "";
    this.dim();
    this.render();
    if (!query) return;
    const places = query.rows.map((row) => this.places.of(row));
    if (query.at) places.push(query.at);
    if (query.answers.length) places.push(this.places.of(query.answers[0][0]));
    this.move((renderer) => renderer.flyTo(places));
    const answers = query.answers.length ? ` Answers: ${names(query.answers)}` : "";
    this.say(`${query.title}.${answers}`, true);
  }

  dim() {
    const { index, guest } = this.picking;
    this.node.classList.toggle("has-pick", index !== null || Boolean(guest?.at) || this.query !== null);
  }

  // See `Picking.pick`; a linked map tells its pair.
  pick(index, options) {
    return this.picking.pick(index, options);
  }

  // See `Look.emphasize`; a linked map tells its pair.
  emphasize() {
    return this.look.emphasize();
  }

  clear() {
    this.areaTool.cancel();
    this.walker.end();
    this.selecting.clear();
    if (this.query) this.send("query", { id: null });
    if (!this.picking.isEmpty) this.pick(null);
  }

  find(text) {
    return fetchJson(this.url("search", this.data.embedding, `?q=${encodeURIComponent(text)}`));
  }

  labelOf(index) {
    return this.labels ? this.labels[index] : "";
  }

  // For tests: positions in the window, and the point at one.

  screenPosition(index) {
    return this.places.inWindow(this.places.of(index));
  }

  guestPosition() {
    return this.picking.guest?.at ? this.places.inWindow(this.picking.guest.at) : null;
  }

  pickAt(clientX, clientY) {
    const { left, top } = this.stage.getBoundingClientRect();
    return this.places.pointAt(clientX - left, clientY - top);
  }

  camera() {
    return this.renderer.camera();
  }

  hover(index, x, y) {
    if (index === this.hovered && index < 0) return;
    const isOther = index !== this.hovered;
    this.hovered = index;
    this.stage.classList.toggle("over-point", index >= 0);
    this.tooltip.hidden = index < 0 || !this.labels;
    if (this.tooltip.hidden) return;
    // The same picture again would flicker.
    const picture = isOther || !this.tooltip.firstChild ? this.sprites.picture(index) : this.tooltip.querySelector("img");
    this.tooltip.replaceChildren(...(picture ? [picture] : []), shortened(this.labelOf(index)));
    const left = x > this.stage.clientWidth - 160 ? x - 12 - this.tooltip.offsetWidth : x + 14;
    this.tooltip.style.transform = `translate(${left}px, ${y + 12}px)`;
  }

  // Drawing

  async move(how) {
    if (!this.ready) return;
    setInsets(this.insets());
    this.wake();
    await how(this.renderer);
    this.wake();
  }

  // Names wait until the returned function is called, or replaced by that of a later call.
  holdNames() {
    const hold = {};
    this.hold = hold;
    return () => {
      if (this.hold !== hold) return;
      this.hold = null;
      this.wake();
    };
  }

  // Update the overlay frame by frame while the view moves; stop when it is still.
  wake() {
    this.still = 0;
    if (this.frame || this.hold) return;
    const step = () => {
      this.frame = null;
      if (this.destroyed || !this.renderer || !this.points) return;
      this.still = this.render() ? 0 : this.still + 1;
      if (this.renderer.isLive && this.still === 0) this.look.adaptDensity();
      if (this.still < STILL_FRAMES) this.frame ??= requestAnimationFrame(step);
      else this.look.adaptDensity();
    };
    this.frame = requestAnimationFrame(step);
  }

  // Draw the overlay; return whether the view has moved since the last call.
  render() {
    if (!this.ready || this.destroyed || this.hold) return false;
    const view = this.renderer.view();
    const key = viewKeyOf(view);
    const moved = key !== this.viewKey;
    const sceneKey = sceneKeyOf(this, key);
    if (sceneKey === this.sceneKey) return moved;
    Object.assign(this, { viewKey: key, sceneKey });
    this.overlay.render(sceneOf(this, view));
    this.replay.drawTrails(view);
    this.sprites.render(view);
    if (this.mapLabels.isPlanning) {
      // The rest of the labels follows in the next frames.
      this.mapLabels.isPlanning = false;
      this.sceneKey = "";
      this.wake();
    }
    return moved;
  }

  // What panels cover at each side, in pixels.
  insets() {
    return insetsOf(this);
  }

  // Rectangles that labels must not cover.
  controlRectangles() {
    return controlRectangles(this);
  }

  async resize() {
    // The options panel ends above the legend.
    setLegendHeight(`${this.legend.offsetHeight}px`);
    if (!this.ready) return;
    await this.renderer.resize();
    this.wake();
  }

  // After a change of the size of the type.
  restyleText() {
    this.mapLabels.reset();
    this.sceneKey = "";
    this.render();
  }

  say(text, screenReaderOnly = false) {
    this.status.textContent = text;
    this.status.classList.toggle("screen-reader-only", screenReaderOnly);
  }

  fail(error) {
    this.node.dataset.error = error.message;
    this.say(error.message);
  }

  destroy() {
    this.destroyed = true;
    this.live.end();
    cancelAnimationFrame(this.frame);
    this.resizeObserver.disconnect();
    this.panelObserver.disconnect();
    setLegendHeight(null);
    this.interaction.destroy();
    this.replay.destroy();
    this.presenter.destroy();
    this.exportMenu.destroy();
    this.outside.destroy();
    this.renderer?.destroy();
    this.overlay.destroy();
    this.sprites.destroy();
  }
}

// Whether points or views will move: a replay, or two linked maps.
function moves(data) {
  return Boolean(data.film || data.isLinked);
}
