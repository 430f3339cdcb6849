// Colors follow Streamlit's theme live: the palettes come from .streamlit/config.toml through --st-* variables.

import { gridGroups } from "./distortion.js";
import { rgb } from "./color_values.js";
import { categoryColors, scaleColors } from "./palettes.js";

const CATEGORIES = ["#0072b2", "#cc7a00", "#00855f", "#c4629a", "#c94f00", "#3397cf", "#8a6d00", "#5e3c99", "#7a1f4b",
  "#38988b", "#8a8a28", "#332288"];
const SEQUENCE = ["#a8cf3a", "#7cc752", "#52b96b", "#33a97c", "#249885", "#26828e", "#306f8e", "#3a578c", "#443c80",
  "#44185f"];
export const N_CATEGORIES = 12;
const MISSING = 255;

export function readTheme(node) {
  const style = getComputedStyle(node);
  const value = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const list = (name, otherwise) => {
    const colors = value(name, "").split(",").map((color) => color.trim()).filter(Boolean);
    return colors.length >= otherwise.length ? colors.slice(0, otherwise.length) : otherwise;
  };
  const background = value("--st-background-color", "#ffffff");
  const dark = luminance(background) < 0.3;
  return {
    dark,
    background,
    text: value("--st-text-color", "#1b2430"),
    primary: value("--st-primary-color", "#0a6480"),
    categories: list("--st-chart-categorical-colors", CATEGORIES),
    sequence: list("--st-chart-sequential-colors", SEQUENCE),
    other: dark ? "#717c89" : "#a4acb3",
  };
}

function luminance(color) {
  const [r, g, b] = rgb(color).map((value) => value / 255);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// How far the colors of numbers of both signs reach from the middle; farther numbers have the last color.
export function reachOf(legend) {
  return legend.reach ?? Math.max(legend.middle - legend.min, legend.max - legend.middle);
}

// Position of a number on the scale, from 0 to 1.
function onScale(legend) {
  if (legend.middle !== undefined) {
    // The middle color is at the middle, and both sides have the same unit.
    const reach = reachOf(legend) || 1;
    return (value) => Math.min(1, Math.max(0, (1 + (value - legend.middle) / reach) / 2));
  }
  const warp = legend.log ? (value) => Math.log1p(value) : (value) => value;
  const least = warp(legend.min);
  const span = warp(legend.max) - least || 1;
  return (value) => (warp(value) - least) / span;
}

// The codes of categories without a color of their own.
export function restCodes(legend) {
  return { other: legend.other_code ?? N_CATEGORIES, missing: legend.missing_code ?? MISSING };
}

// Number of categories with a color of their own. Clusters all have one.
export function coloredOf(legend, look = {}) {
  return Math.min(legend.categories.length, legend.parents ? Infinity : look.n_categories ?? N_CATEGORIES);
}

// One number per point for `nGroups` colors, which emphasis may double.
export function codeArray(nGroups, length) {
  return 2 * nGroups <= 256 ? new Uint8Array(length) : new Uint16Array(length);
}

// Groups of points with one color each, which is fastest for Plotly. `codes` is null if all have the same color; from
// index `nColored`, colors are the gray of points without a color of their own. `look`: see appearance.py.
export function groupsOf(column, theme, look = {}) {
  if (!column) return { codes: null, colors: [theme.primary], nColored: 1 };
  const { legend, values } = column;
  if (legend.kind === "categories") {
    const n = coloredOf(legend, look);
    const { missing } = restCodes(legend);
    const codes = codeArray(n + 2, values.length);
    for (let i = 0; i < codes.length; i += 1) codes[i] = values[i] === missing ? n + 1 : Math.min(values[i], n);
    return { codes, colors: [...categoryColors(n, theme, look.palette, legend.parents), theme.other, theme.other], nColored: n };
  }
  if (legend.kind === "grid") return gridGroups(values, theme);
  const colors = scaleColors(theme, look.scale, legend.middle !== undefined);
  const steps = colors.length;
  const share = onScale(legend);
  const codes = new Uint8Array(values.length);
  for (let i = 0; i < codes.length; i += 1) {
    codes[i] = Number.isNaN(values[i]) ? steps : Math.min(steps - 1, Math.floor(share(values[i]) * steps));
  }
  return { codes, colors: [...colors, theme.other], nColored: steps };
}

// Relative diameters; counts map to area, on a logarithmic scale if they are skewed.
export function sizesOf(column) {
  if (!column || column.legend.kind !== "numbers") return null;
  const share = onScale(column.legend);
  const sizes = new Float32Array(column.values.length);
  for (let i = 0; i < sizes.length; i += 1) {
    const at = share(column.values[i]);
    sizes[i] = 0.7 + 2.1 * (Number.isNaN(at) ? 0 : at ** 1.5);
  }
  return sizes;
}
