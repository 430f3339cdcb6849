// Which renderer draws a map.

import { CanvasRenderer } from "./canvas_renderer.js";
import { PlotlyRenderer } from "./plotly_renderer.js";
import { webglCanvas, WebglRenderer } from "./webgl_renderer.js";

// Plotly draws maps of at most this many points by number of dimensions: larger ones miss the times in
// benchmarks/RESULTS.md ("Maps"). The same limits are in `PLOTLY_MOST_POINTS` in `embedlab/ui/map/early.py`.
export const PLOTLY_MOST_POINTS = { 2: 5000, 3: 1000 };

let webgl2 = null;
// The canvas that was made to ask; the first WebGL map draws on it, since a context takes long to make.
let spare = null;

// Whether the browser offers WebGL 2, asked once per page.
export function hasWebGL2() {
  if (webgl2 === null) {
    spare = webglCanvas();
    webgl2 = spare !== null;
  }
  return webgl2;
}

function takeSpare() {
  const canvas = spare;
  spare = null;
  return canvas?.getContext("webgl2").isContextLost() ? null : canvas;
}

// "webgl", "plotly" or "canvas". `moves`: points will move, as in a transition or a playback.
export function chooseRenderer({ nPoints, nComponents, moves, webgl2: isSupported }) {
  if (!isSupported) return "canvas";
  return moves || nPoints > PLOTLY_MOST_POINTS[nComponents] ? "webgl" : "plotly";
}

export function makeRenderer(name, host, nComponents, Plotly) {
  if (name === "webgl") return new WebglRenderer(host, nComponents, takeSpare());
  takeSpare()?.getContext("webgl2").getExtension("WEBGL_lose_context")?.loseContext();
  return name === "plotly" ? new PlotlyRenderer(Plotly, host, nComponents) : new CanvasRenderer(host, nComponents);
}
