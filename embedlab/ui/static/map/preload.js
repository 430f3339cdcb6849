// On the map's own address this runs while Streamlit is still connecting: when the map comes, everything it needs is
// there. Plotly.js alone takes a second to compile.

import { loadPlotly } from "./data.js";
import "./main.js";

loadPlotly(document.getElementById("embedlab-plotly").href).catch(() => {
  // The map will ask again, and say so when it fails.
});
