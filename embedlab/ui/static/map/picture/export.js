// Export of what is seen: PNG, SVG, and one HTML file. PNG and SVG are made here; the server makes the HTML file.

import { sendForFile } from "../data.js";
import { button, element } from "../dom.js";
import { drawPicture, drawPointsAndPictures, newCanvas } from "./canvas.js";
import { MOST_PICTURES, MOST_POINTS, seenParts } from "./page.js";
import { pointsInPicture } from "./points.js";
import { shapesOf } from "../shapes.js";
import { boxShapes, overlayShapes, shadeOf } from "./shapes.js";
import { MOST_SHAPES, svgText } from "./svg.js";

const SCALE = 2;

export function pictureOf(map) {
  const view = map.renderer.view();
  const groups = map.look.emphasized();
  const { size, opacity } = map.look.factored(map.look.style);
  const { sizes } = map.look;
  return {
    title: map.data.title || "Map",
    width: view.width,
    height: view.height,
    background: map.theme.background,
    points: pointsInPicture(view, map.points, map.data.n_components, groups, sizes, size, shapesOf(map.columns.get(map.data.shape))),
    groups,
    opacity,
    sprites: map.node.dataset.sprites ? map.sprites.node : null,
    shade: shadeOf(map),
    shapes: [...overlayShapes(map.overlay.svg), ...boxShapes(map.legend, map.stage), ...boxShapes(map.axisNames.node, map.stage)],
  };
}

export function svgOf(picture) {
  if (picture.points.n <= MOST_SHAPES && !picture.sprites) return svgText(picture);
  const canvas = newCanvas(picture, SCALE);
  drawPointsAndPictures(canvas, picture);
  return svgText({ ...picture, shade: 1 }, canvas.toDataURL("image/png"));
}

export function pngOf(picture) {
  const canvas = newCanvas(picture, SCALE);
  drawPicture(canvas, picture);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("This browser cannot make a PNG of this size."))), "image/png");
  });
}

export function fileName(title, suffix) {
  const words = title.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
  return `${[...words].slice(0, 60).join("") || "map"}.${suffix}`;
}

function save(blob, name) {
  const link = element("a", { download: name, href: URL.createObjectURL(blob) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// The button and its menu.
export class ExportMenu {
  constructor(map) {
    this.map = map;
    this.button = button("download", "Export what is seen", () => this.open(this.menu.hidden));
    this.button.setAttribute("aria-haspopup", "menu");
    this.button.setAttribute("aria-expanded", "false");
    this.menu = element("div", { class: "embedlab-map-menu", role: "menu", "aria-label": "Export" });
    this.menu.hidden = true;
    this.menu.addEventListener("keydown", (event) => this.key(event));
    this.onPress = (event) => {
      if (!this.menu.contains(event.target) && !this.button.contains(event.target)) this.open(false);
    };
    document.addEventListener("pointerdown", this.onPress, { capture: true });
  }

  destroy() {
    document.removeEventListener("pointerdown", this.onPress, { capture: true });
  }

  open(on) {
    if (!this.map.ready) return;
    if (on) this.fill();
    this.menu.hidden = !on;
    this.button.setAttribute("aria-expanded", String(on));
    if (on) this.menu.querySelector("button").focus();
    else if (this.menu.contains(document.activeElement)) this.button.focus();
  }

  fill() {
    const { n_points: n, n_components: d } = this.map.data;
    const nDrawn = Math.min(n, MOST_POINTS);
    const megabytes = ((4.9e6 + nDrawn * (6 * d + 16)) / 1e6).toFixed(0);
    const sample = n > MOST_POINTS ? `, ${MOST_POINTS.toLocaleString()} of ${n.toLocaleString()} points` : "";
    const items = [
      ["png", "PNG image", "What you see, at twice the resolution"],
      ["svg", "SVG image", `Vector image; the points are pixels above ${MOST_SHAPES.toLocaleString()}`],
      ["html", "HTML file", `Interactive, opens offline, about ${megabytes} MB${sample}${this.aboutPictures(d)}`],
    ];
    this.menu.replaceChildren(...items.map(([kind, name, about]) => {
      const item = element("button", { type: "button", role: "menuitem", tabindex: "-1", "data-export": kind },
        element("span", { class: "name", text: name }), element("span", { class: "about", text: about }));
      item.addEventListener("click", () => this.run(kind));
      return item;
    }));
  }

  aboutPictures(nComponents) {
    const nDrawn = Number(this.map.node.dataset.sprites ?? 0);
    if (!nDrawn) return "";
    if (nComponents === 3) return ". It shows points instead of the pictures.";
    return nDrawn > MOST_PICTURES ? `. It shows ${MOST_PICTURES} of the pictures in view, and the other points as points.` : ", with the pictures in view";
  }

  key(event) {
    const items = [...this.menu.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[(to + items.length) % items.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") this.open(false);
    else return;
    event.stopPropagation();
    if (event.key !== "Tab") event.preventDefault();
  }

  async run(kind) {
    this.open(false);
    const { map } = this;
    map.say("Exporting…");
    try {
      const picture = kind === "html" ? null : pictureOf(map);
      if (kind === "png") save(await pngOf(picture), fileName(picture.title, "png"));
      if (kind === "svg") save(new Blob([svgOf(picture)], { type: "image/svg+xml" }), fileName(picture.title, "svg"));
      if (kind === "html") await this.saveHtml();
      map.say("");
    } catch (error) {
      map.say(error.message);
    }
  }

  // The server draws what is seen here with Plotly.
  async saveHtml() {
    const { data } = this.map;
    const page = await sendForFile(this.map.url("page", data.projection), new Blob(seenParts(this.map)), "text/html");
    save(page, fileName(data.title || "map", "html"));
  }
}
