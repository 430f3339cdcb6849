// Programs of the WebGL renderer. The same vertex shader serves two and three dimensions: a missing z is 0.

const VERTEX = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in vec3 a_position;
layout(location = 1) in uint a_code;
layout(location = 2) in float a_size;
layout(location = 3) in uint a_shape;
uniform mat4 u_matrix;
uniform vec3 u_origin;
uniform sampler2D u_palette;
// Diameter in device pixels.
uniform float u_size;
// Distances from the eye: center of the view, nearest and furthest point; the center is 0 in a plane.
uniform vec3 u_depths;
// Opacity is multiplied by this.
uniform float u_density;
flat out vec4 v_color;
flat out float v_radius;
flat out float v_haze;
flat out uint v_shape;
void main() {
  gl_Position = u_matrix * vec4(a_position - u_origin, 1.0);
  float size = u_size * a_size;
  v_haze = 0.0;
  v_shape = a_shape;
  if (u_depths.x > 0.0) {
    size *= clamp(u_depths.x / max(gl_Position.w, 1e-6), 0.6, 2.2);
    v_haze = clamp((gl_Position.w - u_depths.y) / max(u_depths.z - u_depths.y, 1e-6), 0.0, 1.0);
  }
  gl_PointSize = max(size, 1.0);
  v_radius = 0.5 * gl_PointSize;
  vec4 color = texelFetch(u_palette, ivec2(int(a_code) & 255, int(a_code) >> 8), 0);
  v_color = vec4(color.rgb, min(1.0, color.a * u_density));
}`;

// In a plane, points are blended discs with smooth edges. In space they are solid, so that the depth test decides, with a rim
// in the color of the background that separates overlapping points; far points take on some of that color.
const FRAGMENT = `#version 300 es
precision mediump float;
flat in vec4 v_color;
flat in float v_radius;
flat in float v_haze;
flat in uint v_shape;
uniform vec3 u_background;
uniform float u_solid;
out vec4 color;
// 1 at the outline of the shape, less inside; the shapes are circle, square, diamond, cross, x and open circle.
float outline(vec2 at) {
  if (v_shape == 0u) return length(at);
  if (v_shape == 4u) at = mat2(0.7071, 0.7071, -0.7071, 0.7071) * at;
  at = abs(at);
  if (v_shape == 1u) return max(at.x, at.y) / 0.85;
  if (v_shape == 2u) return at.x + at.y;
  if (v_shape == 5u) return abs(length(at) - 0.8) / 0.2;
  return max(max(at.x, at.y), 3.0 * min(at.x, at.y));
}
void main() {
  vec2 at = 2.0 * gl_PointCoord - 1.0;
  float radius = outline(at);
  float inside = v_radius < 1.3 ? 1.0 : clamp((1.0 - radius) * v_radius + 0.5, 0.0, 1.0);
  if (u_solid > 0.5) {
    if (inside < 0.5) discard;
    float rim = v_radius < 2.0 ? 0.0 : 0.45 * smoothstep(0.62, 1.0, radius);
    color = vec4(mix(v_color.rgb, u_background, max(rim, 0.45 * v_haze)), 1.0);
    return;
  }
  float alpha = v_color.a * inside;
  color = vec4(v_color.rgb * alpha, alpha);
}`;

export const UNIFORMS = ["u_matrix", "u_origin", "u_palette", "u_size", "u_depths", "u_density", "u_background", "u_solid"];

// Raises an error if the browser cannot compile them; a lost context yields null instead.
export function linkProgram(gl) {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(type);
    if (!shader) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (gl.isContextLost()) return null;
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new Error(`The map's shaders could not be compiled. ${gl.getProgramInfoLog(program) ?? ""}`);
  }
  const uniforms = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]));
  return { program, uniforms };
}
