// The canvas: points, lines from followed points to their nearest neighbors, names that fade in and out.

import { pointStyle } from "../map/density.js";
import { element } from "../map/dom.js";
import { shortened } from "../map/overlay.js";

const NAMES_AMONG = 160;
const MOST_NAMES = 22;
const SOFT_MS = 350;
const FONT_PX = 12;

export class Stage {
  constructor() {
    this.canvas = element("canvas", { role: "img", "aria-label": "Points of the embedding during the training" });
    this.node = element("div", { class: "embedlab-film-stage", tabindex: "0" }, this.canvas);
    this.alphas = new Map();
    this.at = new Float32Array(0);
  }

  measure() {
    return { width: Math.max(50, this.node.clientWidth), height: Math.max(50, this.node.clientHeight) };
  }

  // Returns whether something is still moving, so that it has to be drawn again.
  draw({ points, ranges, theme, groups, labels, followed, nearest }, passedMs, still) {
    const { width, height } = this.measure();
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.place(points, ranges, width, height);
    const n = points.length / 2;
    const colorOf = (i) => groups.colors[groups.codes ? groups.codes[i] : 0];
    const style = pointStyle(n, width, height);
    context.globalAlpha = style.opacity * 0.85;
    const radius = style.size / 2;
    for (let i = 0; i < n; i += 1) {
      context.fillStyle = colorOf(i);
      context.beginPath();
      context.arc(this.at[2 * i], this.at[2 * i + 1], radius, 0, 7);
      context.fill();
    }
    context.globalAlpha = 1;
    const near = this.lines(context, followed, nearest, theme, colorOf, radius);
    return this.names(context, { width, height, theme, labels, followed, near }, passedMs, still);
  }

  place(points, ranges, width, height) {
    if (this.at.length !== points.length) this.at = new Float32Array(points.length);
    const perX = width / (ranges.x[1] - ranges.x[0]);
    const perY = height / (ranges.y[1] - ranges.y[0]);
    for (let i = 0; i < points.length; i += 2) {
      this.at[i] = (points[i] - ranges.x[0]) * perX;
      this.at[i + 1] = height - (points[i + 1] - ranges.y[0]) * perY;
    }
  }

  lines(context, followed, nearest, theme, colorOf, radius) {
    const all = new Set();
    for (const point of followed) {
      context.strokeStyle = theme.text;
      context.globalAlpha = 0.4;
      context.lineWidth = 1.2;
      for (const other of nearest(point)) {
        all.add(other);
        context.beginPath();
        context.moveTo(this.at[2 * point], this.at[2 * point + 1]);
        context.lineTo(this.at[2 * other], this.at[2 * other + 1]);
        context.stroke();
      }
      context.globalAlpha = 1;
    }
    for (const point of followed) {
      context.beginPath();
      context.arc(this.at[2 * point], this.at[2 * point + 1], radius + 3, 0, 7);
      context.fillStyle = colorOf(point);
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = theme.text;
      context.stroke();
    }
    return all;
  }

  // Priority: followed points, their nearest neighbors, then the most frequent points, without overlap. Names fade in and
  // out within a third of a second, so that none blinks.
  names(context, { width, height, theme, labels, followed, near }, passedMs, still) {
    const family = getComputedStyle(this.node).fontFamily;
    const fonts = { bold: `600 ${FONT_PX + 1}px ${family}`, plain: `${FONT_PX}px ${family}` };
    const rank = [...new Set([...followed, ...near, ...Array(Math.min(NAMES_AMONG, labels.length)).keys()])];
    const taken = [];
    const wanted = new Set();
    for (const point of rank) {
      const isFollowed = followed.includes(point);
      if (wanted.size >= MOST_NAMES + followed.length + near.size) break;
      context.font = isFollowed ? fonts.bold : fonts.plain;
      const text = shortened(labels[point] ?? "");
      const [x, y] = [this.at[2 * point] + 8, this.at[2 * point + 1]];
      const box = [x, y - 9, x + context.measureText(text).width + 6, y + 9];
      const isFree = taken.every((other) => box[0] > other[2] || box[2] < other[0] || box[1] > other[3] || box[3] < other[1]);
      if (!text || box[0] < 0 || box[2] > width || y < 8 || y > height - 8 || (!isFree && !isFollowed)) continue;
      taken.push(box);
      wanted.add(point);
    }
    let moving = false;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    for (const point of new Set([...this.alphas.keys(), ...wanted])) {
      const before = this.alphas.get(point) ?? 0;
      const target = wanted.has(point) ? 1 : 0;
      const step = still ? 1 : (passedMs || 16) / SOFT_MS;
      const alpha = target > before ? Math.min(target, before + step) : Math.max(target, before - step);
      if (alpha !== target) moving = true;
      if (alpha === 0) {
        this.alphas.delete(point);
        continue;
      }
      this.alphas.set(point, alpha);
      const isFollowed = followed.includes(point);
      context.font = isFollowed ? fonts.bold : fonts.plain;
      context.globalAlpha = alpha * (isFollowed || near.has(point) ? 1 : 0.8);
      const [x, y] = [this.at[2 * point] + 8, this.at[2 * point + 1]];
      const text = shortened(labels[point] ?? "");
      context.strokeStyle = theme.background;
      context.lineWidth = 3;
      context.strokeText(text, x, y);
      context.fillStyle = theme.text;
      context.fillText(text, x, y);
    }
    context.globalAlpha = 1;
    return moving;
  }

  nearest(x, y, radius) {
    let best = -1;
    let bestDistance = radius;
    for (let i = 0; i < this.at.length / 2; i += 1) {
      const distance = Math.hypot(this.at[2 * i] - x, this.at[2 * i + 1] - y);
      if (distance <= bestDistance) {
        best = i;
        bestDistance = distance;
      }
    }
    return best;
  }

  positions() {
    return Array.from(this.at);
  }
}
