// A query drawn on the map: arrows of an analogy, lines to a mean, the computed point, and the answers.
//
// query: {id, kind, title, rows, lines: [[start, end, stroke]], answers: [[row, label, score]], at, name}, where an end
// of -1 is the computed point, whose coordinates are `at` (null if there is none).

import { Pool, svgElement } from "./dom.js";
import { arrow } from "./geometry.js";

const COMPUTED = -1;
// Lines end before the rings of their points.
const GAP_PX = 12;
const COMPUTED_GAP_PX = 16;

// Lines in pixels; those with an end behind the camera are left out.
export function queryLines(query, at, computed) {
  const ends = (end) => (end === COMPUTED ? computed : at(end));
  return query.lines
    .map(([start, end, stroke]) => {
      return { from: ends(start), to: ends(end), stroke, endGap: end === COMPUTED ? COMPUTED_GAP_PX : GAP_PX };
    })
    .filter(({ from, to }) => from && to);
}

export class QueryLayer {
  constructor(svg) {
    const group = (name) => svg.appendChild(svgElement("g", { class: name }));
    this.lines = new Pool(group("query-lines"), "path");
    this.heads = new Pool(group("query-heads"), "path");
    this.answers = new Pool(group("query-answers"), "circle");
    this.rings = new Pool(group("query-rings"), "circle");
    this.pools = [this.lines, this.heads, this.answers, this.rings];
  }

  // overlay: for labels, so that they do not overlap those of other points.
  render(scene, overlay) {
    for (const pool of this.pools) pool.begin();
    const { query } = scene;
    if (query) {
      const computed = query.computed;
      for (const { from, to, stroke, endGap } of queryLines(query, scene.at, computed)) {
        const { line, head } = arrow(from, to, GAP_PX, endGap);
        if (!line) continue;
        this.lines.next({ d: line, class: stroke });
        if (stroke === "relation") this.heads.next({ d: head });
      }
      query.answers.forEach(([row], rank) => {
        const at = scene.at(row);
        if (at) this.answers.next({ cx: at.x, cy: at.y, r: rank ? 5 : 7, fill: scene.colorOf(row), "data-index": row });
      });
      for (const row of query.rows) {
        const at = scene.at(row);
        if (at) this.rings.next({ cx: at.x, cy: at.y, r: 9, "data-index": row });
      }
      this.labels(scene, overlay, computed);
    }
    for (const pool of this.pools) pool.end();
  }

  labels({ query, at, labelOf, width }, overlay, computed) {
    for (const row of query.rows) {
      const place = at(row);
      if (place) overlay.label(labelOf(row), place, "query-key", 12, width, true);
    }
    if (computed) overlay.guest({ word: query.name, at: computed }, width);
    for (const [row, label] of query.answers) {
      const place = at(row);
      if (place && !query.rows.includes(row)) overlay.label(label, place, "neighbor", 9, width);
    }
  }
}
