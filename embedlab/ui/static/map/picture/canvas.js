// A picture on a canvas, for PNG files and for the points inside SVG files.

import { groupOpacity } from "../density.js";
import { drawShape as drawPointShape } from "../shapes.js";

export function newCanvas({ width, height }, scale) {
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(width * scale), height: Math.round(height * scale) });
  canvas.getContext("2d").scale(scale, scale);
  return canvas;
}

function drawPoints(canvas, { points, groups, opacity }) {
  const context = canvas.getContext("2d");
  const { n, x, y, radius, group, shape } = points;
  let open = -1;
  for (let i = 0; i < n; i += 1) {
    if (group[i] !== open) {
      open = group[i];
      context.fillStyle = groups.colors[open];
      context.strokeStyle = groups.colors[open];
      context.globalAlpha = groupOpacity(open, groups, opacity);
    }
    drawPointShape(context, shape ? shape[i] : 0, x[i], y[i], 2 * radius[i]);
  }
  context.globalAlpha = 1;
}

// The pictures of points, as they are on the page.
function drawSprites(canvas, { sprites, width, height }) {
  if (sprites) canvas.getContext("2d").drawImage(sprites, 0, 0, width, height);
}

export function drawPicture(canvas, picture) {
  const context = canvas.getContext("2d");
  context.fillStyle = picture.background;
  context.fillRect(0, 0, picture.width, picture.height);
  drawPointsAndPictures(canvas, picture);
  for (const shape of picture.shapes) drawShape(context, shape);
}

// The points, as faint as they are behind pictures or a pick, and the pictures.
export function drawPointsAndPictures(canvas, picture) {
  const context = canvas.getContext("2d");
  const layer = newCanvas(picture, canvas.width / picture.width);
  drawPoints(layer, picture);
  context.globalAlpha = picture.shade;
  context.drawImage(layer, 0, 0, picture.width, picture.height);
  context.globalAlpha = 1;
  drawSprites(canvas, picture);
}

function outline({ type, ...shape }) {
  const path = new Path2D(type === "path" ? shape.d : undefined);
  if (type === "circle") path.arc(shape.cx, shape.cy, shape.r, 0, 7);
  if (type === "rect") path.roundRect(shape.x, shape.y, shape.width, shape.height, shape.radius ?? 0);
  if (type === "line") {
    path.moveTo(shape.x1, shape.y1);
    path.lineTo(shape.x2, shape.y2);
  }
  return path;
}

function drawShape(context, shape) {
  const { type, fill, stroke, thickness, dash, text } = shape;
  const isText = type === "text";
  context.save();
  if (isText) {
    context.translate(shape.x, shape.y);
    context.rotate(((shape.rotate ?? 0) * Math.PI) / 180);
  }
  if (isText) context.font = `${shape.italic ? "italic " : ""}${shape.weight} ${shape.size}px ${shape.family}`;
  const path = isText ? null : outline(shape);
  const use = (paint, property, draw) => {
    if (!paint) return;
    context[property] = paint.color;
    context.globalAlpha = paint.alpha;
    draw();
  };
  const strokes = () => {
    context.lineWidth = thickness;
    context.lineJoin = "round";
    context.setLineDash(dash ? dash.split(/[ ,]+/).map(Number) : []);
    if (isText) context.strokeText(text, 0, 0);
    else context.stroke(path);
  };
  const fills = () => (isText ? context.fillText(text, 0, 0) : context.fill(path));
  // The halo of a text is under it; the border of a shape is over it.
  if (isText && thickness) use(stroke, "strokeStyle", strokes);
  if (type !== "line") use(fill, "fillStyle", fills);
  if (!isText && thickness) use(stroke, "strokeStyle", strokes);
  context.restore();
}
