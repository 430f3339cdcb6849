// The names of axes with a meaning: along the bottom and the left edge in 2-D, as a list at the bottom in 3-D.

import { element } from "./dom.js";

const NAMES = ["x", "y", "z"];

// Text of an axis, low end first: "← he   she →", or its title if its ends have no names.
export function axisText({ title, low, high }) {
  const ends = [low && `← ${low}`, high && `${high} →`].filter(Boolean);
  return ends.join("\u2003") || title;
}

export class AxisNames {
  constructor(host) {
    this.node = element("div", { class: "embedlab-map-axes" });
    this.key = "";
    host.append(this.node);
  }

  // axes: [{title, low, high}] or null
  show(axes, nComponents) {
    const key = JSON.stringify([axes, nComponents]);
    if (key === this.key) return;
    this.key = key;
    const texts = (axes ?? []).slice(0, nComponents).map(axisText);
    if (nComponents === 2) {
      this.node.replaceChildren(...texts.map((text, axis) => element("span", { class: NAMES[axis], text, title: text })));
    } else {
      this.node.replaceChildren(...texts.map((text, axis) => element("span", { class: "line", text: `${NAMES[axis]}: ${text}` })));
    }
    this.node.classList.toggle("in-space", nComponents === 3);
  }

  // [left, top, width, height] of the names in their host: labels must not cover them.
  rectangles() {
    const host = this.node.getBoundingClientRect();
    return [...this.node.children].map((name) => {
      const { left, top, width, height } = name.getBoundingClientRect();
      return [left - host.left + this.node.offsetLeft, top - host.top + this.node.offsetTop, width, height];
    });
  }
}
