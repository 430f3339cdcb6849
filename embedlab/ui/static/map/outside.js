// Keys that a program highlights: asks every two seconds whether there are others, and tells the page.

import { fetchJson } from "./data.js";

const EVERY_MS = 2000;

export class OutsideWatcher {
  constructor(map) {
    this.map = map;
    this.embedding = null;
    this.id = null;
    this.timer = setInterval(() => this.look(), EVERY_MS);
  }

  async look() {
    const { map } = this;
    if (!map.ready || document.hidden || this.busy) return;
    const { embedding } = map.data;
    this.busy = true;
    try {
      const { id } = await fetchJson(map.url("highlight", embedding));
      const isNews = this.embedding === embedding && this.id !== id;
      Object.assign(this, { embedding, id });
      if (isNews && !map.destroyed && map.data.embedding === embedding) map.send("outside", { id });
    } catch {
      // The server is away or the embedding is deleted; the page says so itself.
    } finally {
      this.busy = false;
    }
  }

  destroy() {
    clearInterval(this.timer);
  }
}
