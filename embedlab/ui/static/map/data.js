// Asking the app's own routes. Whatever comes is checked by type and length: under a wrong base path Streamlit answers
// any address with its page and status 200.

async function answer(url, type) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok || !(response.headers.get("content-type") || "").startsWith(type)) {
    let told = {};
    try {
      told = await response.json();
    } catch {
      // Not JSON: there is nothing to tell beyond the status.
    }
    throw new Error(told.what || `The map's data could not be loaded (${response.status}).`);
  }
  return response;
}

export async function fetchPoints(url, nPoints, nComponents) {
  const buffer = await (await answer(url, "application/octet-stream")).arrayBuffer();
  if (buffer.byteLength !== nPoints * nComponents * 4) throw new Error("The map's points are incomplete.");
  return new Float32Array(buffer);
}

export async function fetchLabels(url, nPoints) {
  const labels = (await (await answer(url, "text/plain")).text()).split("\n");
  if (labels.length !== nPoints) throw new Error("The map's names are incomplete.");
  return labels;
}

// A column: length of the legend, legend as JSON, then one value a point.
export async function fetchColumn(url, nPoints) {
  const buffer = await (await answer(url, "application/octet-stream")).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const legend = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const values = legend.dtype === "uint8" ? new Uint8Array(buffer, 4 + length) : new Float32Array(buffer, 4 + length);
  if (values.length !== nPoints) throw new Error("The map's colors are incomplete.");
  return { legend, values };
}

export async function fetchJson(url) {
  return (await answer(url, "application/json")).json();
}

let plotly = null;

// Plotly.js, once a page. Streamlit has a Plotly of its own under the same global name, which is put back.
export function loadPlotly(url) {
  plotly ??= new Promise((resolve, reject) => {
    const others = window.Plotly;
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => {
      const own = window.Plotly;
      if (others) window.Plotly = others;
      resolve(own);
    };
    script.onerror = () => {
      plotly = null;
      reject(new Error("The drawing library could not be loaded."));
    };
    document.head.append(script);
  });
  return plotly;
}
