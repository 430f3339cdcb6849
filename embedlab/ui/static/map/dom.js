// Helpers for building elements. Text is always set as text, so names from data never become markup.

const SVG = "http://www.w3.org/2000/svg";

export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svgElement(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Icon paths of the buttons, 24 x 24, drawn as lines.
const ICONS = {
  home: "M4 11 12 4l8 7M6 10v9h4v-5h4v5h4v-9",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  box: "M4 4h4M10 4h4M16 4h4v4M20 10v4M20 16v4h-4M14 20h-4M8 20H4v-4M4 14v-4M4 8V4",
  lasso: "M12 4c5 0 9 2.5 9 6s-4 6-9 6-9-2.5-9-6 4-6 9-6M7 15.5c-1.5 1-1.5 2.5 0 3s2 1.5 0 2.5",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.5",
  clear: "M6 6l12 12M18 6 6 18",
  bookmark: "M6 4h12v16l-6-4-6 4z",
  download: "M12 4v11M7 10l5 5 5-5M4 20h16",
  present: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 20 20",
};

export function button(icon, name, onClick) {
  const path = svgElement("path", { d: ICONS[icon] });
  const picture = svgElement("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, path);
  const node = element("button", { type: "button", "aria-label": name, title: name, "data-action": icon }, picture);
  node.addEventListener("click", onClick);
  return node;
}

// SVG elements of one type in a group, reused across frames.
export class Pool {
  constructor(parent, tag) {
    this.parent = parent;
    this.tag = tag;
    this.nodes = [];
    this.used = 0;
  }

  begin() {
    this.used = 0;
  }

  next(attributes) {
    let node = this.nodes[this.used];
    if (!node) {
      node = svgElement(this.tag);
      this.nodes.push(node);
      this.parent.append(node);
    }
    this.used += 1;
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") {
        if (node.textContent !== value) node.textContent = value;
      } else node.setAttribute(name, value);
    }
    node.style.display = "";
    return node;
  }

  end() {
    for (let i = this.used; i < this.nodes.length; i += 1) this.nodes[i].style.display = "none";
  }
}

// Resolves when what was drawn now is on the screen.
export function twoFrames() {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}
