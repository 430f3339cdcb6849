// The two-hue colors of a map's distortion: three levels of false neighbors (orange) times three of missing neighbors
// (blue), dark or light where both are many. Orange and blue differ for color-blind people, and the levels in lightness.
//
// Codes are 3 * false + missing, as in `distortion_column` in the Python module.

import { element } from "./dom.js";

export const N_LEVELS = 3;
export const N_GRID = N_LEVELS * N_LEVELS;
const LEVELS = ["few", "some", "many"];
// Rows are levels of false, columns of missing neighbors.
const ON_LIGHT = ["#c3c9cf", "#7fb2dd", "#1668b0", "#eeb06a", "#a98f86", "#4c5c8c", "#cf5f00", "#8a4526", "#38153f"];
const ON_DARK = ["#4d5661", "#3d7fb8", "#5cb2ff", "#a9692a", "#8b7f86", "#9aa8e0", "#ff9a3c", "#e3a08c", "#f7e3f5"];
const counts = new Intl.NumberFormat();

// Groups as `groupsOf` returns them; the last color is for points without a value.
export function gridGroups(values, theme) {
  const codes = new Uint8Array(values.length);
  for (let i = 0; i < codes.length; i += 1) codes[i] = Math.min(values[i], N_GRID);
  return { codes, colors: [...(theme.dark ? ON_DARK : ON_LIGHT), theme.other], nColored: N_GRID };
}

export function cellName(code) {
  const [falseLevel, missingLevel] = [Math.floor(code / N_LEVELS), code % N_LEVELS];
  return `${LEVELS[falseLevel]} false, ${LEVELS[missingLevel]} missing neighbors`;
}

// The legend: a square of buttons, many false neighbors at the top, many missing neighbors on the right.
export function gridLegend(legend, theme, isPressed, onPress) {
  const { colors } = gridGroups(new Uint8Array(0), theme);
  const cell = (code) => {
    const name = `${cellName(code)}: ${counts.format(legend.counts[code])}`;
    const node = element("button", { type: "button", class: "cell", title: name, "aria-label": name, "data-code": code,
      "aria-pressed": String(isPressed(code)) });
    node.style.background = colors[code];
    node.addEventListener("click", () => {
      onPress(code);
      node.setAttribute("aria-pressed", String(isPressed(code)));
    });
    return node;
  };
  const rows = [2, 1, 0].map((row) => [0, 1, 2].map((column) => cell(N_LEVELS * row + column)));
  const grid = element("div", { class: "grid" }, ...rows.flat());
  const axes = [`↑ ${legend.rows}`, `${legend.columns} →`].map((text) => element("div", { class: "axis", text }));
  const notes = [
    "Orange: shown near, but not near.",
    "Blue: near, but shown far away.",
    legend.n_missing ? `${counts.format(legend.n_missing)} not measured.` : "",
    legend.note ? `${legend.note}.` : "",
  ].filter(Boolean);
  return element("div", {}, axes[0], grid, axes[1], ...notes.map((text) => element("div", { class: "note", text })));
}
