// Legend of the colors.

import { element } from "./dom.js";

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2, useGrouping: false });
const counts = new Intl.NumberFormat();

export function fillLegend(node, name, column, theme) {
  node.replaceChildren();
  node.hidden = !column;
  if (!column) return;
  node.append(element("div", { class: "title", text: name }));
  const { legend } = column;
  node.append(legend.kind === "categories" ? categories(legend, theme) : scale(legend, theme));
}

function categories(legend, theme) {
  const rows = legend.categories.map(([label, count], at) => row(label, count, theme.categories[at]));
  if (legend.n_other) rows.push(row(legend.other ?? "other", legend.n_other, theme.other));
  if (legend.n_missing) rows.push(row("missing", legend.n_missing, theme.other));
  return element("ul", {}, ...rows);
}

function row(label, count, color) {
  const swatch = element("span", { class: "swatch" });
  swatch.style.background = color;
  return element("li", {}, swatch, element("span", { class: "name", text: label, title: label }),
    element("span", { class: "count", text: counts.format(count) }));
}

function scale(legend, theme) {
  const bar = element("div", { class: "bar" });
  const step = 100 / theme.sequence.length;
  const stops = theme.sequence.map((color, at) => `${color} ${at * step}% ${(at + 1) * step}%`);
  bar.style.background = `linear-gradient(to right, ${stops.join(",")})`;
  const ends = element("div", { class: "ends" }, element("span", { text: numbers.format(legend.min) }),
    element("span", { text: legend.log ? "log scale" : "" }), element("span", { text: numbers.format(legend.max) }));
  return element("div", {}, bar, ends);
}
