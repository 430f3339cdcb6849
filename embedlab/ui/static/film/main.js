// Entry point for Streamlit: called once at the start and again when `data` changes. The film itself stays.

import { Film } from "./film.js";

const films = new WeakMap();

const href = new URL("./film.css", import.meta.url).href;
if (!document.querySelector(`link[href="${href}"]`)) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href });
  document.head.append(link);
}

export default function run({ data, parentElement }) {
  const node = parentElement.querySelector(".embedlab-film");
  let film = films.get(parentElement);
  if (!film || film.node !== node) {
    film?.destroy();
    film = new Film(node);
    films.set(parentElement, film);
  }
  film.show(data);
  return () => {
    film.destroy();
    films.delete(parentElement);
  };
}
