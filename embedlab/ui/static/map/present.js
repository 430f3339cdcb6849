// Presenting: the map alone in full screen, with larger type, its title, and the note of the bookmark.
// Page Down and Page Up, the keys of a remote control, show the next and the previous bookmark.

import { element } from "./dom.js";
import { setTextScale } from "./overlay.js";

const TEXT_SCALE = 1.5;
// On the root element, so that the page around the map can hide.
const CLASS = "embedlab-presenting";

export class Presenter {
  constructor(map) {
    this.map = map;
    this.on = false;
    this.steps = 0;
    this.title = element("div", { class: "embedlab-map-title" });
    this.name = element("div", { class: "name" });
    this.note = element("div", { class: "note" });
    this.card = element("div", { class: "embedlab-map-note", role: "note" }, this.name, this.note);
    this.card.hidden = true;
    map.node.append(this.title, this.card);
    this.onFullscreen = () => {
      if (!document.fullscreenElement) this.toggle(false);
    };
    document.addEventListener("fullscreenchange", this.onFullscreen);
  }

  toggle(on = !this.on) {
    if (on === this.on) return;
    this.on = on;
    const root = document.documentElement;
    root.classList.toggle(CLASS, on);
    setTextScale(on ? TEXT_SCALE : 1);
    this.map.node.dataset.presenting = String(on);
    this.map.presentButton.setAttribute("aria-pressed", String(on));
    // A browser may refuse full screen; then the map fills the window.
    if (on) root.requestFullscreen?.().catch(() => {});
    else if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    this.map.node.focus({ preventScroll: true });
    if (on) this.map.say("Presenting. Page Down and Page Up show the next and the previous bookmark, Escape leaves.", true);
    this.map.restyleText();
  }

  step(by) {
    this.steps += 1;
    this.map.send("step", { by, n: this.steps });
  }

  // title: text; bookmark: {name, note, number, of} or null.
  show(title, bookmark) {
    this.title.textContent = title ?? "";
    this.card.hidden = !bookmark;
    if (!bookmark) return;
    this.name.textContent = `${bookmark.number} / ${bookmark.of}  ${bookmark.name}`;
    this.note.textContent = bookmark.note;
    this.note.hidden = !bookmark.note;
  }

  destroy() {
    document.removeEventListener("fullscreenchange", this.onFullscreen);
    this.toggle(false);
  }
}
