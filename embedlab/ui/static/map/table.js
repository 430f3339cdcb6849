// The table of points beside the map: rows come from a route, one page at a time. A plain HTML table, so that screen
// readers and the keyboard work: headings sort, names pick, boxes select.
//
// data: {url, source, selected: id of the selection or "", n_selected, n_points, picked, n: rows per page}

import { fetchJson } from "./data.js";
import { element } from "./dom.js";

const WAIT_MS = 200;
const tables = new WeakMap();
const counts = new Intl.NumberFormat();
const numbers = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 5, useGrouping: false });

class PointTable {
  constructor(node) {
    this.node = node;
    this.state = { first: 0, sort: "", descending: false, q: "", only: true };
    this.filter = element("input", { type: "search", placeholder: "Filter by name", "aria-label": "Filter the table by name", maxlength: "200" });
    this.filter.addEventListener("input", () => this.schedule());
    this.only = element("input", { type: "checkbox" });
    this.only.addEventListener("change", () => this.load({ only: this.only.checked, first: 0 }));
    this.onlyLabel = element("label", { class: "only" }, this.only, "Selected only");
    this.caption = element("caption", {});
    this.head = element("thead", {});
    this.body = element("tbody", {});
    this.previous = element("button", { type: "button", "aria-label": "Previous page", text: "‹" });
    this.next = element("button", { type: "button", "aria-label": "Next page", text: "›" });
    this.previous.addEventListener("click", () => this.load({ first: Math.max(0, this.state.first - this.data.n) }));
    this.next.addEventListener("click", () => this.load({ first: this.state.first + this.data.n }));
    this.pages = element("span", { class: "pages", role: "status", "aria-live": "polite" });
    const scroll = element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Table of points" },
      element("table", {}, this.caption, this.head, this.body));
    node.replaceChildren(
      element("div", { class: "bar" }, this.filter, this.onlyLabel), scroll,
      element("div", { class: "bar" }, this.previous, this.pages, this.next));
    // Without a mouse, a click on a heading or a name is the same.
    this.head.addEventListener("click", (event) => this.sort(event.target.closest("button")));
    this.body.addEventListener("click", (event) => this.choose(event));
  }

  reconcile(data) {
    const before = this.data;
    this.data = data;
    this.onlyLabel.hidden = !data.n_selected;
    const isNew = !before || before.url !== data.url || before.source !== data.source;
    if (isNew) {
      Object.assign(this.state, { first: 0, sort: "", descending: false, q: "", only: true });
      this.filter.value = "";
    }
    this.only.checked = this.state.only;
    const isPick = data.picked !== null && data.picked !== before?.picked;
    if (isNew || before.selected !== data.selected || before.n !== data.n || isPick) this.load({}, isPick ? data.picked : null);
    else this.mark();
  }

  schedule() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load({ q: this.filter.value, first: 0 }), WAIT_MS);
  }

  // Load a page; `around` is the index of a point whose page is wanted, if the table has it.
  async load(change, around = null) {
    Object.assign(this.state, change);
    const { data, state } = this;
    const parameters = new URLSearchParams({ first: state.first, n: data.n, sort: state.sort, q: state.q });
    if (state.descending) parameters.set("descending", "1");
    if (data.selected) parameters.set("selected", data.selected);
    if (data.selected && state.only) parameters.set("only", "1");
    if (around !== null) parameters.set("around", around);
    const request = String(parameters);
    this.request = request;
    try {
      const page = await fetchJson(`${data.url}?${parameters}`);
      // An older answer must not replace a newer one.
      if (this.request === request) this.show(page);
    } catch (error) {
      this.pages.textContent = error.message;
    }
  }

  show(page) {
    this.state.first = page.first;
    this.columns = page.columns;
    const focused = document.activeElement?.closest?.("th button")?.dataset.column;
    this.head.replaceChildren(element("tr", {}, element("td", { class: "check" }), ...page.columns.map((column) => this.heading(column))));
    if (focused) this.head.querySelector(`button[data-column="${focused}"]`)?.focus({ preventScroll: true });
    this.body.replaceChildren(...page.rows.map((row) => this.row(row)));
    if (!page.rows.length) {
      const text = this.state.q ? "No name contains this text." : "No points.";
      this.body.append(element("tr", {}, element("td", { class: "none", colspan: String(page.columns.length + 1), text })));
    }
    const last = page.first + page.rows.length;
    const listed = this.data.selected && this.state.only ? "selected points" : "points";
    this.caption.textContent = `${counts.format(page.n_rows)} ${listed}. Headings sort, names pick a point on the map, boxes select it.`;
    this.pages.textContent = page.n_rows ? `${counts.format(page.first + 1)}–${counts.format(last)} of ${counts.format(page.n_rows)}` : "0 rows";
    this.previous.disabled = page.first === 0;
    this.next.disabled = last >= page.n_rows;
    this.node.dataset.nRows = page.n_rows;
    this.mark();
  }

  heading({ id, title, numeric }) {
    const { sort, descending } = this.state;
    const order = sort === id ? (descending ? "descending" : "ascending") : "none";
    const arrow = { ascending: " ↑", descending: " ↓", none: "" }[order];
    const button = element("button", { type: "button", "data-column": id, title: `Sort by ${title}`, text: title });
    if (arrow) button.append(element("span", { "aria-hidden": "true", text: arrow }));
    return element("th", { scope: "col", "aria-sort": order, class: numeric ? "number" : "" }, button);
  }

  row([index, isSelected, cells]) {
    const name = String(cells[0] ?? "");
    const box = element("input", { type: "checkbox", "aria-label": `Select ${name}` });
    box.checked = isSelected;
    const pick = element("button", { type: "button", title: name, text: name });
    const rest = cells.slice(1).map((cell, at) => {
      const { numeric } = this.columns[at + 1];
      const text = cell === null ? "" : typeof cell === "number" && !Number.isInteger(cell) ? numbers.format(cell) : String(cell);
      return element("td", { class: numeric ? "number" : "", title: text, text });
    });
    return element("tr", { "data-index": index }, element("td", { class: "check" }, box), element("th", { scope: "row" }, pick), ...rest);
  }

  // First ascending, then descending, then in the embedding's order.
  sort(button) {
    if (!button) return;
    const id = button.dataset.column;
    const { sort, descending } = this.state;
    const isThird = sort === id && descending;
    this.load({ sort: isThird ? "" : id, descending: sort === id && !isThird, first: 0 });
  }

  choose(event) {
    const index = Number(event.target.closest("tr")?.dataset.index ?? -1);
    if (index < 0) return;
    const { source } = this.data;
    if (event.target.type === "checkbox") this.send("toggle", { row: index, source });
    else {
      this.picked = index;
      this.send("pick", { row: index, source });
      this.mark(index);
    }
  }

  mark(picked = this.data.picked) {
    for (const row of this.body.rows) {
      if (Number(row.dataset.index) === picked) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }
}

export default function run({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".embedlab-table");
  let table = tables.get(node);
  if (!table) {
    table = new PointTable(node);
    tables.set(node, table);
  }
  table.send = setTriggerValue;
  table.reconcile(data);
}
