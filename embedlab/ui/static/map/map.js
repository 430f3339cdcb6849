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
import { groupsOf, readTheme, sizesOf } from "./colors.js";
import { Columns } from "./columns.js";
import { fetchJson, fetchLabels, fetchPoints, loadPlotly } from "./data.js";
import { differs, pointsInView, pointStyle } from "./density.js";
import { button, element } from "./dom.js";
import { Emphasis } from "./emphasis.js";
import { Grid, nearestProjected, project, rangesAround, rangesInSight, setInsets } from "./geometry.js";
import { Help } from "./help.js";
import { Interaction } from "./interaction.js";
import { AreaTool } from "./lasso.js";
import { fillLegend } from "./legend.js";
import { LiveLayout } from "./live.js";
import { MapLabels } from "./map_labels.js";
import { canMorph, fitted, morph } from "./morph.js";
import { Overlay, shortened } from "./overlay.js";
import { OutsideWatcher } from "./outside.js";
import { ExportMenu } from "./picture/export.js";
import { controlRectangles, insetsOf, PANELS, setLegendHeight } from "./panels.js";
import { PictureNeighbors } from "./picture_neighbors.js";
import { Presenter } from "./present.js";
import { chooseRenderer, hasWebGL2, makeRenderer } from "./renderers.js";
import { Replay } from "./replay.js";
import { sceneKeyOf, sceneOf, viewKeyOf } from "./scene.js";
import { SearchBox } from "./search.js";
import { shapesOf } from "./shapes.js";
import { Selecting } from "./selecting.js";
import { Sprites } from "./sprites.js";
import { Walker } from "./walk.js";

const PICK_PX = 8;
const STILL_FRAMES = 20;
const NEIGHBORS = 10;
// The data that colors, sizes and shapes of points depend on.
const LOOK = ["color", "size", "clusters_version", "palette", "scale", "n_categories", "size_factor", "opacity_factor", "shape", "mark"];
const SOON_MS = 100;
// Longer waits are explained.
const SLOW_MS = 500;

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
    this.picked = null;
    // An out-of-vocabulary word: {query, word, at}; `at` is null until the server has placed it.
    this.guest = null;
    this.neighbors = [];
    this.linked = [];
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
    this.legendButton = element("button", { type: "button", class: "select", text: "Select these points" });
    this.legendButton.addEventListener("click", (event) => this.selectPressedColors(this.selecting.howOf(event)));
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
      place: (word) => this.place(word, { fly: true }),
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
      else if (this.ready && (themed || !same(...LOOK))) await this.recolor(data);
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
    if (this.guest) this.setPick(null, { query: this.guest.query, word: this.guest.word, at: null });
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
    this.style = pointStyle(nPoints, this.stage.clientWidth, this.stage.clientHeight, this.renderer.isLive);
    this.applyColors(data);
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
    const { guest } = this;
    this.follow(this.data);
    // The position of a guest is different on every map.
    if (guest && guest === this.guest && !guest.at) this.place(guest.query, { send: false });
  }

  forget() {
    this.columns.clear();
    this.labels = null;
    this.setPick(null);
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

  // Colors

  async recolor(data) {
    // Some colors are computed when they are first needed.
    const waiting = setTimeout(() => this.say("Computing the colors…"), SLOW_MS);
    try {
      await this.columns.needAll(data);
    } finally {
      clearTimeout(waiting);
      if (this.status.textContent === "Computing the colors…") this.say("");
    }
    if (this.data !== data || this.destroyed) return;
    // The points come first: the names follow when these are on the screen.
    const hold = {};
    this.hold = hold;
    try {
      this.applyColors(data);
      await this.renderer.draw();
    } finally {
      twoFrames().then(() => {
        if (this.hold !== hold) return;
        this.hold = null;
        this.wake();
      });
    }
  }

  applyColors(data) {
    const column = this.columns.get(data.color);
    const shapes = this.columns.get(data.shape);
    const { size, opacity } = this.factored(this.style);
    this.sizes = sizesOf(this.columns.get(data.size));
    if (this.node.dataset.color !== (data.color ?? "")) this.emphasis.categories.clear();
    this.groups = groupsOf(column, this.theme, data);
    const groups = this.emphasized();
    this.renderer.setShapes?.(shapesOf(shapes));
    this.renderer.setGroups(groups, this.sizes, size, opacity);
    fillLegend(this.legend, column?.legend.title ?? data.color, column, this.theme, {
      isPressed: (code) => this.emphasis.categories.has(code),
      look: data,
      groups: this.groups,
      shapes,
      onPress: (code, isAdded = true) => {
        this.emphasis.chooseCategory(code, isAdded);
        this.emphasize();
        this.updateLegendButton();
      },
    });
    this.legend.append(this.legendButton);
    this.updateLegendButton();
    this.mapLabels.recolor();
    this.sceneKey = "";
    this.node.dataset.color = data.color ?? "";
  }

  updateLegendButton() {
    this.legendButton.hidden = !this.emphasis.categories.size;
  }

  isShown(index) {
    return this.emphasis.isShown(index);
  }

  emphasized() {
    const column = this.columns.get(this.data.color);
    this.emphasis.filter(column);
    return this.emphasis.apply(this.emphasis.recolored(this.groups, column, this.theme), this.data.n_points);
  }

  // Size and opacity with what the user chose.
  factored({ size, opacity }) {
    return { size: size * (this.data.size_factor ?? 1), opacity: Math.min(1, opacity * (this.data.opacity_factor ?? 1)) };
  }

  // Redraw the points after a change of the emphasis; the legend stays, so that its buttons keep the focus.
  async emphasize() {
    if (!this.ready) return;
    this.node.dataset.selected = this.emphasis.nSelected;
    const { sizes, base, opacity } = this.renderer;
    this.renderer.setGroups(this.emphasized(), sizes, base, opacity);
    this.sceneKey = "";
    await this.renderer.draw();
    this.wake();
  }

  // Adapt size and opacity to the points in view: once the view is still, or in every frame.
  async adaptDensity() {
    if (!this.ready || this.destroyed) return;
    const view = this.renderer.view();
    const style = pointStyle(pointsInView(view, this.points, this.data.n_components), view.width, view.height, this.renderer.isLive);
    if (!differs(this.style, style, this.renderer.isLive)) return;
    this.style = style;
    const { size, opacity } = this.factored(style);
    await this.renderer.setStyle(this.sizes, size, opacity);
  }

  colorOf(index) {
    return this.groups.colors[this.groups.codes ? this.groups.codes[index] : 0];
  }

  // Picking

  // Commands from Python are numbered: an old one, or one that only echoes a click made here, changes nothing.
  runCommand({ command }) {
    if (!command || command.n <= this.lastCommand) return;
    this.lastCommand = command.n;
    if (command.word) {
      if (command.word !== this.guest?.query) this.place(command.word, { send: false, fly: command.fly });
    } else if (command.index !== this.picked || this.guest) this.pick(command.index, { send: false, fly: command.fly });
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
      if (this.picked !== null) this.pick(this.picked, { send: false });
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
    const places = query.rows.map((row) => this.coordinates(row));
    if (query.at) places.push(query.at);
    if (query.answers.length) places.push(this.coordinates(query.answers[0][0]));
    this.move((renderer) => renderer.flyTo(places));
    const answers = query.answers.length ? ` Answers: ${names(query.answers)}` : "";
    this.say(`${query.title}.${answers}`, true);
  }

  // The points of the colors that are pressed in the legend.
  selectPressedColors(how) {
    const codes = [...this.emphasis.categories];
    if (codes.length) this.selecting.groups(this.data.color, codes, how);
    else this.say("Press a color of the legend first.", true);
  }

  dim() {
    this.node.classList.toggle("has-pick", this.picked !== null || Boolean(this.guest?.at) || this.query !== null);
  }

  // Either a point is picked, or a guest is shown, or neither.
  setPick(index, guest = null) {
    this.picked = index;
    this.guest = guest;
    this.neighbors = [];
    this.linked = [];
    this.pictureNeighbors.clear();
    Object.assign(this.node.dataset, { picked: index ?? "", neighbors: "", linked: "", guest: guest?.at ? guest.word : "" });
    this.dim();
  }

  async pick(index, { send = true, fly = false } = {}) {
    this.setPick(index);
    this.render();
    performance.mark("embedlab-map:picked");
    if (index === null) {
      if (send) this.send("pick", { index: null });
      return;
    }
    const request = fetchJson(this.url("neighbors", this.data.embedding, `?index=${index}&topn=${NEIGHBORS}&min_count=${this.data.min_count}`));
    if (send) this.sendPick(index, request);
    if (fly) this.move((renderer) => renderer.flyTo([this.coordinates(index)]));
    try {
      const { neighbors, linked = [] } = await request;
      if (this.picked !== index || this.destroyed) return;
      this.neighbors = neighbors;
      this.linked = linked;
      this.replay.followPick();
      this.render();
      this.node.dataset.neighbors = this.neighbors.map(([neighbor]) => neighbor).join(",");
      this.node.dataset.linked = this.linked.join(",");
      performance.mark("embedlab-map:neighbors");
      this.pictureNeighbors.follow();
      this.say(`${this.labelOf(index)}: nearest ${names(neighbors)}`, true);
    } catch (error) {
      this.say(error.message);
    }
  }

  // The page draws its details after a pick, which keeps server and browser busy: the neighbors come first, if they are soon
  // here.
  async sendPick(index, answer) {
    await Promise.race([answer.catch(() => null), new Promise((resolve) => setTimeout(resolve, SOON_MS))]);
    await new Promise(requestAnimationFrame);
    if (this.picked === index && !this.destroyed) this.send("pick", { index });
  }

  // Show an out-of-vocabulary word where its subwords place it. It is not a point: it cannot be picked or selected.
  async place(text, { send = true, fly = false } = {}) {
    const guest = { query: text, word: text, at: null };
    this.setPick(null, guest);
    this.render();
    const parameters = `?word=${encodeURIComponent(text)}&topn=${NEIGHBORS}&min_count=${this.data.min_count}`;
    const request = fetchJson(this.url("place", this.data.projection, parameters));
    if (send) this.send("word", { word: text });
    try {
      const { word, at, neighbors } = await request;
      if (this.guest !== guest || this.destroyed) return;
      this.setPick(null, { query: text, word, at });
      this.neighbors = neighbors;
      this.render();
      this.node.dataset.neighbors = neighbors.map(([neighbor]) => neighbor).join(",");
      if (this.ready && (fly || !this.isInSight(at))) {
        // Show its neighbors too, since it may be far from all points.
        const nearby = neighbors.map(([neighbor]) => this.coordinates(neighbor));
        this.move((renderer) => renderer.flyTo([at, ...nearby]));
      }
      this.say(`${word}, placed by subwords: nearest ${names(neighbors)}`, true);
    } catch (error) {
      if (this.guest === guest) this.say(error.message);
    }
  }

  clear() {
    this.areaTool.cancel();
    this.walker.end();
    this.selecting.clear();
    if (this.query) this.send("query", { id: null });
    if (this.picked !== null || this.guest) this.pick(null);
  }

  find(text) {
    return fetchJson(this.url("search", this.data.embedding, `?q=${encodeURIComponent(text)}`));
  }

  labelOf(index) {
    return this.labels ? this.labels[index] : "";
  }

  // Built when first needed, and again for other points.
  get grid() {
    if (this.grid_?.points !== this.points) this.grid_ = new Grid(this.points);
    return this.grid_;
  }

  // Index of the point at a position on the stage, or -1.
  pointAt(x, y) {
    if (!this.ready) return -1;
    const view = this.renderer.view();
    const shown = (index) => this.isShown(index);
    if (this.renderer.nComponents === 2) return this.grid.nearest(view, x, y, PICK_PX, shown);
    return nearestProjected(view, this.points, this.data.n_components, x, y, PICK_PX, shown);
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

  // Update the overlay frame by frame while the view moves; stop when it is still.
  wake() {
    this.still = 0;
    if (this.frame || this.hold) return;
    const step = () => {
      this.frame = null;
      if (this.destroyed || !this.renderer || !this.points) return;
      this.still = this.render() ? 0 : this.still + 1;
      if (this.renderer.isLive && this.still === 0) this.adaptDensity();
      if (this.still < STILL_FRAMES) this.frame ??= requestAnimationFrame(step);
      else this.adaptDensity();
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

function names(rows) {
  return rows.map(([, label]) => label).join(", ");
}

function twoFrames() {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}
