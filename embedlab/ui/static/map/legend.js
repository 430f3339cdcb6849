// Legend of the colors. Each category is a button that shows only its points; Shift adds it to the others. A long legend
// can be searched. The arrow keys move from button to button.

import { coloredOf, reachOf, restCodes } from "./colors.js";
import { gridLegend } from "./distortion.js";
import { element } from "./dom.js";
import { GLYPHS } from "./shapes.js";

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2, useGrouping: false });
const counts = new Intl.NumberFormat();
// From this many categories on there is a search field.
const SEARCHABLE = 13;

// theme: see colors.js, look: see appearance.py, groups: of `groupsOf`, shapes: the column of the shapes, if any.
// isPressed(code) -> boolean, onPress(code, isAdded): for the categories, by their code in the column.
export function fillLegend(node, name, column, theme, { isPressed, onPress, look = {}, groups = null, shapes = null }) {
  node.replaceChildren();
  node.hidden = !column && !shapes;
  if (column) {
    const { legend } = column;
    node.append(element("div", { class: "title", text: name }));
    const glyphs = shapes === column ? GLYPHS : [];
    if (legend.kind === "categories") node.append(...categories(legend, theme, look, groups, isPressed, onPress, glyphs));
    else node.append(legend.kind === "grid" ? gridLegend(legend, theme, isPressed, onPress) : scale(legend, groups));
  }
  // Where one column has both color and shape, one list shows both.
  if (shapes && shapes !== column) node.append(shapeList(look.shape, shapes.legend));
}

function categories(legend, theme, look, groups, isPressed, onPress, glyphs) {
  const buttons = [];
  const row = (label, count, color, code) => {
    const glyph = glyphs[code];
    const swatch = element("span", { class: glyph ? "swatch glyph" : "swatch", text: glyph ?? "", "aria-hidden": "true" });
    swatch.style[glyph ? "color" : "background"] = color;
    const name = element("span", { class: "name", text: label, title: label });
    const node = element("button", { type: "button", "data-code": code }, swatch, name,
      element("span", { class: "count", text: counts.format(count) }));
    node.addEventListener("click", (event) => {
      onPress(code, event.shiftKey || event.ctrlKey || event.metaKey);
      update();
    });
    buttons.push({ node, code, text: label.toLocaleLowerCase() });
    return element("li", {}, node);
  };
  const update = () => buttons.forEach(({ node, code }) => node.setAttribute("aria-pressed", String(isPressed(code))));
  const n = coloredOf(legend, look);
  const { other, missing } = restCodes(legend);
  const colors = groups?.colors ?? theme.categories;
  // An isolated map has points of some clusters only.
  const rows = legend.categories.flatMap(([label, count], at) => (count ? [row(label, count, at < n ? colors[at] : theme.other, at)] : []));
  if (legend.n_other) rows.push(row(legend.other ?? "other", legend.n_other, theme.other, other));
  if (legend.n_missing) rows.push(row("missing", legend.n_missing, theme.other, missing));
  update();
  const list = element("ul", {}, ...rows);
  list.addEventListener("keydown", (event) => walk(event, buttons));
  return legend.categories.length < SEARCHABLE ? [list] : [...searchField(buttons, legend), list];
}

function searchField(buttons, legend) {
  const total = legend.n_categories ?? legend.categories.length;
  const text = `Search ${counts.format(total)} categories`;
  const input = element("input", { type: "search", placeholder: text, "aria-label": text });
  const none = element("div", { class: "none", role: "status" });
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLocaleLowerCase();
    for (const { node, text: label } of buttons) node.parentNode.hidden = !label.includes(wanted);
    none.textContent = buttons.every(({ node }) => node.parentNode.hidden) ? "Nothing found" : "";
  });
  // Keys of the map, such as plus and minus, are text here.
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "ArrowDown") buttons.find(({ node }) => !node.parentNode.hidden)?.node.focus();
  });
  return [input, none];
}

function walk(event, buttons) {
  const shown = buttons.filter(({ node }) => !node.parentNode.hidden).map(({ node }) => node);
  const at = shown.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  shown[Math.max(0, Math.min(shown.length - 1, to))]?.focus();
  event.preventDefault();
  event.stopPropagation();
}

function shapeList(name, { categories: values }) {
  const rows = values.slice(0, GLYPHS.length).map(([label], at) =>
    element("li", {}, element("span", { class: "glyph", text: GLYPHS[at], "aria-hidden": "true" }), element("span", { class: "name", text: label, title: label })));
  return element("div", { class: "shapes" }, element("div", { class: "title", text: name ?? "" }), element("ul", {}, ...rows));
}

function scale(legend, { colors, nColored }) {
  const bar = element("div", { class: "bar" });
  const step = 100 / nColored;
  const stops = colors.slice(0, nColored).map((color, at) => `${color} ${at * step}% ${(at + 1) * step}%`);
  bar.style.background = `linear-gradient(to right, ${stops.join(",")})`;
  const ends = element("div", { class: "ends" }, ...scaleEnds(legend).map((text) => element("span", { text })));
  const missing = legend.n_missing ? [element("div", { class: "ends" }, element("span", { text: `${counts.format(legend.n_missing)} missing` }))] : [];
  return element("div", {}, bar, ends, ...missing);
}

// What is written at the low end, in the middle and at the high end of the colors of numbers.
export function scaleEnds(legend) {
  const isSigned = legend.middle !== undefined;
  const reach = isSigned ? reachOf(legend) : 0;
  const [low, high] = isSigned ? [legend.middle - reach, legend.middle + reach] : [legend.min, legend.max];
  // Numbers beyond the last color, if there are any.
  const end = (value, sign) => {
    const isBeyond = legend.reach !== undefined && (sign === "\u2264" ? legend.min < value : legend.max > value);
    return `${isBeyond ? `${sign} ` : ""}${Math.abs(value) >= 100 ? Math.round(value) : numbers.format(value)}`;
  };
  return [end(low, "\u2264"), isSigned ? numbers.format(legend.middle) : legend.log ? "log scale" : "", end(high, "\u2265")];
}
