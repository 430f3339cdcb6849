// On the Map page's URL this runs while Streamlit is still connecting, so that everything is loaded when the map mounts.
// Plotly.js takes a second to compile, so it is loaded only for maps that it draws; the server knows them by the address.

import { loadPlotly } from "./data.js";
import "./main.js";

const plotly = document.getElementById("embedlab-plotly");
if (plotly) {
  loadPlotly(plotly.href).catch(() => {
    // The map tries again, and shows an error if it fails.
  });
}
