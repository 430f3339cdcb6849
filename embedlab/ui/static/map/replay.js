// Replays a training on its map: a bar with play, a slider and the metrics of the moment; the most frequent points move,
// the others are faint. The axes do not change, and the last frame is the map itself.
//
// For tests, on the node `.embedlab-map`: data-replay: "playing", "paused", or empty; data-frame: number of the frame,
// from 0; data-epoch: finished epochs of this frame; data-trails: number of trails.

import { Controls } from "../film/controls.js";
import { Curve, indexAt, shortNumber } from "../film/curve.js";
import { fetchFrames, fetchJson } from "../film/source.js";
import { element, Pool, svgElement } from "./dom.js";
import { project } from "./geometry.js";
import { epochText, metricTexts, momentText, placedAt, stepped, trailRows } from "./replay_moments.js";

// Duration of a whole replay, and bounds for one frame.
const REPLAY_MS = 12000;
const FRAME_MS = [200, 1200];
const LISTED = 5;
// The address follows the slider after this pause.
const SEND_MS = 400;

export class Replay {
  constructor(map) {
    this.map = map;
    this.run = null;
    this.film = null;
    this.first = null;
    this.motion = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.controls = new Controls({ play: () => this.togglePlay(), seek: (frame) => this.seek(frame) });
    this.curve = new Curve(132, 34);
    this.metrics = element("div", { class: "metrics" });
    this.node = element("div", { class: "embedlab-map-replay", role: "group", "aria-label": "Replay of the training. Space plays and pauses, the left and right arrow keys go to the frame before and after." },
      this.controls.node, element("div", { class: "moment" }, this.metrics, this.curve.node));
    this.node.hidden = true;
    this.node.addEventListener("keydown", (event) => {
      if (event.target === this.controls.button && event.key === " ") return;
      this.key(event);
    });
    map.node.append(this.node);
    const layer = svgElement("g", { class: "trails" });
    map.overlay.svg.prepend(layer);
    this.trails = new Pool(layer, "path");
    this.stops = new Pool(layer, "circle");
  }

  get active() {
    return this.film !== null;
  }

  // Show a moment of the replay, now or as soon as it has begun; null for the end.
  startAt(frame) {
    this.first = frame;
    if (this.active && frame !== null) this.seek(frame);
  }

  // `run` is the id of the run whose film is replayed, or null.
  async show(run) {
    if (run === this.run) return;
    this.end();
    this.run = run;
    if (!run) return;
    try {
      const film = await this.load(run);
      if (this.run !== run || this.destroyed || !this.map.ready) return;
      this.begin(film);
    } catch (error) {
      if (this.run === run) this.map.say(error.message);
    }
  }

  async load(run) {
    const url = `${this.map.data.base}/films/${run}`;
    const about = await fetchJson(url);
    if (about.state !== "finished") throw new Error("There is no film of this training.");
    const [names, frames] = await Promise.all([
      fetchJson(`${url}/names`), fetchFrames(`${url}/frames`, about.n_points, about.k, 0),
    ]);
    return { about, rows: names.rows, frames, pointOf: new Map(names.rows.map((row, point) => [row, point])) };
  }

  begin(film) {
    const { map } = this;
    this.film = film;
    this.base = map.points;
    this.at = Math.min(this.first ?? map.data.moment ?? Infinity, film.frames.length - 1);
    this.first = null;
    this.playing = false;
    const only = new Uint8Array(map.data.n_points);
    for (const row of film.rows) only[row] = 1;
    map.emphasis.only = only;
    map.emphasize();
    this.node.hidden = false;
    map.node.classList.add("has-replay");
    this.settle(false);
  }

  // Back to the map as it is.
  end() {
    const { map } = this;
    this.run = null;
    if (!this.film) return;
    const { base } = this;
    Object.assign(this, { film: null, base: null, playing: false });
    cancelAnimationFrame(this.request);
    this.node.hidden = true;
    map.node.classList.remove("has-replay");
    Object.assign(map.node.dataset, { replay: "", frame: "", epoch: "", trails: "" });
    map.emphasis.only = null;
    map.points = base;
    for (const pool of [this.trails, this.stops]) {
      pool.begin();
      pool.end();
    }
    if (!map.ready || map.destroyed) return;
    map.renderer.setPositions(base);
    map.emphasize();
    if (map.picking.index !== null) map.pick(map.picking.index, { send: false });
  }

  get last() {
    return this.film.frames.length - 1;
  }

  get frame() {
    return Math.round(this.at);
  }

  get frameMs() {
    return Math.min(FRAME_MS[1], Math.max(FRAME_MS[0], REPLAY_MS / Math.max(1, this.last)));
  }

  togglePlay() {
    if (!this.active) return;
    this.playing = !this.playing;
    if (this.playing && this.at >= this.last) this.at = 0;
    this.tickedAt = null;
    if (this.playing) this.wake();
    else this.seek(this.frame);
  }

  seek(frame) {
    if (!this.active) return;
    this.at = Math.min(this.last, Math.max(0, frame));
    this.playing = false;
    this.settle(true);
  }

  // Returns whether the key was one of the replay's.
  key(event) {
    if (!this.active || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return false;
    const frame = stepped(event.key, this.frame, this.last);
    if (event.key === " ") this.togglePlay();
    else if (frame !== null) this.seek(frame);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  wake() {
    cancelAnimationFrame(this.request);
    this.request = requestAnimationFrame((now) => this.tick(now));
  }

  async tick(now) {
    if (!this.playing || this.destroyed) return;
    const passed = Math.min(200, now - (this.tickedAt ?? now));
    this.tickedAt = now;
    this.at = Math.min(this.last, this.at + passed / this.frameMs);
    if (this.at >= this.last) {
      this.playing = false;
      this.settle(true);
      return;
    }
    await this.draw();
    if (this.playing) this.wake();
  }

  // The view is still: the moment is read out.
  async settle(speaks) {
    await this.draw();
    if (!this.active) return;
    if (!speaks) return;
    this.map.say(this.spoken(), true);
    clearTimeout(this.sending);
    this.sending = setTimeout(() => {
      if (this.active && !this.playing) this.map.send("moment", { frame: this.frame });
    }, SEND_MS);
  }

  // While one frame is drawn, only the last of the next ones is remembered.
  async draw() {
    const { map } = this;
    if (this.isDrawing) {
      this.isStale = true;
      return;
    }
    this.isDrawing = true;
    do {
      this.isStale = false;
      map.points = placedAt(this.base, this.film, this.motion.matches ? this.frame : this.at);
      this.update();
      await map.renderer.setPositions(map.points);
      if (!this.active) break;
      map.sceneKey = "";
      map.render();
    } while (this.isStale);
    this.isDrawing = false;
  }

  update() {
    const { about } = this.film;
    const epoch = about.epochs[this.frame];
    const text = epochText(about.epochs, this.frame);
    this.controls.show({ state: "finished", frame: this.frame, n: this.film.frames.length, playing: this.playing, text });
    this.curve.show(about.losses, about.measure, epoch, this.map.theme);
    this.metrics.textContent = this.checks().join(" \u00b7 ");
    this.metrics.hidden = !this.metrics.textContent;
    Object.assign(this.map.node.dataset, { replay: this.playing ? "playing" : "paused", frame: this.frame, epoch });
    this.followPick();
  }

  // All metrics at this moment but the one of the curve.
  checks() {
    const { about } = this.film;
    return metricTexts(about, about.epochs[this.frame]);
  }

  nearest(row, frame) {
    const point = this.film.pointOf.get(row);
    if (point === undefined || frame < 0) return [];
    const { neighbors, k } = this.film.frames[frame];
    return Array.from(neighbors.subarray(point * k, point * k + k), (near) => this.film.rows[near]);
  }

  // The pick has the neighbors that it had at this moment, among the points of the replay.
  followPick() {
    const { map } = this;
    if (!this.active || map.picking.index === null || !this.film.pointOf.has(map.picking.index)) return;
    map.picking.neighbors = this.nearest(map.picking.index, this.frame).map((row) => [row, map.labelOf(row), 0.5]);
    map.picking.mark();
    map.sceneKey = "";
  }

  spoken() {
    const { map, film } = this;
    const { losses, measure, epochs } = film.about;
    const loss = losses.length ? `${measure} ${shortNumber.format(losses[indexAt(losses, epochs[this.frame])][1])}` : "";
    const named = (rows) => rows.slice(0, LISTED).map((row) => map.labelOf(row));
    return momentText({
      epoch: epochText(epochs, this.frame),
      metrics: [loss, ...this.checks()].filter(Boolean),
      key: map.picking.index !== null && film.pointOf.has(map.picking.index) ? map.labelOf(map.picking.index) : "",
      now: named(this.nearest(map.picking.index, this.frame)),
      before: named(this.nearest(map.picking.index, this.frame - 1)),
    });
  }

  // Where the picked and the selected points have been until now.
  drawTrails(view) {
    if (!this.active) return;
    const { map, film } = this;
    this.trails.begin();
    this.stops.begin();
    const rows = trailRows(map.picking.index, map.emphasis.selected, film.pointOf);
    for (const row of rows) {
      const point = film.pointOf.get(row);
      const places = film.frames.slice(0, Math.floor(this.at) + 1)
        .map(({ points }) => project(view, points, 2, point))
        .concat([project(view, map.points, 2, row)])
        .filter(Boolean);
      this.trails.next({ d: `M${places.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}` });
      // One dot for each snapshot until now.
      for (const { x, y } of places.slice(0, -1)) this.stops.next({ cx: x, cy: y, r: 3 });
    }
    this.trails.end();
    this.stops.end();
    map.node.dataset.trails = rows.length;
  }

  destroy() {
    this.destroyed = true;
    this.playing = false;
    clearTimeout(this.sending);
    cancelAnimationFrame(this.request);
  }
}
