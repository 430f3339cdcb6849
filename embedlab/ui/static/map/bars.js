// A short list of names with bars; clicking one sends its row to Python. Buttons, for keyboard access.

import { element } from "./dom.js";

// A page without a map has not loaded the style sheet.
const href = new URL("./map.css", import.meta.url).href;
if (!document.querySelector(`link[href="${href}"]`)) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href });
  document.head.append(link);
}

export default function run({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".embedlab-bars");
  const rows = data.rows.map(([label, score, note, muted, length], at) => {
    const bar = element("span", { class: "bar" });
    bar.style.width = `${Math.max(0, Math.min(1, length)) * 100}%`;
    const value = element("span", { class: "value", text: score.toFixed(2) });
    const name = element("span", { class: "name", text: label, title: label });
    // The accessible name is the visible text: name, note and number.
    const notes = element("span", { class: "note", text: note });
    const track = element("span", { class: "track" }, bar);
    const button = element("button", { type: "button", class: muted ? "muted" : "" }, name, notes, value, track);
    button.addEventListener("click", () => setTriggerValue("chosen", { row: at, list_id: data.list_id }));
    return element("li", {}, button);
  });
  node.replaceChildren(...rows);
}
