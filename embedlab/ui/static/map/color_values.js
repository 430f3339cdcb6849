// CSS colors as numbers.

const known = new Map();

// [red, green, blue] of a CSS color, from 0 to 255; gray if the browser does not know it.
export function rgb(color) {
  if (!known.has(color)) {
    if (known.size > 2000) known.clear();
    known.set(color, parsed(color));
  }
  return known.get(color);
}

function parsed(color) {
  const hex = /^#([0-9a-f]{6})$/i.exec(color.trim()) ?? /^#([0-9a-f]{6})$/.exec(canonical(color));
  if (hex) return [0, 2, 4].map((at) => parseInt(hex[1].slice(at, at + 2), 16));
  const numbers = canonical(color).match(/[\d.]+/g) ?? [];
  return numbers.length >= 3 ? numbers.slice(0, 3).map(Number) : [136, 136, 136];
}

// The browser's own form of a color: "#rrggbb", or "rgba(r, g, b, a)" if it is translucent.
function canonical(color) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = "#888888";
  context.fillStyle = color;
  return context.fillStyle;
}
