// Rows of the same keys in two embeddings: for each row of one the row of the other, or -1.

export async function fetchRows(url, nRows) {
  const response = await fetch(url, { credentials: "same-origin" });
  const type = response.headers.get("content-type") || "";
  if (!response.ok || !type.startsWith("application/octet-stream")) {
    const body = type.startsWith("application/json") ? await response.json() : {};
    throw new Error(body.what || `The shared keys could not be loaded (${response.status}).`);
  }
  const buffer = await response.arrayBuffer();
  if (buffer.byteLength !== nRows * 4) throw new Error("The shared keys are incomplete.");
  return new Int32Array(buffer);
}

export function inverse(rows, nOthers) {
  const result = new Int32Array(nOthers).fill(-1);
  rows.forEach((other, row) => {
    if (other >= 0) result[other] = row;
  });
  return result;
}

// A selection (one byte per row) of the same keys on the other side; null if none of them is there.
export function mapped(selected, rows, nOthers) {
  const result = new Uint8Array(nOthers);
  let n = 0;
  for (let row = 0; row < selected.length; row += 1) {
    if (!selected[row] || rows[row] < 0) continue;
    result[rows[row]] = 1;
    n += 1;
  }
  return n ? result : null;
}
