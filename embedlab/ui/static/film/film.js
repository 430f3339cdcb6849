// The film of a training: a stage with moving points, the neighbors of followed points, the loss, and a player.
//
// For tests, on the node `.embedlab-film`:
//   data-ready     "true" if there is a frame       data-state    "live", "finished" or "none"
//   data-n-frames  number of frames                 data-frame    number of the current frame, from 0
//   data-epoch     finished epochs of this frame     data-playing  "true" while it plays
//   data-n-points  points per frame                 data-error    error message, if any
//   data-colored   "true" if points have the colors of classes
// and `node.embedlabFilm`, this object: `positions()` -> x, y of all points as they are drawn now, in pixels.

import { groupsOf, readTheme } from "../map/colors.js";
import { element } from "../map/dom.js";
import { homeRanges, PADDING } from "../map/geometry.js";
import { Controls } from "./controls.js";
import { between, boundsOf, eased, turning, union } from "./motion.js";
import { Panel } from "./panel.js";
import { fetchFrames, fetchJson } from "./source.js";
import { Stage } from "./stage.js";

const POLL_MS = 1000;
const ARRIVAL_MS = 1400;
const MOST_FOLLOWED = 5;
const NEAR_PX = 12;
// A film stores more neighbors than fit into the panel.
const LISTED = 5;
// Duration of a whole film, and bounds for one frame.
const FILM_MS = 9000;
const FRAME_MS = [120, 900];

export class Film {
  constructor(node) {
    this.node = node;
    node.embedlabFilm = this;
    this.forget();
    this.stage = new Stage();
    this.panel = new Panel((point) => this.toggle(point));
    this.controls = new Controls({ play: () => this.togglePlay(), seek: (frame) => this.seek(frame) });
    this.status = element("div", { class: "embedlab-film-status", role: "status" });
    this.stage.node.append(this.status);
    node.replaceChildren(this.stage.node, this.panel.node, this.controls.node);
    node.setAttribute("role", "group");
    node.setAttribute("aria-label", "Training film");
    this.motion = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.onKey = (event) => this.key(event);
    node.addEventListener("keydown", this.onKey);
    this.stage.node.addEventListener("click", (event) => this.click(event));
    this.resizeObserver = new ResizeObserver(() => this.wake());
    this.resizeObserver.observe(this.stage.node);
    // There is no event for a change of the theme; it is visible in the styles of the parent.
    this.themeTimer = setInterval(() => this.followTheme(), 1500);
  }

  forget() {
    this.frames = [];
    this.epochs = [];
    this.about = { state: "", losses: [], measure: "" };
    this.labels = [];
    this.places = [];
    this.followed = [];
    this.at = 0;
    this.playing = false;
    this.arrival = null;
  }

  show(data) {
    if (this.data?.run === data.run) return;
    this.data = data;
    this.forget();
    clearTimeout(this.timer);
    this.poll();
  }

  url(rest = "") {
    return `${this.data.base}/films/${this.data.run}${rest}`;
  }

  // Loading

  async poll() {
    const { run } = this.data;
    try {
      const about = await fetchJson(this.url());
      if (this.destroyed || this.data.run !== run) return;
      await this.take(about, run);
      this.node.dataset.error = "";
    } catch (error) {
      // While the server is not available, keep the frames and try again.
      this.node.dataset.error = error.message;
      if (!this.frames.length) this.say(error.message);
    }
    const over = this.about.state === "finished" || this.about.state === "none";
    if (!this.destroyed && this.data.run === run && !over) this.timer = setTimeout(() => this.poll(), POLL_MS);
  }

  async take(about, run) {
    const before = this.about;
    const arriving = before.state === "live" && about.state === "finished";
    if (about.state === "none" && before.state === "live") {
      // Stopped without a result: keep the frames.
      this.about = { ...before, state: "none" };
      this.mark();
      return;
    }
    const samePoints = about.n_points === before.n_points && about.k === before.k;
    // A training thins its frames out, and one that is resumed starts again from its checkpoint.
    const grown = !arriving && samePoints && this.epochs.every((epoch, at) => about.epochs[at] === epoch);
    const known = grown ? this.epochs.length : 0;
    let frames = known ? this.frames : [];
    if (about.epochs.length > known || !this.labels.length || arriving) {
      const [names, fresh] = await Promise.all([
        this.labels.length && !arriving && about.n_points === before.n_points ? null : this.fetchNames(about),
        about.epochs.length > known ? fetchFrames(this.url("/frames"), about.n_points, about.k, known) : [],
      ]);
      if (this.destroyed || this.data.run !== run) return;
      frames = [...frames, ...fresh];
      const drawn = arriving && this.frames.length && frames.length ? this.shownPoints() : null;
      const places = this.places;
      if (names) this.name(names);
      if (drawn) this.arrive(drawn, places, frames[frames.length - 1].points);
    }
    const wasAtEnd = this.at >= this.frames.length - 1;
    const first = !this.frames.length && frames.length;
    const epoch = this.epochs[Math.round(this.at)];
    this.frames = frames.slice(0, about.epochs.length);
    this.epochs = about.epochs.slice(0, this.frames.length);
    this.about = about;
    if (!this.followed.length) this.followed = about.followed.slice(0, MOST_FOLLOWED);
    if (first || arriving) this.at = this.last;
    else if (!grown) this.at = frameOf(this.epochs, epoch);
    if (about.state === "live" && wasAtEnd && !this.held) this.playing = this.at < this.last;
    this.ranges = this.frames.map(({ points }) => this.home(points));
    this.say(this.frames.length ? "" : waiting(about));
    this.mark();
    this.wake();
  }

  async fetchNames(about) {
    return about.n_points ? fetchJson(this.url("/names")) : null;
  }

  name(names) {
    // By place and not by label: documents may have equal names.
    const followed = this.followed.map((point) => this.places[point]);
    this.labels = names.labels;
    this.places = names.places;
    this.colors = names.legend ? { legend: names.legend, values: names.codes.map((value) => value ?? NaN) } : null;
    this.followed = followed.map((place) => this.places.indexOf(place)).filter((point) => point >= 0);
    this.theme = null;
    this.followTheme();
  }

  // From the last live frame to the map: the points move smoothly, however the map is rotated.
  arrive(drawn, placesBefore, last) {
    const pointAt = new Map(placesBefore.map((place, point) => [place, point]));
    const from = new Float32Array(last.length);
    this.places.forEach((place, point) => {
      const before = pointAt.get(place);
      from.set(before === undefined ? last.subarray(2 * point, 2 * point + 2) : drawn.subarray(2 * before, 2 * before + 2), 2 * point);
    });
    if (!this.motion.matches) this.arrival = { from, since: performance.now() };
    this.playing = false;
  }

  followTheme() {
    const theme = readTheme(this.node);
    if (JSON.stringify(theme) === JSON.stringify(this.theme)) return;
    this.theme = theme;
    this.groups = groupsOf(this.colors, theme);
    this.wake();
  }

  // The axes fit the whole map and every frame.
  home(points) {
    const { extent } = this.about;
    return extent ? union(boundsOf(points), extent.flat()) : boundsOf(points);
  }

  // Playing

  get last() {
    return Math.max(0, this.frames.length - 1);
  }

  get frameMs() {
    return Math.min(FRAME_MS[1], Math.max(FRAME_MS[0], FILM_MS / Math.max(1, this.last)));
  }

  togglePlay() {
    if (!this.frames.length) return;
    this.playing = !this.playing;
    this.held = !this.playing;
    if (this.playing && this.at >= this.last && this.about.state !== "live") this.at = 0;
    this.arrival = null;
    this.tickedAt = null;
    this.mark();
    this.wake();
  }

  seek(frame) {
    this.at = Math.min(this.last, Math.max(0, frame));
    this.playing = false;
    this.held = this.at < this.last;
    this.arrival = null;
    this.mark();
    this.wake();
  }

  key(event) {
    if (event.target instanceof HTMLButtonElement || event.ctrlKey || event.altKey || event.metaKey) return;
    const now = Math.round(this.at);
    const steps = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: this.last };
    if (event.key === " ") this.togglePlay();
    else if (event.key in steps) this.seek(steps[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  click(event) {
    const box = this.stage.node.getBoundingClientRect();
    const point = this.stage.nearest(event.clientX - box.left, event.clientY - box.top, NEAR_PX);
    if (point >= 0) this.toggle(point);
  }

  toggle(point) {
    this.followed = this.followed.includes(point)
      ? this.followed.filter((each) => each !== point)
      : [...this.followed, point].slice(-MOST_FOLLOWED);
    this.panelOf = "";
    this.wake();
  }

  // Drawing

  wake() {
    if (!this.request && !this.destroyed) this.request = requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    this.request = null;
    if (this.destroyed || !this.frames.length || !this.node.isConnected) return;
    const passed = Math.min(100, now - (this.tickedAt ?? now));
    this.tickedAt = now;
    if (this.playing) {
      this.at = Math.min(this.last, this.at + passed / this.frameMs);
      if (this.at >= this.last) this.playing = false;
      this.mark();
    }
    const moving = this.stage.draw(this.scene(), passed, this.motion.matches);
    this.update();
    if (this.playing || this.arrival || moving) this.wake();
    else this.tickedAt = null;
  }

  // Interpolate between two frames; with reduced motion, show one frame after the other.
  shownPoints() {
    const low = this.motion.matches ? Math.round(this.at) : Math.floor(this.at);
    const share = this.motion.matches ? 0 : this.at - low;
    const from = this.frames[low].points;
    if (!share) return from;
    return between(from, this.frames[low + 1].points, eased(share), new Float32Array(from.length));
  }

  scene() {
    let points = this.shownPoints();
    if (this.arrival) {
      const share = Math.min(1, (performance.now() - this.arrival.since) / ARRIVAL_MS);
      points = turning(this.arrival.from, points, eased(share), new Float32Array(points.length));
      if (share >= 1) this.arrival = null;
    }
    const low = Math.floor(this.at);
    const high = Math.min(this.last, low + 1);
    const box = between(this.ranges[low], this.ranges[high], this.at - low, new Array(4));
    const shownBox = this.arrival ? union(box, boundsOf(points)) : box;
    const corners = new Float32Array([shownBox[0], shownBox[2], shownBox[1], shownBox[3]]);
    const { width, height } = this.stage.measure();
    return {
      points,
      ranges: homeRanges(corners, width, height, PADDING),
      theme: this.theme,
      groups: this.groups,
      labels: this.labels,
      followed: this.followed,
      nearest: (point) => this.nearest(point),
    };
  }

  nearest(point) {
    const { neighbors, k } = this.frames[Math.round(this.at)];
    return neighbors.subarray(point * k, point * k + Math.min(k, LISTED));
  }

  update() {
    const frame = Math.round(this.at);
    const shown = `${frame}:${this.frames.length}:${this.about.losses.length}:${this.followed}:${this.theme.background}`;
    if (shown === this.panelOf) return;
    this.panelOf = shown;
    this.mark();
    const list = this.followed.map((point) => ({
      point,
      label: this.labels[point],
      nearest: [...this.nearest(point)].map((near) => this.labels[near]),
    }));
    this.panel.show(list, this.about, this.epochs[frame], this.theme);
  }

  mark() {
    const frame = Math.round(this.at);
    const { state } = this.about;
    Object.assign(this.node.dataset, {
      ready: String(this.frames.length > 0),
      state,
      nFrames: this.frames.length,
      frame,
      epoch: this.epochs[frame] ?? "",
      playing: String(this.playing),
      nPoints: this.about.n_points ?? 0,
      colored: String(Boolean(this.colors)),
    });
    this.controls.show({
      state,
      frame,
      n: this.frames.length,
      playing: this.playing,
      text: this.epochs.length ? epochText(state, this.epochs, frame) : "",
    });
  }

  say(text) {
    this.status.textContent = text;
  }

  positions() {
    return this.stage.positions();
  }

  destroy() {
    this.destroyed = true;
    clearTimeout(this.timer);
    clearInterval(this.themeTimer);
    cancelAnimationFrame(this.request);
    this.node.removeEventListener("keydown", this.onKey);
    this.resizeObserver.disconnect();
  }
}

// The last frame that is not later than `epoch`.
function frameOf(epochs, epoch) {
  return Math.max(0, epochs.findLastIndex((each) => each <= epoch));
}

function waiting({ state }) {
  return state === "live" ? "The first map appears soon after training starts." : "There is no film of this training.";
}

function epochText(state, epochs, frame) {
  if (frame === epochs.length - 1 && state === "finished") return `Finished map, ${epochs[frame]} epochs`;
  return epochs[frame] ? `After epoch ${epochs[frame]}` : "Before training";
}
