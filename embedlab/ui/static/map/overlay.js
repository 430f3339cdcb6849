// SVG overlay above the points: the pick or guest, its neighbors with lines, labels without overlap.

import { Pool, svgElement } from "./dom.js";
import { PictureLayer } from "./picture_neighbors.js";
import { QueryLayer } from "./query.js";

const LONGEST = 30;
// The style sheet multiplies its sizes by the same scale.
let textScale = 1;
const fontPx = () => 12 * textScale;
// Sizes and weights of the names of groups, by layer.
const GROUP_FONTS = [[15, 700], [13.5, 650], [12, 600]];
const groupPx = (layer) => GROUP_FONTS[Math.min(layer, 2)][0] * textScale;
// Half the diagonal of a guest's diamond.
const DIAMOND_PX = 10;

export function setTextScale(scale) {
  textScale = scale;
  document.documentElement.style.setProperty("--map-text-scale", String(scale));
}

const measure = document.createElement("canvas").getContext("2d");
const MOST_WIDTHS = 5000;
// Widths of texts by font.
const widths = new Map();

function widthsIn(font) {
  if (!widths.has(font)) widths.set(font, new Map());
  return widths.get(font);
}

function widthOf(text, font, known = widthsIn(font)) {
  let width = known.get(text);
  if (width === undefined) {
    if (known.size > MOST_WIDTHS) known.clear();
    measure.font = font;
    width = measure.measureText(text).width;
    known.set(text, width);
  }
  return width;
}

// Sum of the widths of the letters: close enough to plan tens of thousands of labels, which takes too long to measure.
function estimatedWidth(text, font) {
  const known = widthsIn(font);
  let sum = 0;
  for (const letter of text) sum += widthOf(letter, font, known);
  return sum;
}

export function shortened(text) {
  if (text.length <= LONGEST) return text;
  const characters = [...text];
  return characters.length <= LONGEST ? text : `${characters.slice(0, LONGEST - 1).join("")}…`;
}

// Width and height of the label of a point, and of the name of a group, in pixels.
export function labelSize(text, overlay) {
  return [estimatedWidth(shortened(text), overlay.font) + 4, fontPx() + 4];
}

export function groupNameSize(text, overlay, layer = 0) {
  return { width: widthOf(text, overlay.groupFonts[Math.min(layer, 2)]) + 8, height: groupPx(layer) + 8 };
}

// Where a label can be, in the order of `places` below.
const SIDES = ["right", "left", "above", "below"];

export class Overlay {
  constructor(host) {
    this.svg = svgElement("svg", { class: "embedlab-map-overlay", "aria-hidden": "true" });
    const group = (name) => this.svg.appendChild(svgElement("g", { class: name }));
    this.query = new QueryLayer(this.svg);
    this.picture = new PictureLayer(this.svg);
    this.circle = new Pool(group("border"), "circle");
    this.links = new Pool(group("links"), "line");
    this.lines = new Pool(group("lines"), "line");
    this.marks = new Pool(group("marks"), "circle");
    this.dots = new Pool(group("dots"), "circle");
    this.rings = new Pool(group("rings"), "circle");
    this.diamonds = new Pool(group("guests"), "path");
    this.labels = new Pool(group("labels"), "text");
    this.groupNames = new Pool(group("group-names"), "text");
    this.pools = [this.circle, this.links, this.lines, this.marks, this.dots, this.rings, this.diamonds, this.labels, this.groupNames];
    this.written = [];
    host.append(this.svg);
  }

  // scene: {width, height, at(i) -> {x, y} | null, picked, guest: {word, at: {x, y} | null} | null,
  // neighbors: [[index, label, score]], linked: indices, circle: {cx, cy, r} or null, hovered, labelOf(i), colorOf(i), frequent: indices in order of importance, `most`
  // of them are shown, groups: [{text, at: {x, y} | null, width, height, color, isFaint}], avoid: rectangles of buttons and legend,
  // query: see query.js, with `computed` in pixels, cursor: index or null, isShown(i), isFaint(i)}
  render(scene) {
    for (const pool of this.pools) pool.begin();
    // The names of points and groups that are on the map, for the HTML file.
    this.written = [];
    this.readFonts();
    this.occupied = [...(scene.avoid ?? [])];
    const picked = scene.picked === null ? null : scene.at(scene.picked);
    if (scene.marked) this.mark(scene);
    if (scene.circle) this.circle.next(scene.circle);
    if (picked) this.edges(scene, picked);
    this.neighbors(scene, picked ?? scene.guest?.at);
    if (picked) this.pick(scene, picked);
    if (scene.guest?.at) this.guest(scene.guest, scene.width);
    if (scene.cursor !== null) this.cursor(scene);
    this.query.render(scene, this);
    this.neighborLabels(scene);
    this.picture.render(scene, picked, this);
    this.groupLabels(scene);
    this.frequentLabels(scene);
    for (const pool of this.pools) pool.end();
  }

  // The points of a cluster that the cursor is at in the list.
  mark(scene) {
    for (const index of scene.marked.rows) {
      const at = scene.at(index);
      if (at && inside(at, scene)) this.marks.next({ cx: at.x.toFixed(1), cy: at.y.toFixed(1), r: 3.2, fill: scene.marked.color });
    }
  }

  // What the data itself links to the pick, below the lines to its neighbors.
  edges(scene, from) {
    for (const index of scene.linked ?? []) {
      const at = scene.at(index);
      if (at) this.links.next({ x1: from.x, y1: from.y, x2: at.x, y2: at.y });
    }
  }

  neighbors(scene, center) {
    for (const [index, , score] of scene.neighbors) {
      const at = scene.at(index);
      if (!at) continue;
      if (center) {
        const width = 1 + 1.6 * Math.max(0, Math.min(1, score));
        const kind = scene.isMissing?.(index) ? "missing" : "";
        this.lines.next({ x1: center.x, y1: center.y, x2: at.x, y2: at.y, "stroke-width": width.toFixed(2), class: kind });
      }
      this.dots.next({ cx: at.x, cy: at.y, r: 5, fill: scene.colorOf(index), "data-index": index });
    }
  }

  pick(scene, at) {
    this.rings.next({ cx: at.x, cy: at.y, r: 6.5, class: "picked", fill: scene.colorOf(scene.picked) });
    this.rings.next({ cx: at.x, cy: at.y, r: 11, class: "halo", fill: "none" });
    this.label(scene.labelOf(scene.picked), at, "picked", 14, scene.width, true);
  }

  // The current point of a walk with the arrow keys.
  cursor(scene) {
    const at = scene.at(scene.cursor);
    if (!at) return;
    this.rings.next({ cx: at.x, cy: at.y, r: 9, class: "cursor", fill: "none" });
    if (scene.cursor !== scene.picked) this.label(scene.labelOf(scene.cursor), at, "cursor", 12, scene.width, true);
  }

  // Hollow and angular, so that it does not look like a point.
  guest({ word, at: { x, y } }, edge) {
    const r = DIAMOND_PX;
    this.diamonds.next({ d: `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z` });
    this.label(word, { x, y }, "guest", r + 3, edge, true);
  }

  neighborLabels(scene) {
    for (const [index, label] of scene.neighbors) {
      const at = scene.at(index);
      if (at && inside(at, scene)) this.label(label, at, "neighbor", 8, scene.width, false, index);
    }
  }

  readFonts() {
    const family = getComputedStyle(this.svg).fontFamily;
    this.font = `${fontPx()}px ${family}`;
    this.groupFonts = GROUP_FONTS.map(([, weight], layer) => `${weight} ${groupPx(layer)}px ${family}`);
  }

  groupLabels({ groups, width: edge, isSticky }) {
    const controls = [...this.occupied];
    const shown = new Set();
    for (const { text, at, place, width, height, color, isFaint, shift, layer = 0 } of isSticky ? first(groups, this.groupsBefore, ({ text: name }) => name) : groups) {
      if (!at || at.x < 0 || at.x > edge) continue;
      let x = Math.min(Math.max(at.x - width / 2, 2), edge - width - 2);
      const y = at.y - height / 2 + shift;
      // Beside the legend rather than under it.
      const cover = controls.find((other) => overlap([x, y, width, height], other));
      if (cover) x = cover[0] < edge / 2 ? cover[0] + cover[2] + 2 : cover[0] - width - 2;
      if (Math.abs(x + width / 2 - at.x) > width || !this.isFree(x, y, width, height)) continue;
      this.occupied.push([x, y, width, height]);
      shown.add(text);
      this.written.push({ text, place, x: x + width / 2, y: y + height / 2, color });
      const y0 = (y + height / 2 + groupPx(layer) / 3).toFixed(1);
      this.groupNames.next({ x: (x + 4).toFixed(1), y: y0, class: `group layer-${Math.min(layer, 2)}${isFaint ? " faint" : ""}`, color, text });
    }
    this.groupsBefore = shown;
  }

  frequentLabels(scene) {
    let placed = 0;
    const shown = new Set();
    // In 3-D, labels that were shown stay as long as they fit, so that turning the map does not make them flicker.
    for (const index of scene.isSticky ? first(scene.frequent, this.labelsBefore, (each) => each) : scene.frequent) {
      if (placed >= scene.most) break;
      if (index === scene.picked || index === scene.cursor || !scene.isShown(index)) continue;
      const at = scene.at(index);
      const kind = scene.isFaint?.(index) ? "frequent faint" : "frequent";
      if (at && inside(at, scene) && this.label(scene.labelOf(index), at, kind, 6, scene.width, false, index)) {
        placed += 1;
        shown.add(index);
      }
    }
    this.labelsBefore = shown;
  }

  // Right of the point, left, above or below, at the first free position; nowhere if all are occupied.
  label(text, at, kind, gap, edge, always = false, index = undefined) {
    const short = shortened(text);
    if (!short) return false;
    const isFrequent = kind.startsWith("frequent");
    const width = widthOf(short, isFrequent ? this.font : `600 ${this.font}`) + 4;
    const height = fontPx() + 4;
    const places = [
      [at.x + gap, at.y - height / 2],
      [at.x - gap - width, at.y - height / 2],
      [at.x - width / 2, at.y - gap - height],
      [at.x - width / 2, at.y + gap],
    ];
    // Labels of frequent points stay on one side, so that they do not jump; left only at the edge of the map.
    const within = places.filter(([x]) => x >= 0 && x + width <= edge);
    const tries = isFrequent ? within.slice(0, 1) : within;
    const free = tries.find(([x, y]) => this.isFree(x, y, width, height));
    const spot = free ?? (always ? places[0] : null);
    if (!spot) return false;
    this.occupied.push([spot[0], spot[1], width, height]);
    if (index !== undefined) this.written.push({ text: short, index, side: SIDES[places.indexOf(spot)] });
    this.labels.next({ x: (spot[0] + 2).toFixed(1), y: (spot[1] + fontPx()).toFixed(1), class: kind, text: short });
    return true;
  }

  isFree(x, y, width, height) {
    return !this.occupied.some((other) => overlap([x, y, width, height], other));
  }

  destroy() {
    this.svg.remove();
  }
}

// The items with those of which `before` has the name first, each part in its order.
export function first(items, before, nameOf) {
  if (!before?.size) return items;
  return [...items.filter((item) => before.has(nameOf(item))), ...items.filter((item) => !before.has(nameOf(item)))];
}

function overlap([x, y, width, height], [x2, y2, w2, h2]) {
  return !(x > x2 + w2 || x2 > x + width || y > y2 + h2 || y2 > y + height);
}

function inside(at, { width, height }) {
  return at.x >= 0 && at.y >= 0 && at.x <= width && at.y <= height;
}
