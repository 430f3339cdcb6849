// Largest selection that is sent row by row; see `MOST_ROWS` in `selected_rows.py`.
export const MOST_ROWS = 2000;

// Emphasis: the selected points, and the categories chosen in the legend. All others are drawn faint.

export class Emphasis {
  constructor() {
    // One byte per point, or null without a selection.
    this.selected = null;
    this.categories = new Set();
    // One byte per point while a replay shows only some points, otherwise null.
    this.only = null;
  }

  get nSelected() {
    return this.selected ? this.selected.reduce((sum, value) => sum + value, 0) : 0;
  }

  get isActive() {
    return this.selected !== null || this.categories.size > 0 || this.only !== null;
  }

  select(rows, nPoints) {
    this.selected = rows.length ? new Uint8Array(nPoints) : null;
    for (const row of rows) if (row >= 0 && row < nPoints) this.selected[row] = 1;
  }

  toggle(row, nPoints) {
    this.selected ??= new Uint8Array(nPoints);
    this.selected[row] = 1 - this.selected[row];
    if (!this.nSelected) this.selected = null;
  }

  clear() {
    this.selected = null;
  }

  toggleCategory(code) {
    if (!this.categories.delete(code)) this.categories.add(code);
  }

  // Whether a point is replayed, if a replay is shown, and belongs to the chosen categories; others cannot be picked.
  isShown(row, groups) {
    if (this.only && !this.only[row]) return false;
    return !this.categories.size || this.categories.has(groups.codes ? groups.codes[row] : 0);
  }

  // The groups of `groupsOf`, with as many again for the faint points.
  apply(groups, nPoints) {
    const n = groups.colors.length;
    if (!this.isActive) return { ...groups, faintFrom: n };
    const codes = new Uint8Array(nPoints);
    for (let row = 0; row < nPoints; row += 1) {
      const code = groups.codes ? groups.codes[row] : 0;
      const isFaint = !this.isShown(row, groups) || (this.selected !== null && !this.selected[row]);
      codes[row] = isFaint ? n + code : code;
    }
    return { codes, colors: [...groups.colors, ...groups.colors], nColored: groups.nColored, faintFrom: n };
  }
}

// Rows of the points in a box; see `points_in_box` in the Python module, which computes the same.
export function rowsInBox(box, points, nComponents) {
  const rows = [];
  const [x0, x1] = [Math.min(box.x0, box.x1), Math.max(box.x0, box.x1)];
  const [y0, y1] = [Math.min(box.y0, box.y1), Math.max(box.y0, box.y1)];
  const m = box.matrix;
  for (let row = 0, o = 0; o < points.length; row += 1, o += nComponents) {
    let x = points[o];
    let y = points[o + 1];
    if (m) {
      const z = points[o + 2];
      const w = m[3] * x + m[7] * y + m[11] * z + m[15];
      if (!(w > 0)) continue;
      [x, y] = [(m[0] * x + m[4] * y + m[8] * z + m[12]) / w, (m[1] * x + m[5] * y + m[9] * z + m[13]) / w];
    }
    if (x >= x0 && x <= x1 && y >= y0 && y <= y1) rows.push(row);
  }
  return rows;
}

// Rows as ascending ranges, "0-3.7": the same text as in the page's address.
export function rowsText(selected) {
  const parts = [];
  for (let row = 0; row < selected.length; row += 1) {
    if (!selected[row]) continue;
    const start = row;
    while (selected[row + 1]) row += 1;
    parts.push(row > start ? `${start}-${row}` : `${start}`);
  }
  return parts.join(".");
}

export function rowsOf(text) {
  return text.split(".").flatMap((part) => {
    const [start, end] = part.split("-").map(Number);
    return Array.from({ length: (end ?? start) - start + 1 }, (_, at) => start + at);
  });
}
