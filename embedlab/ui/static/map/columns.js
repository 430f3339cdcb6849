// The columns that color, size, shape and name the points, each requested once.

import { fetchColumn } from "./data.js";

// Changes with the format of columns, so that browsers do not use cached ones of earlier versions.
const FORMAT = 2;

export class Columns {
  constructor(map) {
    this.map = map;
    this.loaded = new Map();
    this.requests = new Map();
  }

  get(name) {
    return this.loaded.get(name);
  }

  clear() {
    this.loaded.clear();
  }

  async need(name) {
    if (!name || this.loaded.has(name)) return;
    const { embedding, n_points: nPoints } = this.map.data;
    // What is at an address with clusters changes with them and their names, which the address therefore contains.
    const { clusters_version: version = "" } = this.map.data;
    const url = this.map.url("column", embedding, `/${encodeURIComponent(name)}?v=${FORMAT}${name.startsWith("~") ? version : ""}`);
    // Color and clusters are often the same column, which is requested once.
    if (!this.requests.has(url)) this.requests.set(url, fetchColumn(url, nPoints).finally(() => this.requests.delete(url)));
    const column = await this.requests.get(url);
    if (this.map.data.embedding === embedding) this.loaded.set(name, column);
  }

  needAll(data) {
    if (this.clustersVersion !== data.clusters_version) {
      this.clustersVersion = data.clusters_version;
      for (const name of [...this.loaded.keys()]) if (name.startsWith("~")) this.loaded.delete(name);
    }
    return Promise.all([data.color, data.size, data.clusters, data.shape, data.mark, data.pictures?.only?.column].map((name) => this.need(name)));
  }
}
