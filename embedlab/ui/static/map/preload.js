// On the Map page's URL this runs while Streamlit is still connecting, so that everything is loaded when the map mounts.
// Plotly.js alone takes a second to compile.

import { loadPlotly } from "./data.js";
import "./main.js";

loadPlotly(document.getElementById("embedlab-plotly").href).catch(() => {
  // The map tries again, and shows an error if it fails.
});
