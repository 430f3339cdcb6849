// Shapes of points, for a column with few different values.

// Names of Plotly, which draws them in two and three dimensions.
export const SYMBOLS = ["circle", "square", "diamond", "cross", "x", "circle-open"];
export const GLYPHS = ["●", "■", "◆", "✚", "✖", "○"];

// The shape of each point, a number from 0 to 5; null if all are circles. Points without a value are circles.
export function shapesOf(column) {
  if (!column || column.legend.kind !== "categories" || column.legend.categories.length < 2) return null;
  const shapes = new Uint8Array(column.values.length);
  for (let i = 0; i < shapes.length; i += 1) shapes[i] = column.values[i] < SYMBOLS.length ? column.values[i] : 0;
  return shapes;
}

// Draw a shape on a 2-D canvas whose fill and stroke color are set.
export function drawShape(context, shape, x, y, size) {
  const r = size / 2;
  context.beginPath();
  if (shape === 1) context.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  else if (shape === 2) polygon(context, [[x, y - 1.25 * r], [x + 1.25 * r, y], [x, y + 1.25 * r], [x - 1.25 * r, y]]);
  else if (shape === 3 || shape === 4) {
    const turned = shape === 4;
    for (const [w, h] of [[2.4 * r, 0.8 * r], [0.8 * r, 2.4 * r]]) bar(context, x, y, w, h, turned);
  } else context.arc(x, y, r, 0, 7);
  if (shape === 5) context.stroke();
  else context.fill();
}

function polygon(context, corners) {
  corners.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
}

function bar(context, x, y, width, height, turned) {
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([sx, sy]) => [(sx * width) / 2, (sy * height) / 2]);
  const turn = ([dx, dy]) => (turned ? [(dx - dy) * Math.SQRT1_2, (dx + dy) * Math.SQRT1_2] : [dx, dy]);
  polygon(context, corners.map(turn).map(([dx, dy]) => [x + dx, y + dy]));
}
