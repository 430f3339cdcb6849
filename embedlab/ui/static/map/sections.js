// A list in sections, each row a button that sends its section and row to Python; with a bar where there is a score.

import { element } from "./dom.js";

export default function run({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".embedlab-sections");
  const sections = data.sections.map(({ title, hint, marker, rows }, section) => {
    const items = rows.map(([label, note, score, muted], row) => {
      const name = element("span", { class: "name", text: label, title: label });
      const parts = [name, element("span", { class: "note", text: note })];
      if (score !== null) {
        const bar = element("span", { class: "bar" });
        bar.style.width = `${Math.max(0, Math.min(1, score)) * 100}%`;
        parts.push(element("span", { class: "value", text: score.toFixed(2) }), element("span", { class: "track" }, bar));
      }
      const button = element("button", { type: "button", class: muted ? "muted" : "" }, ...parts);
      button.addEventListener("click", () => setTriggerValue("chosen", { section, row, list_id: data.list_id }));
      return element("li", {}, button);
    });
    const heading = element("h3", {}, ...(marker ? [element("span", { class: `marker ${marker}` })] : []),
      element("span", { text: title }));
    const parts = hint ? [heading, element("p", { text: hint })] : [heading];
    return element("section", {}, ...parts, element("ol", { class: "embedlab-bars" }, ...items));
  });
  node.replaceChildren(...sections);
}
