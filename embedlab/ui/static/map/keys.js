// What each key does on the map, and the words for it.

export const KEYS = {
  "Find and move": [
    [["/", "Ctrl F"], "Search names"],
    [["Arrow keys"], "Walk from point to point"],
    [["Enter"], "Pick the point of the walk"],
    [["N", "Shift N"], "Walk to the next or previous neighbor of the pick"],
    [["+", "-"], "Zoom in or out"],
    [["H"], "Show the whole map"],
    [["Esc"], "End the walk, then clear pick and selection"],
  ],
  Select: [
    [["Space"], "Add the point of the walk, or the pick, or remove it"],
    [["K"], "Select the pick and its neighbors"],
    [["V"], "Select all points in view"],
    [["C"], "Select the pressed colors of the legend"],
    [["B"], "Draw a box"],
    [["L"], "Draw a lasso"],
    [["I"], "Invert the selection"],
    [["D"], "Clear the selection"],
    [["U", "Ctrl Z"], "Undo"],
    [["Shift U", "Ctrl Y"], "Redo"],
  ],
  Present: [
    [["P"], "Present in full screen"],
    [["M"], "Bookmark this view"],
    [["Page Down", "Page Up"], "Next or previous bookmark"],
  ],
  "With box, lasso, K, V and C": [
    [["Shift"], "Add to the selection"],
    [["Alt"], "Remove from the selection"],
    [["Shift Alt"], "Intersect with the selection"],
  ],
};

// One step back: the tool, the presentation, the walk, then everything that is marked.
function escape(map) {
  if (map.areaTool.kind) map.areaTool.cancel();
  else if (map.presenter.on) map.presenter.toggle(false);
  else if (!map.walker.end()) map.clear();
}

// The action of a key press on the map, or null.
export function actionOf(map, event) {
  const { walker, selecting, areaTool, presenter } = map;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    if (event.altKey) return null;
    if (key === "z") return () => (event.shiftKey ? selecting.redo() : selecting.undo());
    return key === "y" ? () => selecting.redo() : null;
  }
  // With Alt, some keyboards type another letter.
  const letter = event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : key;
  const how = () => selecting.howOf(event);
  const combining = {
    k: () => selecting.nearest(how()),
    v: () => selecting.inView(how()),
    c: () => map.look.selectPressed(how()),
  };
  if (combining[letter]) return combining[letter];
  if (event.altKey) return null;
  const at = walker.row ?? map.picking.index;
  const actions = {
    "+": () => map.move((renderer) => renderer.zoom(1.3)),
    "=": () => map.move((renderer) => renderer.zoom(1.3)),
    "-": () => map.move((renderer) => renderer.zoom(1 / 1.3)),
    "?": () => map.help.open(),
    "/": () => map.search.input.focus(),
    h: () => map.move((renderer) => renderer.home()),
    b: () => areaTool.choose("box"),
    l: () => areaTool.choose("lasso"),
    i: () => selecting.invert(),
    d: () => selecting.clear(),
    u: () => (event.shiftKey ? selecting.redo() : selecting.undo()),
    n: () => walker.toNeighbor(event.shiftKey ? -1 : 1),
    p: () => presenter.toggle(),
    m: () => map.bookmark(),
    PageDown: () => presenter.step(1),
    PageUp: () => presenter.step(-1),
    Escape: () => escape(map),
    Enter: () => walker.row !== null && map.pick(walker.row),
    " ": () => at !== null && selecting.toggle(at),
  };
  return walker.isArrow(key) ? () => walker.step(key) : actions[letter] ?? null;
}
