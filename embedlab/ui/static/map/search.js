// Search box with suggestions: arrow keys and Enter select, Escape closes. A combobox according to WAI-ARIA.

import { element } from "./dom.js";
import { shortened } from "./overlay.js";

const WAIT_MS = 90;
let boxes = 0;

export class SearchBox {
  // find(text) -> promise of {found: [[index, label], ...], place: an out-of-vocabulary word to place, or null};
  // pick(index) or place(word) is called with the choice.
  constructor(host, find, { pick, place }) {
    this.find = find;
    this.pick = pick;
    this.place = place;
    this.options = [];
    this.active = -1;
    boxes += 1;
    this.id = `embedlab-map-found-${boxes}`;
    this.input = element("input", {
      type: "search", placeholder: "Search names", "aria-label": "Search names on the map", role: "combobox", "aria-expanded": "false",
      "aria-controls": this.id, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", maxlength: "200",
    });
    this.list = element("ul", { id: this.id, role: "listbox", "aria-label": "Matching names" });
    this.list.hidden = true;
    this.node = element("div", { class: "embedlab-map-search" }, this.input, this.list);
    this.input.addEventListener("input", () => this.schedule());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    host.append(this.node);
  }

  schedule() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.request(), WAIT_MS);
  }

  async request() {
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

  show({ found, place }) {
    this.options = found.map(([index, label]) => ({ name: label, content: [label], choose: () => this.pick(index) }));
    if (place) {
      // Isolated, since a word may be right-to-left.
      const content = ["Place ‘", element("bdi", { text: shortened(place) }), "’ by subwords"];
      this.options.push({ name: place, content, choose: () => this.place(place), kind: "place" });
    }
    this.active = this.options.length ? 0 : -1;
    const rows = this.options.map(({ content, kind = "" }, at) => {
      const row = element("li", { role: "option", id: `${this.id}-${at}`, class: kind }, ...content);
      row.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        this.take(at);
      });
      return row;
    });
    if (!found.length) rows.unshift(element("li", { class: "none", text: "Nothing found" }));
    this.list.replaceChildren(...rows);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark();
  }

  mark() {
    const rows = [...this.list.querySelectorAll('[role="option"]')];
    rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === this.active)));
    if (this.active >= 0) {
      this.input.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
      rows[this.active].scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.options.length) {
      this.active = (this.active + step + this.options.length) % this.options.length;
      this.mark();
      event.preventDefault();
    } else if (event.key === "Enter") {
      if (this.options.length && !this.list.hidden) this.take(Math.max(0, this.active));
      event.preventDefault();
    } else if (event.key === "Escape") {
      // The second time back to the map.
      if (this.list.hidden) this.node.parentElement.focus({ preventScroll: true });
      this.close();
    }
    // The page and the map listen to keys too.
    event.stopPropagation();
  }

  take(at) {
    const { name, choose } = this.options[at];
    this.input.value = name;
    this.close();
    choose();
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
