// The player below the stage: play or pause, a slider over the frames, and the epoch.

import { element, svgElement } from "../map/dom.js";

const PLAY = "M8 5v14l11-7z";
const PAUSE = "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z";

export class Controls {
  constructor({ play, seek }) {
    this.shape = svgElement("path", { d: PLAY });
    this.button = element("button", { type: "button", "data-action": "play" },
      svgElement("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, this.shape));
    this.button.addEventListener("click", play);
    this.slider = element("input", { type: "range", min: "0", max: "0", step: "1", value: "0", "aria-label": "Frame" });
    this.slider.addEventListener("input", () => seek(Number(this.slider.value)));
    this.text = element("span", { class: "text" });
    this.live = element("span", { class: "live", text: "Live" });
    this.node = element("div", { class: "embedlab-film-controls" }, this.button, this.slider, this.text, this.live);
  }

  show({ state, frame, n, playing, text }) {
    const name = playing ? "Pause" : "Play";
    if (this.button.title !== name) {
      this.button.title = name;
      this.button.setAttribute("aria-label", name);
      this.shape.setAttribute("d", playing ? PAUSE : PLAY);
    }
    this.button.disabled = n < 2;
    this.slider.disabled = n < 2;
    this.slider.max = String(Math.max(0, n - 1));
    this.slider.value = String(frame);
    this.slider.setAttribute("aria-valuetext", text);
    if (this.text.textContent !== text) this.text.textContent = text;
    this.live.hidden = state !== "live";
  }
}
