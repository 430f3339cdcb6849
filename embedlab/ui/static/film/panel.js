// The panel next to the stage: followed points with their nearest neighbors in the current frame, and the loss.

import { element } from "../map/dom.js";
import { Curve } from "./curve.js";

export class Panel {
  constructor(unfollow) {
    this.unfollow = unfollow;
    this.title = element("div", { class: "title", text: "Nearest neighbors" });
    this.list = element("ul");
    this.hint = element("div", { class: "hint", text: "Click a point to follow it." });
    this.rows = new Map();
    this.curve = new Curve(264, 62);
    this.node = element("div", { class: "embedlab-film-panel" }, this.title, this.list, this.hint, this.curve.node);
  }

  // list: [{point, label, nearest: [label]}]
  show(list, { losses, measure }, epoch, theme) {
    this.follow(list);
    this.curve.show(losses, measure, epoch, theme);
  }

  // Rows keep their places; only changed neighbors are rendered again.
  follow(list) {
    const seen = new Set(list.map(({ point }) => point));
    for (const [point, row] of this.rows) {
      if (!seen.has(point)) {
        row.node.remove();
        this.rows.delete(point);
      }
    }
    for (const { point, label, nearest } of list) {
      const row = this.rows.get(point) ?? this.row(point);
      if (row.name.textContent !== label) row.name.textContent = label;
      row.button.title = `Unfollow ${label}`;
      row.button.setAttribute("aria-label", row.button.title);
      const before = row.shown;
      if (before.join("\n") === nearest.join("\n")) continue;
      row.near.replaceChildren(...nearest.flatMap((name, at) => {
        const fresh = before.length > 0 && !before.includes(name);
        return [at ? ", " : "", element("span", fresh ? { class: "new", text: name } : { text: name })];
      }));
      row.near.title = nearest.join(", ");
      row.shown = nearest;
    }
  }

  row(point) {
    const name = element("strong");
    const near = element("span", { class: "near" });
    const button = element("button", { type: "button", class: "unfollow", text: "\u00d7" });
    button.addEventListener("click", () => this.unfollow(point));
    const node = element("li", {}, element("div", { class: "name" }, name, button), near);
    this.list.append(node);
    const row = { node, name, near, button, shown: [] };
    this.rows.set(point, row);
    return row;
  }
}
