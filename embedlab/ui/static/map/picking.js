// What is picked: a point with its true neighbors, or a guest, an out-of-vocabulary word where its subwords place it.

import { fetchJson } from "./data.js";

const NEIGHBORS = 10;
// The neighbors are waited for by the page's details, at most this long.
const SOON_MS = 100;

export class Picking {
  constructor(map) {
    this.map = map;
    this.index = null;
    // {query, word, at}; `at` is null until the server has placed it.
    this.guest = null;
    this.neighbors = [];
    this.linked = [];
  }

  get isEmpty() {
    return this.index === null && !this.guest;
  }

  // Either a point is picked, or a guest is shown, or neither.
  set(index, guest = null) {
    const { map } = this;
    Object.assign(this, { index, guest, neighbors: [], linked: [] });
    map.pictureNeighbors.clear();
    Object.assign(map.node.dataset, { picked: index ?? "", neighbors: "", linked: "", guest: guest?.at ? guest.word : "" });
    map.dim();
  }

  async pick(index, { send = true, fly = false } = {}) {
    const { map } = this;
    this.set(index);
    map.render();
    performance.mark("embedlab-map:picked");
    if (index === null) {
      if (send) map.send("pick", { index: null });
      return;
    }
    const request = fetchJson(map.url("neighbors", map.data.embedding, `?index=${index}&topn=${NEIGHBORS}&min_count=${map.data.min_count}`));
    if (send) this.tell(index, request);
    if (fly) map.move((renderer) => renderer.flyTo([map.places.of(index)]));
    try {
      const { neighbors, linked = [] } = await request;
      if (this.index !== index || map.destroyed) return;
      Object.assign(this, { neighbors, linked });
      map.replay.followPick();
      map.render();
      this.mark();
      performance.mark("embedlab-map:neighbors");
      map.pictureNeighbors.follow();
      map.say(`${map.labelOf(index)}: nearest ${names(neighbors)}`, true);
    } catch (error) {
      map.say(error.message);
    }
  }

  // The page draws its details after a pick, which keeps server and browser busy: the neighbors come first.
  async tell(index, answer) {
    await Promise.race([answer.catch(() => null), new Promise((resolve) => setTimeout(resolve, SOON_MS))]);
    await new Promise(requestAnimationFrame);
    if (this.index === index && !this.map.destroyed) this.map.send("pick", { index });
  }

  // Show a guest. It is not a point: it cannot be picked or selected.
  async place(text, { send = true, fly = false } = {}) {
    const { map } = this;
    const guest = { query: text, word: text, at: null };
    this.set(null, guest);
    map.render();
    const parameters = `?word=${encodeURIComponent(text)}&topn=${NEIGHBORS}&min_count=${map.data.min_count}`;
    const request = fetchJson(map.url("place", map.data.projection, parameters));
    if (send) map.send("word", { word: text });
    try {
      const { word, at, neighbors } = await request;
      if (this.guest !== guest || map.destroyed) return;
      this.set(null, { query: text, word, at });
      this.neighbors = neighbors;
      map.render();
      this.mark();
      if (map.ready && (fly || !map.places.isInSight(at))) {
        // Show its neighbors too, since it may be far from all points.
        const nearby = neighbors.map(([neighbor]) => map.places.of(neighbor));
        map.move((renderer) => renderer.flyTo([at, ...nearby]));
      }
      map.say(`${word}, placed by subwords: nearest ${names(neighbors)}`, true);
    } catch (error) {
      if (this.guest === guest) map.say(error.message);
    }
  }

  // The guest has another place on every map.
  forgetPlace() {
    if (this.guest) this.set(null, { ...this.guest, at: null });
  }

  placeAgain(guest) {
    if (guest && guest === this.guest && !guest.at) this.place(guest.query, { send: false });
  }

  // For tests.
  mark() {
    this.map.node.dataset.neighbors = this.neighbors.map(([neighbor]) => neighbor).join(",");
    this.map.node.dataset.linked = this.linked.join(",");
  }
}

export function names(rows) {
  return rows.map(([, label]) => label).join(", ");
}
