// A metric of a training by epoch, as a line with a dot at the moment that is shown.

import { element, svgElement } from "../map/dom.js";

const PAD = 6;
export const shortNumber = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });

export class Curve {
  constructor(width, height) {
    Object.assign(this, { width, height });
    this.title = element("div", { class: "title" });
    this.line = svgElement("path", { class: "line" });
    this.dot = svgElement("circle", { r: "4", class: "dot" });
    this.chart = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" }, this.line, this.dot);
    this.node = element("div", { class: "loss" }, this.title, this.chart);
    // Without two values there is no curve.
    this.node.hidden = true;
  }

  // values: [[epoch, value]]
  show(values, measure, epoch, theme) {
    this.node.hidden = values.length < 2;
    if (values.length < 2) return;
    const xs = values.map(([x]) => x);
    const ys = values.map(([, y]) => y);
    const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
    const [y0, y1] = [Math.min(...ys), Math.max(...ys)];
    const at = ([x, y]) => [
      PAD + ((x - x0) / (x1 - x0 || 1)) * (this.width - 2 * PAD),
      this.height - PAD - ((y - y0) / (y1 - y0 || 1)) * (this.height - 2 * PAD),
    ];
    const places = values.map(at);
    this.line.setAttribute("d", `M${places.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`);
    this.line.setAttribute("stroke", theme.primary);
    const now = indexAt(values, epoch);
    this.dot.setAttribute("cx", places[now][0]);
    this.dot.setAttribute("cy", places[now][1]);
    this.dot.setAttribute("fill", theme.primary);
    const text = `${measure} ${shortNumber.format(ys[now])}`;
    if (this.title.textContent !== text) this.title.textContent = text;
    this.chart.setAttribute("aria-label", `${measure} by epoch, from ${shortNumber.format(ys[0])} to ${shortNumber.format(ys.at(-1))}`);
  }
}

// Index of the last entry up to an epoch; the first one before.
export function indexAt(values, epoch) {
  let now = 0;
  values.forEach(([x], index) => {
    if (x <= epoch) now = index;
  });
  return now;
}
