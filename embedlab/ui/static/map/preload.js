// On the Map page's URL this runs while Streamlit is still connecting, so that everything is ready when the map mounts.
// Plotly.js takes a second to compile, so it is loaded only for maps that it draws; the server knows them by the address.

import { loadPlotly } from "./data.js";
import "./main.js";
import { hasWebGL2 } from "./renderers.js";

// Makes the context that the map will draw with.
hasWebGL2();
const plotly = document.getElementById("embedlab-plotly");
if (plotly) {
  loadPlotly(plotly.href).catch(() => {
    // The map tries again, and shows an error if it fails.
  });
}
