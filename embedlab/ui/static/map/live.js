// A layout that is still being computed, drawn over the map: polls the newest frame and moves the points to it.
//
// For tests, the node `.embedlab-map` has data-live: "iteration/iterations" of the newest frame, or empty.

import { between, eased } from "../film/motion.js";
import { Stage } from "../film/stage.js";
import { element } from "./dom.js";
import { homeRanges } from "./geometry.js";

const POLL_MS = 400;
// A frame arrives while the points still move to the one before.
const MOVE_MS = 500;
const HEADER = 4;
const MOST_SORTED = 2000;
const TAIL = 0.01;
const MARGIN = 0.3;

// The header of a frame and its points in the plane: in 3-D, as seen from the front.
export function readFrame(buffer) {
  if (buffer.byteLength < HEADER * 4) throw new Error("The frame is incomplete.");
  const [number, iteration, nIterations, nComponents] = new Uint32Array(buffer, 0, HEADER);
  const values = new Float32Array(buffer, HEADER * 4);
  if ((nComponents !== 2 && nComponents !== 3) || values.length % nComponents) throw new Error("The frame is incomplete.");
  if (nComponents === 2) return { number, iteration, nIterations, points: values };
  const points = new Float32Array((values.length / 3) * 2);
  for (let i = 0; i < points.length / 2; i += 1) {
    points[2 * i] = values[3 * i];
    points[2 * i + 1] = values[3 * i + 1];
  }
  return { number, iteration, nIterations, points };
}

export function statusText(title, frame, nShown, nPoints) {
  const shown = nShown < nPoints ? ` · ${nShown.toLocaleString("en-US")} of ${nPoints.toLocaleString("en-US")} points` : "";
  return `${title}: iteration ${frame.iteration.toLocaleString("en-US")} of ${frame.nIterations.toLocaleString("en-US")}${shown}`;
}

// Bounds of nearly all points, so that a few that fly far off while the layout forms do not shrink the rest to a dot:
// [least x, most x, least y, most y].
export function robustBounds(points) {
  const n = points.length / 2;
  const step = Math.max(1, Math.floor(n / MOST_SORTED));
  const box = [];
  for (const axis of [0, 1]) {
    const values = [];
    for (let i = 0; i < n; i += step) values.push(points[2 * i + axis]);
    values.sort((a, b) => a - b);
    const last = values.length - 1;
    const [low, high] = [values[Math.floor(TAIL * last)], values[Math.ceil((1 - TAIL) * last)]];
    const margin = MARGIN * (high - low || 1);
    box.push(Math.max(values[0], low - margin), Math.min(values[last], high + margin));
  }
  return box;
}

export class LiveLayout {
  constructor(map) {
    this.map = map;
    this.job = null;
  }

  // `live` is {job, title}; null to end.
  follow(live) {
    if ((live?.job ?? null) === this.job) return;
    this.end();
    if (!live) return;
    Object.assign(this, { job: live.job, title: live.title, frame: null, rows: null });
    this.poll(live.job);
  }

  async poll(job) {
    try {
      const response = await fetch(this.url(job, `frame?since=${this.frame?.number ?? 0}`), { credentials: "same-origin" });
      if (this.job !== job) return;
      if (response.status === 200) await this.take(job, readFrame(await response.arrayBuffer()));
    } catch {
      // While the server is not available, keep the frame and try again.
    }
    if (this.job === job) this.timer = setTimeout(() => this.poll(job), POLL_MS);
  }

  url(job, rest) {
    return `${this.map.data.base}/layouts/${job}/${rest}`;
  }

  async take(job, frame) {
    if (!this.rows || this.rows.length !== frame.points.length / 2) {
      const response = await fetch(this.url(job, "rows"), { credentials: "same-origin" });
      if (response.status !== 200 || this.job !== job) return;
      this.rows = new Int32Array(await response.arrayBuffer());
      this.from = null;
    }
    if (this.job !== job || this.rows.length !== frame.points.length / 2) return;
    this.from = this.from ? this.shown() : frame.points;
    this.since = performance.now();
    this.frame = frame;
    this.show();
  }

  show() {
    if (!this.node) {
      this.stage = new Stage();
      this.stage.canvas.setAttribute("aria-label", "Points of the map while it is computed");
      this.status = element("div", { class: "embedlab-map-live-status", role: "status" });
      this.node = element("div", { class: "embedlab-map-live" }, this.stage.node, this.status);
      this.map.legend.before(this.node);
      this.map.node.classList.add("is-live");
    }
    const { frame } = this;
    this.map.node.dataset.live = `${frame.iteration}/${frame.nIterations}`;
    this.status.textContent = statusText(this.title, frame, this.rows.length, this.map.data.n_points);
    this.wake();
  }

  // The points as they are drawn now.
  shown() {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const share = calm ? 1 : Math.min(1, (performance.now() - this.since) / MOVE_MS);
    if (share >= 1 || this.from.length !== this.frame.points.length) return this.frame.points;
    return between(this.from, this.frame.points, eased(share), new Float32Array(this.from.length));
  }

  wake() {
    this.request ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.request = null;
    if (!this.frame || !this.node?.isConnected) return;
    const { map, rows } = this;
    const points = this.shown();
    const { width, height } = this.stage.measure();
    const box = robustBounds(points);
    const groups = map.look.groups ?? { codes: null, colors: [map.theme.text] };
    const moving = this.stage.draw({
      points,
      ranges: homeRanges(new Float32Array([box[0], box[2], box[1], box[3]]), width, height),
      theme: map.theme,
      groups: { ...groups, codes: groups.codes ? Array.from(rows, (row) => groups.codes[row]) : null },
      labels: map.labels ? Array.from(rows.subarray(0, 400), (row) => map.labels[row]) : [],
      followed: [],
      nearest: () => [],
    }, 16, false);
    if (moving || points !== this.frame.points) this.wake();
  }

  // The points in the order of the map, so that the finished map starts where the layout was; null if it is a sample.
  places(nPoints) {
    return this.frame && this.rows.length === nPoints ? this.frame.points : null;
  }

  end() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.request);
    this.node?.remove();
    this.map.node.classList.remove("is-live");
    this.map.node.dataset.live = "";
    Object.assign(this, { job: null, frame: null, rows: null, from: null, node: null, request: null });
  }
}
