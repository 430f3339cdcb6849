// The list of keys, as a dialog: "?" opens it, Escape closes it. The only list of keys: see `keys.js` for what they do.

import { element } from "./dom.js";
import { KEYS } from "./keys.js";

export class Help {
  constructor(map) {
    this.map = map;
    const close = element("button", { type: "button", text: "Close" });
    close.addEventListener("click", () => this.node.close());
    const groups = Object.entries(KEYS).map(([title, keys]) =>
      element("section", {}, element("h3", { text: title }), element("dl", {}, ...keys.flatMap(row))));
    this.node = element("dialog", { class: "embedlab-map-help", "aria-label": "Keyboard on the map" },
      element("h2", { text: "Keyboard on the map" }), element("div", { class: "groups" }, ...groups), close);
    this.node.addEventListener("keydown", (event) => {
      if (event.key === "?") this.node.close();
      event.stopPropagation();
    });
    this.node.addEventListener("close", () => map.node.focus({ preventScroll: true }));
    map.node.append(this.node);
  }

  // A modal dialog is above the panels of the page, keeps the focus, and closes with Escape.
  open() {
    if (!this.node.open) this.node.showModal();
  }
}

function row([keys, what]) {
  const names = keys.flatMap((key, at) => [...(at ? [" or "] : []), element("kbd", { text: key })]);
  return [element("dt", {}, ...names), element("dd", { text: what })];
}
