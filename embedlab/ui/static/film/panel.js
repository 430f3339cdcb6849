// The panel next to the stage: followed points with their nearest neighbors in the current frame, and the loss.

import { element, svgElement } from "../map/dom.js";

// The size in the style sheet.
const WIDTH = 264;
const HEIGHT = 62;
const PAD = 6;
const value = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });

export class Panel {
  constructor(unfollow) {
    this.unfollow = unfollow;
    this.title = element("div", { class: "title", text: "Nearest neighbors" });
    this.list = element("ul");
    this.hint = element("div", { class: "hint", text: "Click a point to follow it." });
    this.rows = new Map();
    this.lossTitle = element("div", { class: "title" });
    this.line = svgElement("path", { class: "line" });
    this.dot = svgElement("circle", { r: "4", class: "dot" });
    this.chart = svgElement("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }, this.line, this.dot);
    this.loss = element("div", { class: "loss" }, this.lossTitle, this.chart);
    this.node = element("div", { class: "embedlab-film-panel" }, this.title, this.list, this.hint, this.loss);
  }

  // list: [{point, label, nearest: [label]}]
  show(list, { losses, measure }, epoch, theme) {
    this.follow(list);
    this.curve(losses, measure, epoch, theme);
  }

  // Rows keep their places; only changed neighbors are rendered again.
  follow(list) {
    const seen = new Set(list.map(({ point }) => point));
    for (const [point, row] of this.rows) {
      if (!seen.has(point)) {
        row.node.remove();
        this.rows.delete(point);
      }
    }
    for (const { point, label, nearest } of list) {
      const row = this.rows.get(point) ?? this.row(point);
      if (row.name.textContent !== label) row.name.textContent = label;
      row.button.title = `Unfollow ${label}`;
      row.button.setAttribute("aria-label", row.button.title);
      const before = row.shown;
      if (before.join("\n") === nearest.join("\n")) continue;
      row.near.replaceChildren(...nearest.flatMap((name, at) => {
        const fresh = before.length > 0 && !before.includes(name);
        return [at ? ", " : "", element("span", fresh ? { class: "new", text: name } : { text: name })];
      }));
      row.near.title = nearest.join(", ");
      row.shown = nearest;
    }
  }

  row(point) {
    const name = element("strong");
    const near = element("span", { class: "near" });
    const button = element("button", { type: "button", class: "unfollow", text: "\u00d7" });
    button.addEventListener("click", () => this.unfollow(point));
    const node = element("li", {}, element("div", { class: "name" }, name, button), near);
    this.list.append(node);
    const row = { node, name, near, button, shown: [] };
    this.rows.set(point, row);
    return row;
  }

  curve(losses, measure, epoch, theme) {
    this.loss.hidden = losses.length < 2;
    if (losses.length < 2) return;
    const xs = losses.map(([x]) => x);
    const ys = losses.map(([, y]) => y);
    const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
    const [y0, y1] = [Math.min(...ys), Math.max(...ys)];
    const at = ([x, y]) => [
      PAD + ((x - x0) / (x1 - x0 || 1)) * (WIDTH - 2 * PAD),
      HEIGHT - PAD - ((y - y0) / (y1 - y0 || 1)) * (HEIGHT - 2 * PAD),
    ];
    const places = losses.map(at);
    this.line.setAttribute("d", `M${places.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`);
    this.line.setAttribute("stroke", theme.primary);
    let now = 0;
    losses.forEach(([x], index) => {
      if (x <= epoch) now = index;
    });
    this.dot.setAttribute("cx", places[now][0]);
    this.dot.setAttribute("cy", places[now][1]);
    this.dot.setAttribute("fill", theme.primary);
    const name = measure.replaceAll("_", " ");
    const text = `${name.charAt(0).toUpperCase()}${name.slice(1)} ${value.format(ys[now])}`;
    if (this.lossTitle.textContent !== text) this.lossTitle.textContent = text;
    this.chart.setAttribute("aria-label", `${name} by epoch, from ${value.format(ys[0])} to ${value.format(ys.at(-1))}`);
  }
}
