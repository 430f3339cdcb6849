// What an HTML file of the map is made of: what is seen, as bytes for the server, which draws it with Plotly
// (`embedlab/ui/map/outside/seen.py`).

import { restCodes } from "../colors.js";
import { groupOpacity } from "../density.js";
import { cellName } from "../distortion.js";
import { scaleEnds } from "../legend.js";
import { shapesOf, SYMBOLS } from "../shapes.js";
import { plainColor, shadeOf } from "./shapes.js";

export const MOST_POINTS = 100000;
// Pictures of the points in a file: Plotly draws each one anew in every frame.
export const MOST_PICTURES = 500;
// Names of points in a file.
const MOST_NAMES = 150;

// Evenly spaced rows, and with them one that must not be missing.
export function sampleOf(n, most, needed = null) {
  if (n <= most) return Uint32Array.from({ length: n }, (_, row) => row);
  const rows = Uint32Array.from({ length: most }, (_, at) => Math.floor((at * (n - 1)) / (most - 1)));
  if (needed !== null && !rows.includes(needed)) rows[rows.findIndex((row) => row > needed)] = needed;
  return rows.sort();
}

// Name, code in the column and place in the legend of each color of `groups`, which `Look.emphasized` returned.
export function namesOf(column, groups) {
  if (!column) return [{ name: "", code: null }];
  const { legend } = column;
  const { other, missing } = restCodes(legend);
  const colors = groups.colors.slice(0, groups.faintFrom);
  if (legend.kind === "grid") {
    return colors.map((_, code) => (code < groups.nColored ? { name: cellName(code), code } : { name: "not measured", code: missing }));
  }
  if (legend.kind !== "categories") return colors.map((_, at) => ({ name: at < groups.nColored ? "" : "missing", code: null }));
  // Categories that are chosen without a color of their own have one at the end.
  const extra = groups.extra ?? [];
  const nFirst = groups.nColored - extra.length;
  return colors.map((_, at) => {
    if (at >= groups.nColored) return at === groups.nColored ? { name: legend.other ?? "other", code: other } : { name: "missing", code: missing };
    const code = at < nFirst ? at : extra[at - nFirst];
    return { name: legend.categories[code][0], code };
  });
}

// The groups of points as the server needs them: colors that are not chosen in the legend are hidden, points that are not
// selected are faint.
export function groupsFor(column, groups, chosen, opacity, shade = 1) {
  const names = namesOf(column, groups);
  return groups.colors.map((css, at) => {
    const legend = at % groups.faintFrom;
    const { name, code } = names[legend];
    const isFaint = at >= groups.faintFrom;
    const isHidden = isFaint && chosen.size > 0 && !chosen.has(code);
    // One click in the legend shows hidden points as they are without a choice.
    const full = isHidden ? legend : at;
    return {
      name,
      color: plainColor(css)?.color ?? "#888888",
      opacity: shade * groupOpacity(full, groups, opacity),
      legend,
      state: isHidden ? "hidden" : isFaint ? "faint" : "shown",
    };
  });
}

// Names on the map where they are now: those of points at their side, those of groups centered.
function writtenNames(map) {
  const { data, overlay, picking, points, renderer } = map;
  const d = data.n_components;
  const { matrix: m, width, height } = renderer.view();
  const names = [];
  // Beside a pick, the page draws the names of others so faintly that they do not get in the way of its neighbors.
  const isNear = (index) => picking.index === null || picking.neighbors.some(([row]) => row === index);
  for (const { text, index, place, x, y, side, color } of overlay.written) {
    if (index !== undefined) {
      if (index === picking.index || !isNear(index) || names.length >= MOST_NAMES) continue;
      names.push({ text, at: [...points.subarray(index * d, (index + 1) * d)], side });
    } else if (d === 3) {
      names.push({ text, at: [...place], color: plainColor(color)?.color ?? null });
    } else {
      const at = [((2 * x) / width - 1 - m[12]) / m[0], (1 - (2 * y) / height - m[13]) / m[5]];
      names.push({ text, at, color: plainColor(color)?.color ?? null });
    }
  }
  return names;
}

// The pictures of the points in view, with their sizes in the units of the map; none in 3-D, where Plotly has no pictures.
function picturesOf(map) {
  if (map.data.n_components !== 2) return [];
  const { matrix: m, width, height } = map.renderer.view();
  const unit = { x: 2 / (Math.abs(m[0]) * width), y: 2 / (Math.abs(m[5]) * height) };
  return map.sprites.tiles(MOST_PICTURES).map(({ row, width: w, height: h, source }) => ({
    at: [map.points[2 * row], map.points[2 * row + 1]], width: w * unit.x, height: h * unit.y, source,
  }));
}

function shapesBeside(map) {
  const { color, shape } = map.data;
  const column = map.columns.get(shape);
  return column && color !== shape ? [shape, column.legend.categories.slice(0, SYMBOLS.length).map(([name]) => name)] : null;
}

// The parts of a request, in the order of `SeenMap` in Python.
export function seenParts(map) {
  const { data, points, picking, look, columns, theme, emphasis } = map;
  const d = data.n_components;
  const column = columns.get(data.color);
  const groups = look.emphasized();
  const { size, opacity } = look.factored(look.style);
  const symbols = shapesOf(columns.get(data.shape));
  const rows = sampleOf(data.n_points, MOST_POINTS, picking.index);
  const at = rows.length < data.n_points ? new Map(Array.from(rows, (row, number) => [row, number])) : { get: (row) => row };
  const { x, y, eye, center, up } = map.camera();
  const isNumbers = column && column.legend.kind === "numbers";
  const header = {
    n_points: rows.length,
    n_components: d,
    view: eye ? { eye, center, up } : { x, y },
    picked: picking.index === null ? null : at.get(picking.index),
    neighbors: picking.index === null ? [] : picking.neighbors.map(([row]) => at.get(row)).filter((row) => row !== undefined),
    title: column ? column.legend.title ?? data.color : "",
    groups: groupsFor(column, groups, emphasis.categories, opacity, shadeOf(map)),
    size,
    has_sizes: Boolean(look.sizes),
    has_symbols: Boolean(symbols),
    shapes: symbols ? shapesBeside(map) : null,
    scale: isNumbers ? scaleEnds(column.legend) : null,
    names: writtenNames(map),
    pictures: picturesOf(map),
    background: plainColor(theme.background).color,
    text: plainColor(theme.text).color,
    accent: plainColor(theme.primary).color,
  };
  const places = new Float32Array(d * rows.length);
  rows.forEach((row, number) => places.set(points.subarray(row * d, (row + 1) * d), d * number));
  const json = new TextEncoder().encode(JSON.stringify(header));
  return [
    new Uint32Array([json.length]), json, rows, places,
    ...(look.sizes ? [Float32Array.from(rows, (row) => look.sizes[row])] : []),
    Uint16Array.from(rows, (row) => (groups.codes ? groups.codes[row] : 0)),
    ...(symbols ? [Uint8Array.from(rows, (row) => symbols[row])] : []),
  ];
}
