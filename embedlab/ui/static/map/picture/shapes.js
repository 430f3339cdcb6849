// What is drawn over the points, as shapes: the overlay, the legend, and the title. Reads the elements of the map, so that
// a picture shows what the map shows.
//
// shape: {type: "circle" | "line" | "path" | "rect" | "text", ...geometry, fill, stroke, thickness, dash, size, weight, family, rotate, text}.
// Colors are {color: "#rrggbb", alpha}; none is null.

const cache = new Map();
let pixel = null;

// Any CSS color, also one of `color-mix`, as a color that every program understands.
export function plainColor(css, alpha = 1) {
  if (!css || css === "none" || css === "transparent") return null;
  if (!cache.has(css)) {
    pixel ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = css;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
    const hex = `#${[r, g, b].map((value) => value.toString(16).padStart(2, "0")).join("")}`;
    cache.set(css, { color: hex, alpha: a / 255 });
  }
  const { color, alpha: own } = cache.get(css);
  return own * alpha > 0 ? { color, alpha: own * alpha } : null;
}

// Opacity of all points together, which a pick and pictures lower.
export function shadeOf({ stage, renderer }) {
  return [stage, renderer.node].reduce((product, node) => product * Number(getComputedStyle(node).opacity), 1);
}

const GEOMETRY = {
  line: ["x1", "y1", "x2", "y2"],
  circle: ["cx", "cy", "r"],
  rect: ["x", "y", "width", "height"],
  text: ["x", "y"],
};

export function overlayShapes(svg) {
  const shapes = [];
  for (const node of svg.querySelectorAll("line, circle, path, rect, text")) {
    if (node.style.display === "none" || node.getAttribute("visibility") === "hidden") continue;
    const style = getComputedStyle(node);
    const shape = {
      type: node.tagName,
      fill: plainColor(style.fill, Number(style.fillOpacity) * Number(style.opacity)),
      stroke: plainColor(style.stroke, Number(style.strokeOpacity) * Number(style.opacity)),
      thickness: parseFloat(style.strokeWidth) || 0,
      dash: style.strokeDasharray === "none" ? "" : style.strokeDasharray.replaceAll("px", ""),
    };
    if (node.tagName === "path") shape.d = node.getAttribute("d");
    else for (const name of GEOMETRY[node.tagName]) shape[name] = Number(node.getAttribute(name)) || 0;
    if (node.tagName === "text") Object.assign(shape, { text: node.textContent, ...fontOf(style) });
    shapes.push(shape);
  }
  return shapes;
}

function fontOf(style) {
  return { size: parseFloat(style.fontSize), weight: style.fontWeight, italic: style.fontStyle === "italic", family: style.fontFamily };
}

// A box of the map, such as its legend: its ground, its texts where they are, swatches and color bars.
export function boxShapes(box, stage) {
  if (!box || box.hidden || !box.offsetWidth) return [];
  const origin = stage.getBoundingClientRect();
  const place = (rect) => ({ x: rect.left - origin.left, y: rect.top - origin.top, width: rect.width, height: rect.height });
  const inner = box.getBoundingClientRect();
  const style = getComputedStyle(box);
  const ground = { type: "rect", ...place(inner), radius: 8, fill: plainColor(style.backgroundColor), stroke: plainColor(style.borderTopColor), thickness: parseFloat(style.borderTopWidth) };
  const shapes = [ground];
  for (const node of box.querySelectorAll("*")) {
    const rect = node.getBoundingClientRect();
    if (!rect.width || rect.top < inner.top - 1 || rect.bottom > inner.bottom + 1) continue;
    const own = getComputedStyle(node);
    if (own.backgroundImage.startsWith("linear-gradient")) shapes.push(...barShapes(own.backgroundImage, place(rect)));
    else if (node.matches(".swatch")) {
      const { x, y, width } = place(rect);
      shapes.push({ type: "circle", cx: x + width / 2, cy: y + width / 2, r: width / 2, fill: plainColor(own.backgroundColor) });
    } else if (node.matches(".cell")) {
      shapes.push({ type: "rect", ...place(rect), radius: 4, fill: plainColor(own.backgroundColor) });
    }
    if (!node.children.length && node.textContent.trim()) shapes.push(...textShapes(node, own, place));
  }
  return shapes;
}

function barShapes(gradient, { x, y, width, height }) {
  // Colors in the order of the bar; each is there twice, at both of its ends.
  const colors = [...new Set(gradient.match(/(?:rgba?|color|oklch|oklab)\([^()]*\)|#[0-9a-f]{6}/gi) ?? [])];
  const step = width / Math.max(1, colors.length);
  return colors.map((css, at) => ({ type: "rect", x: x + at * step, y, width: step + 0.5, height, fill: plainColor(css) }));
}

function textShapes(node, style, place) {
  const range = document.createRange();
  range.selectNodeContents(node);
  const rect = place(range.getBoundingClientRect());
  const outer = place(node.getBoundingClientRect());
  const font = fontOf(style);
  const text = fitted(node.textContent.trim(), outer.width, font);
  // Along the left edge: read upwards.
  if (style.writingMode.startsWith("vertical")) {
    const at = { x: rect.x + rect.width / 2 + font.size * 0.35, y: rect.y + rect.height };
    return [{ type: "text", ...at, rotate: -90, text: node.textContent.trim(), fill: plainColor(style.color), ...font }];
  }
  const baseline = rect.y + rect.height / 2 + font.size * 0.35;
  return [{ type: "text", x: Math.max(rect.x, outer.x), y: baseline, text, fill: plainColor(style.color, Number(style.opacity)), ...font }];
}

// A text that its box cuts off, with an ellipsis as on the screen.
function fitted(text, width, font) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `${font.weight} ${font.size}px ${font.family}`;
  if (context.measureText(text).width <= width + 1) return text;
  const characters = [...text];
  while (characters.length && context.measureText(`${characters.join("")}…`).width > width) characters.pop();
  return `${characters.join("")}…`;
}
