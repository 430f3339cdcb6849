// The search box: suggestions while typing, arrow keys and Enter, Escape closes. A combobox as WAI-ARIA describes it.

import { element } from "./dom.js";

const WAIT_MS = 90;
let boxes = 0;

export class SearchBox {
  // find(text) -> promise of [[index, label], ...]; choose(index) is called with the one chosen.
  constructor(host, find, choose) {
    this.find = find;
    this.choose = choose;
    this.found = [];
    this.active = -1;
    boxes += 1;
    this.id = `embedlab-map-found-${boxes}`;
    this.input = element("input", {
      type: "search", placeholder: "Search a name", "aria-label": "Search a name on the map", role: "combobox", "aria-expanded": "false",
      "aria-controls": this.id, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", maxlength: "200",
    });
    this.list = element("ul", { id: this.id, role: "listbox", "aria-label": "Names found" });
    this.list.hidden = true;
    this.node = element("div", { class: "embedlab-map-search" }, this.input, this.list);
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    host.append(this.node);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  async ask() {
    const text = this.input.value.trim();
    if (!text) {
      this.close();
      return;
    }
    try {
      const found = await this.find(text);
      if (this.input.value.trim() === text) this.show(found);
    } catch {
      this.close();
    }
  }

  show(found) {
    this.found = found;
    this.active = found.length ? 0 : -1;
    const rows = found.map(([, label], at) => {
      const row = element("li", { role: "option", id: `${this.id}-${at}`, text: label });
      row.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        this.take(at);
      });
      return row;
    });
    if (!rows.length) rows.push(element("li", { class: "none", text: "Nothing found" }));
    this.list.replaceChildren(...rows);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark();
  }

  mark() {
    [...this.list.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === this.active)));
    if (this.active >= 0) {
      this.input.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
      this.list.children[this.active].scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.found.length) {
      this.active = (this.active + step + this.found.length) % this.found.length;
      this.mark();
      event.preventDefault();
    } else if (event.key === "Enter") {
      if (this.found.length && !this.list.hidden) this.take(Math.max(0, this.active));
      event.preventDefault();
    } else if (event.key === "Escape") this.close();
    // The page and the map listen to keys as well.
    event.stopPropagation();
  }

  take(at) {
    const [index, label] = this.found[at];
    this.input.value = label;
    this.close();
    this.choose(index);
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
