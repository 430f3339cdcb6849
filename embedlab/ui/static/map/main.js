// Entry point for Streamlit, called at mount and whenever `data` changes. It only reconciles; the map persists.

import { EmbeddingMap } from "./map.js";

const maps = new WeakMap();

// The style sheet is next to this module, under the same version.
const href = new URL("./map.css", import.meta.url).href;
if (!document.querySelector(`link[href="${href}"]`)) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href });
  document.head.append(link);
}

export default function run({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".embedlab-map");
  let map = maps.get(parentElement);
  if (!map || map.node !== node) {
    map?.destroy();
    map = new EmbeddingMap(node);
    maps.set(parentElement, map);
    window.embedlabMap = map;
  }
  map.send = setTriggerValue;
  map.reconcile(data);
  return () => {
    map.destroy();
    maps.delete(parentElement);
    if (window.embedlabMap === map) delete window.embedlabMap;
  };
}
