// What floats over the map: the panels of the page, the buttons, the search box and the legend, which labels avoid.

// What floats over the map and is drawn by the page.
export const PANELS = ".st-key-map-options, .st-key-map-details, .st-key-breadcrumb";
// Labels begin at the panels, this far below what `insets` returns.
const HEAD_MARGIN_PX = 10;
// Height of the title while presenting.
const PRESENTING_TOP_PX = 56;

// What panels cover at each side: the search box and the buttons are beside them.
export function insetsOf({ presenter, search, tools }) {
  if (presenter.on) return { left: 0, right: 0, top: PRESENTING_TOP_PX };
  const px = (node, side) => (parseFloat(getComputedStyle(node)[side]) || 10) - 10;
  return { left: px(search.node, "left"), right: px(tools, "right"), top: px(search.node, "top") };
}

// Rectangles that labels must not cover: [left, top, width, height] on the stage.
export function controlRectangles(map) {
  const { presenter, tools, search, legend, replay, axisNames, stage } = map;
  const { on, title, card } = presenter;
  const rectangles = [...(on ? [title, card] : [tools, search.node]), legend, replay.node]
    .filter((node) => !node.hidden)
    .map((node) => [node.offsetLeft, node.offsetTop, node.offsetWidth, node.offsetHeight])
    .concat(axisNames.rectangles(), on ? [] : panelRectangles(stage));
  // The head of the page is above the map.
  return on ? rectangles : [[0, 0, stage.clientWidth, insetsOf(map).top + HEAD_MARGIN_PX], ...rectangles];
}

// A rule of its own rather than a property of the page, which would change the style of every element.
const legendRule = new CSSStyleSheet();
let legendHeight = null;

export function setLegendHeight(height) {
  if (height === legendHeight) return;
  legendHeight = height;
  legendRule.replaceSync(height === null ? "" : `.st-key-map-options { --map-legend-height: ${height}; }`);
  if (!document.adoptedStyleSheets.includes(legendRule)) document.adoptedStyleSheets = [...document.adoptedStyleSheets, legendRule];
}

function panelRectangles(stage) {
  const { left, top, right, bottom } = stage.getBoundingClientRect();
  return [...document.querySelectorAll(PANELS)]
    .map((panel) => panel.getBoundingClientRect())
    .filter((box) => box.width && box.left < right && box.right > left && box.top < bottom && box.bottom > top)
    .map((box) => [box.left - left, box.top - top, box.width, box.height]);
}
