// The list of runs. The link in a row covers the whole row (app.css), so that a click anywhere opens its run, and Tab and
// Enter work as with any link. Headings are buttons that sort.

import { element, svgElement } from "../map/dom.js";

const SPARK = { width: 72, height: 20 };

export default function run({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".embedlab-runs");
  if (node.dataset.list === data.list_id) return;
  node.dataset.list = data.list_id;
  const body = element("tbody");
  const order = { column: -1, ascending: true };

  const open = (event, row) => {
    // With a modifier key the browser opens the address in another tab.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    setTriggerValue("opened", { row, list_id: data.list_id });
  };

  const cell = (value, column, at) => {
    const attributes = { "data-column": data.columns[column] };
    if (Array.isArray(value)) return element("td", attributes, spark(value));
    if (column > 0) return element("td", { ...attributes, text: data.texts[at][column] });
    const link = element("a", { href: data.links[at], text: data.texts[at][column] });
    link.addEventListener("click", (event) => open(event, at));
    return element("td", attributes, link);
  };
  const rows = data.rows.map((values, at) => element("tr", {}, ...values.map((value, column) => cell(value, column, at))));

  const headings = data.columns.map((title, column) => {
    const button = element("button", { type: "button", text: title });
    const heading = element("th", { scope: "col", "data-column": title }, button);
    button.addEventListener("click", () => {
      order.ascending = order.column === column ? !order.ascending : true;
      order.column = column;
      headings.forEach((each) => each.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", order.ascending ? "ascending" : "descending");
      body.replaceChildren(...sorted(data.rows, column, order.ascending).map((at) => rows[at]));
    });
    return heading;
  });
  body.replaceChildren(...rows);
  node.replaceChildren(element("thead", {}, element("tr", {}, ...headings)), body);
}

function sorted(rows, column, ascending) {
  const key = (at) => (Array.isArray(rows[at][column]) ? rows[at][column].at(-1) : rows[at][column]);
  const missing = (value) => value === null || value === undefined || value === "";
  return rows.map((_, at) => at).sort((one, other) => {
    const [a, b] = [key(one), key(other)];
    // Rows without a value are last in both directions.
    if (missing(a) || missing(b)) return missing(a) - missing(b);
    const difference = typeof a === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
    return ascending ? difference : -difference;
  });
}

function spark(values) {
  if (values.length < 2) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (at) => (at / (values.length - 1)) * SPARK.width;
  const y = (value) => SPARK.height - 2 - ((value - low) / (high - low || 1)) * (SPARK.height - 4);
  const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const line = svgElement("polyline", { points, fill: "none", stroke: "currentColor", "stroke-width": "1.6" });
  return svgElement("svg", { viewBox: `0 0 ${SPARK.width} ${SPARK.height}`, "aria-hidden": "true", ...SPARK }, line);
}
