// Requests to the routes of a film. A response of the wrong length is not drawn.

async function answer(url, type) {
  const response = await fetch(url, { credentials: "same-origin" });
  const kind = response.headers.get("content-type") || "";
  if (response.ok && kind.startsWith(type)) return response;
  const body = kind.startsWith("application/json") ? await response.json() : {};
  throw new Error(body.what || `The film could not be loaded (${response.status}).`);
}

export async function fetchJson(url) {
  return (await answer(url, "application/json")).json();
}

// The frames from number `since` on, with `k` neighbors for each point: {points: Float32Array, neighbors: Uint16Array, k}.
export async function fetchFrames(url, nPoints, k, since) {
  const buffer = await (await answer(`${url}?since=${since}`, "application/octet-stream")).arrayBuffer();
  const bytes = nPoints * 8 + nPoints * k * 2;
  const length = bytes + ((4 - (bytes % 4)) % 4);
  if (buffer.byteLength % length) throw new Error("The film's frames are incomplete.");
  return Array.from({ length: buffer.byteLength / length }, (_, at) => ({
    points: new Float32Array(buffer, at * length, nPoints * 2),
    neighbors: new Uint16Array(buffer, at * length + nPoints * 8, nPoints * k),
    k,
  }));
}
