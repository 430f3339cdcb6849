// The points as pixels that our own code computes: the same picture and interface as `point_buffers.js`, for browsers that
// emulate a graphics card, which take ten times as long. A pixel is premultiplied RGBA in one number, rows from the bottom.

import { FAINT_LAYER } from "./draw_order.js";
import { insideOf, RIM_FROM, rimOf } from "./point_coverage.js";

// Up to this radius a point is a square; see the fragment shader.
const SQUARE_RADIUS = 1.3;
// Up to this radius a point in space has no rim.
const PLAIN_RADIUS = 2;
const MOST_HAZE = 0.45;
// Steps in which the border of a point becomes transparent.
const LEVELS = 64;
const RIM_SQUARED = RIM_FROM ** 2;

export class PointPainter {
  constructor(gl) {
    this.gl = gl;
    Object.assign(this, { points: null, codes: null, sizes: null, shapes: null, order: null, palette: [], pixels: null, depths: null });
    this.texture = gl.createTexture();
    this.framebuffer = gl.createFramebuffer();
    // Pieces of a drawing: the page cannot respond during one.
    this.sliceMs = 20;
  }

  get isReady() {
    return this.texture !== null;
  }

  // Data: the arrays are those of the renderer.

  setPositions(points, nComponents) {
    Object.assign(this, { points, nComponents });
  }

  setCodes(codes) {
    this.codes = codes;
  }

  setSizes(sizes) {
    this.sizes = sizes;
  }

  setShapes(shapes) {
    this.shapes = shapes;
  }

  setOrder(order) {
    this.order = order;
  }

  setPalette(colors) {
    this.palette = colors.map((color) => color.map((value) => Math.round(Math.min(255, Math.max(0, value)))));
  }

  // Drawing

  hiddenTarget() {
    return null;
  }

  begin(scene) {
    this.scene = scene;
    const n = scene.width * scene.height;
    if (this.pixels?.length !== n) {
      this.pixels = new Uint32Array(n);
      this.depths = scene.isSolid ? new Float32Array(n) : null;
      this.isAllocated = false;
    }
    this.pixels.fill(0);
    this.depths?.fill(Infinity);
  }

  drawRange([layer, first, count]) {
    const isFaint = layer === FAINT_LAYER;
    const density = isFaint ? 1 : this.scene.density;
    const { palette } = this;
    // Opacity from 0 to 255, and the color of a point of this opacity as a pixel.
    this.alphas = Float64Array.from(palette, ([, , , alpha]) => Math.min(255, alpha * density));
    this.colors = Uint32Array.from(palette, (color, code) => pixel(color, Math.round(this.alphas[code])));
    if (this.scene.isSolid && !isFaint) this.paintSolid(first, count);
    else if (!isFaint && this.nComponents === 2 && !this.sizes && this.scene.sizePx < 2 * SQUARE_RADIUS) this.paintSquares(first, count);
    else this.paintFlat(first, count, isFaint);
  }

  // Blended points of one size in a plane that are so small that they are squares: those of all large maps. The same as
  // `paintFlat`, in two thirds of the time.
  paintSquares(first, count) {
    const { points, codes, order, pixels, colors, scene } = this;
    const { width, height, matrix: m, origin } = scene;
    const half = Math.max(1, scene.sizePx) / 2;
    const [toX, toY] = [(m[0] * width) / 2, (m[5] * height) / 2];
    const left = (m[12] + 1) * 0.5 * width - origin[0] * toX - half - 0.5;
    const bottom = (m[13] + 1) * 0.5 * height - origin[1] * toY - half - 0.5;
    for (let k = first; k < first + count; k += 1) {
      const row = order[k];
      const px = points[2 * row] * toX + left;
      const py = points[2 * row + 1] * toY + bottom;
      const x0 = Math.max(0, Math.ceil(px));
      const x1 = Math.min(width, Math.ceil(px + 2 * half));
      const y1 = Math.min(height, Math.ceil(py + 2 * half));
      const color = colors[codes ? codes[row] : 0];
      for (let y = Math.max(0, Math.ceil(py)); y < y1; y += 1) {
        for (let at = y * width + x0; at < y * width + x1; at += 1) pixels[at] = over(color, pixels[at]);
      }
    }
  }

  // Blended points, as in a plane.
  paintFlat(first, count, isFaint) {
    const { points, codes, sizes, shapes, order, nComponents: d, pixels, colors, scene } = this;
    const partly = this.partlyCovered();
    const { width, height, matrix: m, origin, sizePx, depths } = scene;
    const space = d === 3;
    for (let k = first; k < first + count; k += 1) {
      const row = order[k];
      const x = points[d * row] - origin[0];
      const y = points[d * row + 1] - origin[1];
      const z = space ? points[d * row + 2] - origin[2] : 0;
      const w = m[3] * x + m[7] * y + m[11] * z + m[15];
      if (!(w > 0)) continue;
      const px = ((m[0] * x + m[4] * y + m[8] * z + m[12]) / w + 1) * 0.5 * width;
      const py = ((m[1] * x + m[5] * y + m[9] * z + m[13]) / w + 1) * 0.5 * height;
      let size = sizes ? sizePx * sizes[row] : sizePx;
      if (depths) size *= Math.min(2.2, Math.max(0.6, depths.center / w));
      if (size < 1) size = 1;
      const radius = size / 2;
      const x0 = Math.max(0, Math.ceil(px - radius - 0.5));
      const x1 = Math.min(width, Math.ceil(px + radius - 0.5));
      const y0 = Math.max(0, Math.ceil(py - radius - 0.5));
      const y1 = Math.min(height, Math.ceil(py + radius - 0.5));
      const code = codes ? codes[row] : 0;
      const full = colors[code];
      const perRadius = 1 / radius;
      const isSquare = radius < SQUARE_RADIUS;
      const shape = shapes ? shapes[row] : 0;
      for (let row_ = y0; row_ < y1; row_ += 1) {
        for (let column = x0, at = row_ * width + x0; column < x1; column += 1, at += 1) {
          let color = full;
          if (!isSquare) {
            const u = (column + 0.5 - px) * perRadius;
            const v = (row_ + 0.5 - py) * perRadius;
            const inside = shape === 0 ? (1 - Math.sqrt(u * u + v * v)) * radius + 0.5 : insideOf(shape, u, v, radius);
            if (inside <= 0) continue;
            if (inside < 1) color = partly[code * LEVELS + Math.floor(inside * LEVELS)];
          }
          pixels[at] = isFaint ? largest(color, pixels[at]) : over(color, pixels[at]);
        }
      }
    }
  }

  // The colors of pixels that a point covers in part, in steps, by code.
  partlyCovered() {
    const { palette, alphas } = this;
    const partly = new Uint32Array(palette.length * LEVELS);
    palette.forEach((color, code) => {
      for (let level = 0; level < LEVELS; level += 1) {
        partly[code * LEVELS + level] = pixel(color, Math.round((alphas[code] * (level + 0.5)) / LEVELS));
      }
    });
    return partly;
  }

  // Opaque points in space: the front-most one is seen.
  paintSolid(first, count) {
    const { points, codes, sizes, shapes, order, pixels, depths: nearest, palette, scene } = this;
    const { width, height, matrix: m, origin, sizePx, depths, background } = scene;
    const far = background.map((value) => 255 * value);
    const haze = depths ? 1 / Math.max(1e-6, depths.far - depths.near) : 0;
    for (let k = first; k < first + count; k += 1) {
      const row = order[k];
      const x = points[3 * row] - origin[0];
      const y = points[3 * row + 1] - origin[1];
      const z = points[3 * row + 2] - origin[2];
      const w = m[3] * x + m[7] * y + m[11] * z + m[15];
      if (!(w > 0)) continue;
      const depth = (m[2] * x + m[6] * y + m[10] * z + m[14]) / w;
      if (!(depth >= -1 && depth <= 1)) continue;
      const px = ((m[0] * x + m[4] * y + m[8] * z + m[12]) / w + 1) * 0.5 * width;
      const py = ((m[1] * x + m[5] * y + m[9] * z + m[13]) / w + 1) * 0.5 * height;
      let size = sizes ? sizePx * sizes[row] : sizePx;
      let hazy = 0;
      if (depths) {
        size *= Math.min(2.2, Math.max(0.6, depths.center / w));
        hazy = MOST_HAZE * Math.min(1, Math.max(0, (w - depths.near) * haze));
      }
      if (size < 1) size = 1;
      const radius = size / 2;
      const x0 = Math.max(0, Math.ceil(px - radius - 0.5));
      const x1 = Math.min(width, Math.ceil(px + radius - 0.5));
      const y0 = Math.max(0, Math.ceil(py - radius - 0.5));
      const y1 = Math.min(height, Math.ceil(py + radius - 0.5));
      const color = palette[codes ? codes[row] : 0];
      const plain = mixed(color, far, hazy);
      const perRadius = 1 / radius;
      const isSquare = radius < SQUARE_RADIUS;
      const shape = shapes ? shapes[row] : 0;
      for (let row_ = y0; row_ < y1; row_ += 1) {
        for (let column = x0, at = row_ * width + x0; column < x1; column += 1, at += 1) {
          if (!(depth < nearest[at])) continue;
          let shade = plain;
          if (!isSquare) {
            const u = (column + 0.5 - px) * perRadius;
            const v = (row_ + 0.5 - py) * perRadius;
            // Nearly all shapes are circles, of which a pixel is inside or not.
            if (shape === 0 ? u * u + v * v > 1 : insideOf(shape, u, v, radius) < 0.5) continue;
            if (radius >= PLAIN_RADIUS && (shape !== 0 || u * u + v * v > RIM_SQUARED)) {
              const rim = rimOf(shape, u, v);
              if (rim > hazy) shade = mixed(color, far, rim);
            }
          }
          nearest[at] = depth;
          pixels[at] = shade;
        }
      }
    }
  }

  // Show what is painted on the canvas.
  finish() {
    const { gl, texture, framebuffer, pixels, scene } = this;
    const { width, height } = scene;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    const bytes = new Uint8Array(pixels.buffer);
    if (this.isAllocated) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    else {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
      this.isAllocated = true;
    }
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, framebuffer);
    gl.framebufferTexture2D(gl.READ_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
    gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  destroy() {
    this.gl.deleteTexture(this.texture);
    this.gl.deleteFramebuffer(this.framebuffer);
    Object.assign(this, { texture: null, points: null, codes: null, sizes: null, shapes: null, order: null, pixels: null, depths: null });
  }
}

// A color of an opacity, both from 0 to 255, as a premultiplied pixel.
function pixel([red, green, blue], alpha) {
  const share = alpha / 255;
  return ((alpha << 24) | (Math.round(blue * share) << 16) | (Math.round(green * share) << 8) | Math.round(red * share)) >>> 0;
}

function mixed(color, to, share) {
  const r = color[0] + (to[0] - color[0]) * share;
  const g = color[1] + (to[1] - color[1]) * share;
  const b = color[2] + (to[2] - color[2]) * share;
  return (0xff000000 | ((b + 0.5) << 16) | ((g + 0.5) << 8) | (r + 0.5)) >>> 0;
}

// A pixel over another: two channels at a time, rounded to the nearest, never above 255.
function over(color, below) {
  const alpha = color >>> 24;
  const rest = 256 - alpha - (alpha >>> 7);
  const odd = ((Math.imul(below & 0xff00ff, rest) + 0x800080) >>> 8) & 0xff00ff;
  const even = (Math.imul((below >>> 8) & 0xff00ff, rest) + 0x800080) & 0xff00ff00;
  return (color + (odd | even)) >>> 0;
}

// The larger of each channel.
function largest(a, b) {
  let out = 0;
  for (let shift = 0; shift < 32; shift += 8) out |= Math.max((a >>> shift) & 255, (b >>> shift) & 255) << shift;
  return out >>> 0;
}
