// Entry point for Streamlit: two linked maps. Called at mount and whenever `data` changes; the maps persist.

import "../map/main.js";
import { LinkedPair } from "./linked_pair.js";

const pairs = new WeakMap();

const href = new URL("./compare.css", import.meta.url).href;
if (!document.querySelector(`link[href="${href}"]`)) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href });
  document.head.append(link);
}

export default function run({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".embedlab-compare");
  let pair = pairs.get(parentElement);
  if (!pair || pair.node !== node) {
    pair?.destroy();
    pair = new LinkedPair(node);
    pairs.set(parentElement, pair);
    window.embedlabPair = pair;
  }
  pair.send = setTriggerValue;
  pair.show(data);
  return () => {
    pair.destroy();
    pairs.delete(parentElement);
    if (window.embedlabPair === pair) delete window.embedlabPair;
  };
}
