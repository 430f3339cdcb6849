// Two maps side by side, linked by key.
//
// For tests, on the node `.embedlab-compare`:
//   data-ready    "true" once both maps are drawn     data-n-shared  number of keys that both have
//   data-error    error message, if any
// `window.embedlabPair` is this object: `maps` are the two maps, `counterpart(side, index)` -> row on the other, or -1.

import { element } from "../map/dom.js";
import { bounds, homeRanges } from "../map/geometry.js";
import { LinkedMap, OVERLAP } from "./linked_map.js";
import { fetchRows, inverse, mapped } from "./rows.js";

export class LinkedPair {
  constructor(node) {
    this.node = node;
    this.send = () => {};
    this.leader = 0;
    this.pick = null;
    this.rows = null;
    this.titles = [0, 1].map(() => element("div", { class: "embedlab-compare-title" }));
    const nodes = [0, 1].map(() => element("div", { class: "embedlab-map", tabindex: "0", role: "application", "data-ready": "false" }));
    node.replaceChildren(...nodes.map((each, side) => element("div", { class: "embedlab-compare-side" }, this.titles[side], each)));
    this.maps = nodes.map((each, side) => new LinkedMap(each, side, this));
    this.maps.forEach((map, side) => {
      map.send = (name, value) => {
        if (name === "pick") this.send("pick", { side, index: value.index });
      };
    });
  }

  async show(data) {
    const before = this.data;
    this.data = data;
    const pair = { first: data.first, second: data.second, same: data.same };
    const changed = before?.first !== data.first || before?.second !== data.second;
    if (data.sides.some((side, at) => side.embedding !== before?.sides[at].embedding)) this.pick = null;
    if (changed) {
      this.rows = null;
      this.node.dataset.ready = "false";
      this.maps.forEach((map) => map.forget());
    }
    data.sides.forEach((side, at) => {
      this.titles[at].textContent = side.title;
      this.titles[at].title = side.title;
    });
    try {
      if (changed) await this.fetchRows(data);
      if (this.data !== data || this.destroyed) return;
      await Promise.all(this.maps.map((map, at) => map.reconcile({
        ...data.sides[at],
        base: data.base,
        plotly: data.plotly,
        pair,
        // Both maps have the same renderer, so that one can show the view of the other.
        isLinked: true,
        // In another pair the same map has other colors, and the second another place.
        projection: `${data.sides[at].projection}-${data.sides[1 - at].projection}`,
        color: data.color ?? `${OVERLAP} ${data.first} ${data.second}`,
        clusters: null,
        size: null,
        labels: "frequent",
        min_count: 0,
        query: null,
        selection: null,
        command: at ? null : data.command,
      })));
      if (before && !before.linked && data.linked) this.moved(this.leader);
    } catch (error) {
      this.node.dataset.error = error.message;
      this.maps.forEach((map) => map.fail(error));
    }
  }

  async fetchRows(data) {
    const rows = await fetchRows(`${data.base}/compared/${data.first}/${data.second}/rows`, data.sides[0].n_points);
    if (this.data !== data) return;
    this.rows = [rows, inverse(rows, data.sides[1].n_points)];
    this.node.dataset.nShared = rows.reduce((sum, row) => sum + (row >= 0 ? 1 : 0), 0);
  }

  counterpart(side, index) {
    return index === null || !this.rows ? -1 : this.rows[side][index];
  }

  get bothReady() {
    return this.maps.every((map) => map.ready);
  }

  // Both maps start with all points of both in view, and show a pick that was made before.
  loaded() {
    if (!this.bothReady) return;
    this.node.dataset.ready = "true";
    if (this.data.linked) this.showAll();
    const pick = this.pick;
    if (pick) this.picked(pick.side, pick.index, false);
  }

  showAll() {
    const [first] = this.maps;
    if (this.data.sides[0].n_components !== 2) return this.maps[1].followCamera(first.camera());
    const ends = this.maps.map((map) => bounds(map.points, 2));
    const corners = ends.flatMap(([x, y]) => [x[0], y[0], x[1], y[1]]);
    const { width, height } = first.renderer.view();
    const ranges = homeRanges(new Float32Array(corners), width, height);
    return Promise.all(this.maps.map((map) => map.followCamera(ranges)));
  }

  leads(side) {
    this.leader = side;
  }

  moved(side) {
    if (side !== this.leader || !this.data?.linked || !this.bothReady) return;
    const camera = this.maps[side].camera();
    this.maps[1 - side].followCamera(camera);
  }

  hovered(side, index) {
    this.maps[1 - side].showHover(index < 0 ? -1 : this.counterpart(side, index));
  }

  picked(side, index, fly) {
    this.pick = index === null ? null : { side, index };
    const [own, other] = [this.maps[side], this.maps[1 - side]];
    const row = this.counterpart(side, index);
    other.pick(row < 0 ? null : row, { linked: true, send: false });
    if (index !== null && row < 0) other.say(`${own.labelOf(index)} is not in this embedding.`);
    if (fly && index !== null && own.ready) this.flyTo(side, index, row);
  }

  // With one view for both, the places of the key on both maps are in view.
  flyTo(side, index, row) {
    this.leads(side);
    const [own, other] = [this.maps[side], this.maps[1 - side]];
    const places = [own.coordinates(index)];
    if (row >= 0 && other.ready && this.data.linked) places.push(other.coordinates(row));
    own.move((renderer) => renderer.flyTo(places));
    if (row >= 0 && other.ready && !this.data.linked) other.move((renderer) => renderer.flyTo([other.coordinates(row)]));
  }

  emphasized(side, selected) {
    if (!this.rows) return;
    this.maps[1 - side].showSelected(selected && mapped(selected, this.rows[side], this.data.sides[1 - side].n_points));
  }

  destroy() {
    this.destroyed = true;
    this.maps.forEach((map) => map.destroy());
  }
}
