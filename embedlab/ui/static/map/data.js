// Requests to the app's own routes. Responses are checked by type and length: with a wrong base path Streamlit answers
// any URL with its page and status 200.

async function request(url, type, options = {}) {
  const response = await fetch(url, { credentials: "same-origin", ...options });
  if (!response.ok || !(response.headers.get("content-type") || "").startsWith(type)) {
    let body = {};
    try {
      body = await response.json();
    } catch {
      // Not JSON: only the status is known.
    }
    throw new Error(body.what || `The map's data could not be loaded (${response.status}).`);
  }
  return response;
}

export async function fetchPoints(url, nPoints, nComponents) {
  const buffer = await (await request(url, "application/octet-stream")).arrayBuffer();
  if (buffer.byteLength !== nPoints * nComponents * 4) throw new Error("The map's points are incomplete.");
  return new Float32Array(buffer);
}

// A selection: one bit for each point.
export async function fetchBits(url, nPoints) {
  const buffer = await (await request(url, "application/octet-stream")).arrayBuffer();
  if (buffer.byteLength !== Math.ceil(nPoints / 8)) throw new Error("The selection is incomplete.");
  return new Uint8Array(buffer);
}

export async function fetchLabels(url, nPoints) {
  const labels = await lines(await (await request(url, "text/plain")).text());
  if (labels.length !== nPoints) throw new Error("The map's names are incomplete.");
  return labels;
}

const PIECE = 1_000_000;

// The lines of a text. A million names take longer than a frame, so they are split in pieces of a million characters.
async function lines(text) {
  if (text.length <= PIECE) return text.split("\n");
  const parts = [];
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf("\n", start + PIECE);
    parts.push(text.slice(start, end < 0 ? text.length : end).split("\n"));
    start = end < 0 ? text.length + 1 : end + 1;
    await new Promise((resolve) => setTimeout(resolve));
  }
  return parts.flat();
}

// A column: see `ColorColumn` in color_columns.py.
export async function fetchColumn(url, nPoints) {
  const buffer = await (await request(url, "application/octet-stream")).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const legend = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const Values = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array }[legend.dtype];
  const end = 4 + length + Math.ceil((nPoints * Values.BYTES_PER_ELEMENT) / 4) * 4;
  const { n_further: nFurther = 0 } = legend;
  const size = nFurther ? end + 6 * nFurther : 4 + length + nPoints * Values.BYTES_PER_ELEMENT;
  if (buffer.byteLength < size) throw new Error("The map's colors are incomplete.");
  const values = new Values(buffer, 4 + length, nPoints);
  // The values after the first one of cells with several, such as the genres of a film.
  const further = nFurther
    ? { rows: new Uint32Array(buffer, end, nFurther), codes: new Uint16Array(buffer, end + 4 * nFurther, nFurther) }
    : { rows: new Uint32Array(), codes: new Uint16Array() };
  return { legend, values, further };
}

export async function fetchJson(url) {
  return (await request(url, "application/json")).json();
}

let plotly = null;

// Loads Plotly.js once per page. Streamlit has its own Plotly under the same global name, which is restored.
export function loadPlotly(url) {
  plotly ??= new Promise((resolve, reject) => {
    const streamlitPlotly = window.Plotly;
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => {
      const own = window.Plotly;
      if (streamlitPlotly) window.Plotly = streamlitPlotly;
      resolve(own);
    };
    script.onerror = () => {
      plotly = null;
      reject(new Error("Plotly.js could not be loaded."));
    };
    document.head.append(script);
  });
  return plotly;
}

// A file that the server makes from what is sent.
export async function sendForFile(url, body, type) {
  return (await request(url, type, { method: "POST", body })).blob();
}
