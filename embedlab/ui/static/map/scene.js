// What the overlay draws over the points, and a text that changes with it, so that the same scene is drawn once.

import { project } from "./geometry.js";

export function viewKeyOf({ matrix, width, height }) {
  return `${Array.from(matrix, (value) => value.toPrecision(7))}|${width}|${height}`;
}

export function sceneKeyOf(map, viewKey) {
  const { data, query, sprites, picking } = map;
  const { guest } = picking;
  return [
    viewKey,
    guest?.at ? `${guest.word} ${guest.at}` : picking.index,
    picking.neighbors.length,
    picking.linked.length,
    Boolean(map.pictureNeighbors.compared),
    Boolean(map.labels),
    data.labels,
    map.node.dataset.color,
    map.theme.dark,
    map.walker.row,
    query?.id ?? "",
    map.clusters.marked?.id ?? "",
    sprites.version,
    data.pictures?.id ?? "",
  ].join("|");
}

// The scene of `Overlay.render`.
export function sceneOf(map, view) {
  const { points, data, picking, replay, pictureNeighbors, query, mapLabels } = map;
  const { guest } = picking;
  const at = (coordinates, index = 0) => project(view, coordinates, data.n_components, index);
  return {
    width: view.width,
    height: view.height,
    at: (index) => at(points, index),
    picked: picking.index,
    guest: guest?.at ? { word: guest.word, at: at(guest.at) } : null,
    neighbors: picking.neighbors,
    // While a film is replayed, the points are elsewhere.
    linked: replay.active ? [] : picking.linked,
    circle: circleIn(view, data),
    marked: map.clusters.marked,
    compared: pictureNeighbors.compared,
    isMissing: (index) => pictureNeighbors.isMissing(index),
    query: query && { ...query, computed: query.at && at(query.at) },
    cursor: map.walker.row,
    isShown: (index) => map.isShown(index),
    isFaint: (index) => mapLabels.emphasis.isFaint(index),
    ...mapLabels.shown(view),
    // Names of groups are where the finished map has them.
    ...(replay.active ? { groups: [] } : {}),
    labelOf: (index) => map.labelOf(index),
    colorOf: (index) => map.look.colorOf(index),
    avoid: map.controlRectangles(),
  };
}

// The circle around the origin that the map has, in pixels: the border of a Poincare disc.
function circleIn(view, { circle: radius, n_components: nComponents }) {
  if (!radius || nComponents !== 2) return null;
  const [center, border] = [[0, 0], [radius, 0]].map((place) => project(view, place, 2, 0));
  return center && border && { cx: center.x, cy: center.y, r: Math.abs(border.x - center.x) };
}
