// Legend of the colors. Each category is a button that shows only the points of the pressed categories.

import { N_CATEGORIES } from "./colors.js";
import { gridLegend } from "./distortion.js";
import { element } from "./dom.js";

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2, useGrouping: false });
const counts = new Intl.NumberFormat();

// isPressed(code) -> boolean, onPress(code): for the categories, by their code in `groupsOf`.
export function fillLegend(node, name, column, theme, { isPressed, onPress }) {
  node.replaceChildren();
  node.hidden = !column;
  if (!column) return;
  node.append(element("div", { class: "title", text: name }));
  const { legend } = column;
  const drawn = { categories, grid: gridLegend }[legend.kind] ?? scale;
  node.append(drawn(legend, theme, isPressed, onPress));
}

function categories(legend, theme, isPressed, onPress) {
  const row = (label, count, color, code) => {
    const swatch = element("span", { class: "swatch" });
    swatch.style.background = color;
    const name = element("span", { class: "name", text: label, title: label });
    const pressed = String(isPressed(code));
    const button = element("button", { type: "button", "aria-pressed": pressed, "data-code": code }, swatch, name,
      element("span", { class: "count", text: counts.format(count) }));
    button.addEventListener("click", () => {
      onPress(code);
      button.setAttribute("aria-pressed", String(isPressed(code)));
    });
    return element("li", {}, button);
  };
  const rows = legend.categories.map(([label, count], at) => row(label, count, theme.categories[at], at));
  if (legend.n_other) rows.push(row(legend.other ?? "other", legend.n_other, theme.other, N_CATEGORIES));
  if (legend.n_missing) rows.push(row("missing", legend.n_missing, theme.other, N_CATEGORIES + 1));
  return element("ul", {}, ...rows);
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
