// A picture as SVG, as pure functions. Texts are escaped: a name stays a name.

import { groupOpacity } from "../density.js";
import { drawShape } from "../shapes.js";

// More points in view become an image inside the file, which else would be too large to edit.
export const MOST_SHAPES = 20000;

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

// XML allows neither most control characters nor halves of surrogate pairs.
export function escaped(text) {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "")
    .replace(/[&<>"]/g, (character) => ENTITIES[character]);
}

function attributes(values) {
  return Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => ` ${name}="${typeof value === "number" ? Math.round(value * 100) / 100 : escaped(String(value))}"`)
    .join("");
}

function paint(name, value) {
  return value ? { [name]: value.color, [`${name}-opacity`]: value.alpha < 1 ? value.alpha : null } : { [name]: "none" };
}

function shapeText(shape) {
  const { type, fill, stroke, thickness, dash, radius, text, size, weight, italic, family, rotate, ...geometry } = shape;
  const look = { ...paint("fill", fill), ...(stroke && thickness ? { ...paint("stroke", stroke), "stroke-width": thickness, "stroke-dasharray": dash, "stroke-linejoin": "round" } : {}) };
  if (type !== "text") return `<${type}${attributes({ ...geometry, rx: radius, ...look })}/>`;
  const font = { "font-size": size, "font-weight": weight, "font-style": italic ? "italic" : null, "font-family": family, "paint-order": stroke ? "stroke" : null,
    transform: rotate ? `rotate(${rotate} ${shape.x} ${shape.y})` : null };
  return `<text${attributes({ ...geometry, ...font, ...look })}>${escaped(text)}</text>`;
}

// A point as the canvas draws it (`../shapes.js`).
function pointText(shape, x, y, radius) {
  if (shape === 0) return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius.toFixed(1)}"/>`;
  if (shape === 5) return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius.toFixed(1)}" fill="none" stroke-width="1"/>`;
  const path = new PathText();
  drawShape(path, shape, x, y, 2 * radius);
  return `<path d="${path.text}"/>`;
}

// The part of a canvas that draws polygons, as the text of a path.
class PathText {
  text = "";

  beginPath() {}

  moveTo(x, y) {
    this.text += `M${x.toFixed(1)} ${y.toFixed(1)}`;
  }

  lineTo(x, y) {
    this.text += `L${x.toFixed(1)} ${y.toFixed(1)}`;
  }

  closePath() {
    this.text += "Z";
  }

  rect(x, y, width, height) {
    this.text += `M${x.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h${(-width).toFixed(1)}Z`;
  }

  fill() {}
}

function pointTexts({ n, x, y, radius, group, shape }, groups, opacity) {
  const parts = [];
  let open = -1;
  for (let i = 0; i < n; i += 1) {
    if (group[i] !== open) {
      if (open >= 0) parts.push("</g>");
      open = group[i];
      const [color, alpha] = [groups.colors[open], groupOpacity(open, groups, opacity)];
      parts.push(`<g${attributes({ fill: color, "fill-opacity": alpha, ...(shape ? { stroke: color, "stroke-opacity": alpha, "stroke-width": 0 } : {}) })}>`);
    }
    parts.push(pointText(shape ? shape[i] : 0, x[i], y[i], radius[i]));
  }
  if (open >= 0) parts.push("</g>");
  return parts.join("");
}

// picture: {title, width, height, background, points, groups, opacity, shade, shapes}; raster: the points as a data URL, or
// null to draw them as shapes. `shade` is the opacity of all points, which a pick lowers.
export function svgText(picture, raster = null) {
  const { title, width, height, background, points, groups, opacity, shade, shapes } = picture;
  const content = raster ? `<image${attributes({ width, height, href: raster })}/>` : pointTexts(points, groups, opacity);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg"${attributes({ width, height, viewBox: `0 0 ${width} ${height}` })}>`,
    `<title>${escaped(title)}</title>`,
    `<rect${attributes({ width, height, fill: background })}/>`,
    `<g${attributes({ opacity: shade < 1 ? shade : null })}>${content}</g>`,
    ...shapes.map(shapeText),
    "</svg>\n",
  ].join("\n");
}
