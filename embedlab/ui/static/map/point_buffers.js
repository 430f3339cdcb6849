// The points in the memory of the graphics card: positions, category codes, sizes, drawing order, palette. Everything is
// uploaded from arrays that the renderer keeps, so that it can be uploaded again after a lost context.

import { FAINT_LAYER } from "./draw_order.js";
import { linkProgram } from "./shaders.js";

const PALETTE_WIDTH = 256;

export class PointBuffers {
  constructor(gl) {
    this.gl = gl;
    this.linked = linkProgram(gl);
    this.vertices = gl.createVertexArray();
    gl.bindVertexArray(this.vertices);
    [this.positions, this.codes, this.sizes, this.shapes, this.order] = Array.from({ length: 5 }, () => gl.createBuffer());
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.order);
    this.palette = gl.createTexture();
    // The values of unused attributes must have their types.
    this.setCodes(null);
    this.setSizes(null);
    this.setShapes(null);
    this.target = null;
    this.nBytes = 0;
    // Pieces of a drawing: the graphics card works while the page responds.
    this.sliceMs = 60;
  }

  get isReady() {
    return this.linked !== null;
  }

  // points: float32, `nComponents` per point. With the same length as before, only the content is replaced.
  setPositions(points, nComponents) {
    const { gl } = this;
    gl.bindVertexArray(this.vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.positions);
    if (this.nBytes === points.byteLength) gl.bufferSubData(gl.ARRAY_BUFFER, 0, points);
    else {
      gl.bufferData(gl.ARRAY_BUFFER, points, gl.DYNAMIC_DRAW);
      this.nBytes = points.byteLength;
      gl.enableVertexAttribArray(0);
      gl.vertexAttribPointer(0, nComponents, gl.FLOAT, false, 0, 0);
    }
  }

  // codes: uint8 or uint16, one per point, or null if all points have the first color.
  setCodes(codes) {
    const { gl } = this;
    gl.bindVertexArray(this.vertices);
    if (!codes) {
      gl.disableVertexAttribArray(1);
      gl.vertexAttribI4ui(1, 0, 0, 0, 0);
      return;
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.codes);
    gl.bufferData(gl.ARRAY_BUFFER, codes, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribIPointer(1, 1, codes.BYTES_PER_ELEMENT === 1 ? gl.UNSIGNED_BYTE : gl.UNSIGNED_SHORT, 0, 0);
  }

  // sizes: float32, relative to the size of a draw, or null if all are 1.
  setSizes(sizes) {
    const { gl } = this;
    gl.bindVertexArray(this.vertices);
    if (!sizes) {
      gl.disableVertexAttribArray(2);
      gl.vertexAttrib1f(2, 1);
      return;
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.sizes);
    gl.bufferData(gl.ARRAY_BUFFER, sizes, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(2);
    gl.vertexAttribPointer(2, 1, gl.FLOAT, false, 0, 0);
  }

  // shapes: uint8 from 0 to 5 (see the fragment shader), one per point, or null if all are circles.
  setShapes(shapes) {
    const { gl } = this;
    gl.bindVertexArray(this.vertices);
    if (!shapes) {
      gl.disableVertexAttribArray(3);
      gl.vertexAttribI4ui(3, 0, 0, 0, 0);
      return;
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.shapes);
    gl.bufferData(gl.ARRAY_BUFFER, shapes, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(3);
    gl.vertexAttribIPointer(3, 1, gl.UNSIGNED_BYTE, 0, 0);
  }

  setOrder(order) {
    const { gl } = this;
    gl.bindVertexArray(this.vertices);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, order, gl.STATIC_DRAW);
  }

  // colors: [r, g, b, a] from 0 to 255, one per code.
  setPalette(colors) {
    const { gl } = this;
    const height = Math.max(1, Math.ceil(colors.length / PALETTE_WIDTH));
    const bytes = new Uint8Array(PALETTE_WIDTH * height * 4);
    colors.forEach((color, code) => bytes.set(color, 4 * code));
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, PALETTE_WIDTH, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  }

  // Clear the target and set the uniforms. scene: {matrix, origin, sizePx, depths, density, background, isSolid, width, height}
  begin(scene, target = null) {
    const { gl } = this;
    const { program, uniforms } = this.linked;
    gl.bindFramebuffer(gl.FRAMEBUFFER, target?.framebuffer ?? null);
    gl.viewport(0, 0, scene.width, scene.height);
    gl.clearColor(0, 0, 0, 0);
    gl.depthMask(true);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.useProgram(program);
    gl.bindVertexArray(this.vertices);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.uniform1i(uniforms.u_palette, 0);
    gl.uniformMatrix4fv(uniforms.u_matrix, false, new Float32Array(scene.matrix));
    gl.uniform3fv(uniforms.u_origin, scene.origin);
    gl.uniform1f(uniforms.u_size, scene.sizePx);
    const { depths } = scene;
    gl.uniform3f(uniforms.u_depths, depths?.center ?? 0, depths?.near ?? 0, depths?.far ?? 0);
    gl.uniform3fv(uniforms.u_background, scene.background);
    this.isSolid = scene.isSolid;
    this.density = scene.density;
  }

  drawRange([layer, first, count]) {
    const { gl } = this;
    const isFaint = layer === FAINT_LAYER;
    const solid = this.isSolid && !isFaint;
    gl.uniform1f(this.linked.uniforms.u_solid, solid ? 1 : 0);
    gl.uniform1f(this.linked.uniforms.u_density, isFaint ? 1 : this.density);
    if (solid) gl.disable(gl.BLEND);
    else {
      gl.enable(gl.BLEND);
      // Half a million faint points over each other would look like selected ones, so the strongest of them counts.
      gl.blendEquation(isFaint ? gl.MAX : gl.FUNC_ADD);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    }
    if (this.isSolid) gl.enable(gl.DEPTH_TEST);
    else gl.disable(gl.DEPTH_TEST);
    // Faint points never hide others.
    gl.depthMask(solid);
    gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, 4 * first);
  }

  // A picture outside of the canvas, of the canvas' size.
  hiddenTarget(width, height) {
    const { gl } = this;
    if (this.target?.width === width && this.target?.height === height) return this.target;
    this.deleteTarget();
    const framebuffer = gl.createFramebuffer();
    const [color, depth] = [gl.createRenderbuffer(), gl.createRenderbuffer()];
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    const attach = (buffer, format, attachment) => {
      gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
      gl.renderbufferStorage(gl.RENDERBUFFER, format, width, height);
      gl.framebufferRenderbuffer(gl.FRAMEBUFFER, attachment, gl.RENDERBUFFER, buffer);
    };
    attach(color, gl.RGBA8, gl.COLOR_ATTACHMENT0);
    attach(depth, gl.DEPTH_COMPONENT24, gl.DEPTH_ATTACHMENT);
    this.target = { framebuffer, color, depth, width, height };
    return this.target;
  }

  // Show the hidden picture, if there is one, on the canvas.
  finish(target = null) {
    if (!target) return;
    const { gl } = this;
    const { framebuffer, width, height } = target;
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, framebuffer);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
    gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  deleteTarget() {
    if (!this.target) return;
    this.gl.deleteFramebuffer(this.target.framebuffer);
    this.gl.deleteRenderbuffer(this.target.color);
    this.gl.deleteRenderbuffer(this.target.depth);
    this.target = null;
  }

  destroy() {
    const { gl } = this;
    this.deleteTarget();
    for (const buffer of [this.positions, this.codes, this.sizes, this.shapes, this.order]) gl.deleteBuffer(buffer);
    gl.deleteTexture(this.palette);
    gl.deleteVertexArray(this.vertices);
    if (this.linked) gl.deleteProgram(this.linked.program);
  }
}
