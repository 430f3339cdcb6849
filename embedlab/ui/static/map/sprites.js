// Pictures of the points, drawn in place of points where there is room: the larger the fewer are in view.
//
// Thumbnails come as sheets (atlases) from a route with a permanent address. The points are in an order that only depends
// on their number: sheets hold them in that order, and where pictures would overlap the first one is drawn. So the whole
// map needs few sheets, every zoom level shows a fair sample, and pictures stay while the view is moved.

const COLUMNS = 64;
const PER_SHEET = COLUMNS * COLUMNS;
// Heights of pictures on the map, in pixels, and how much of the map they may cover.
const SIZES = [22, 28, 36, 48, 64];
const COVERED = 0.3;
// Pictures may overlap by this share of their size.
const OVERLAP = 0.12;
const MOST_DRAWN = 1500;
// Opacity of the others while a point is picked.
const DIMMED = 0.35;
// Pixels of a picture in an exported file for each pixel on the map.
const TILE_SCALE = 2;

// The order of n points: point number (rank * stride) % n has this rank. The same as `pictures.stride` in Python.
export function orderOf(n, stride) {
  const order = new Uint32Array(n);
  for (let rank = 0, row = 0; rank < n; rank += 1, row = (row + stride) % n) order[rank] = row;
  return order;
}

function ranksOf(order) {
  const ranks = new Uint32Array(order.length);
  for (let rank = 0; rank < order.length; rank += 1) ranks[order[rank]] = rank;
  return ranks;
}

// The height of pictures if `n` points are in view.
export function sizeFor(n, width, height, ratio) {
  const fitting = Math.sqrt((COVERED * width * height) / Math.max(1, n * ratio));
  return SIZES.findLast((size) => size <= fitting) ?? SIZES[0];
}

// The points whose pictures are drawn: ranks and places in pixels, and the height of all pictures. Those of the ranks `first`
// are always drawn. Cells are fixed to the map rather than the window, so that moving the view changes nothing.
export function placed(view, points, nComponents, order, isShown, { ratio, most = MOST_DRAWN, first = [] }) {
  const { matrix: m, width, height } = view;
  const found = { rank: [], x: [], y: [], size: 0 };
  const inView = { rank: [], x: [], y: [] };
  const margin = SIZES.at(-1);
  const isFirst = new Set(first);
  const nFirst = first.length;
  for (let at = -nFirst; at < order.length; at += 1) {
    const rank = at < 0 ? first[at + nFirst] : at;
    if (at >= 0 && isFirst.has(rank)) continue;
    const row = order[rank];
    const o = row * nComponents;
    const [px, py, pz] = [points[o], points[o + 1], nComponents === 3 ? points[o + 2] : 0];
    const w = m[3] * px + m[7] * py + m[11] * pz + m[15];
    if (!(w > 0)) continue;
    const x = ((m[0] * px + m[4] * py + m[8] * pz + m[12]) / w + 1) * 0.5 * width;
    const y = (1 - (m[1] * px + m[5] * py + m[9] * pz + m[13]) / w) * 0.5 * height;
    if (x < -margin || y < -margin || x > width + margin || y > height + margin || !isShown(row)) continue;
    inView.rank.push(rank);
    inView.x.push(x);
    inView.y.push(y);
  }
  const size = sizeFor(inView.rank.length, width, height, ratio);
  const [cellWidth, cellHeight] = [size * ratio * (1 - OVERLAP), size * (1 - OVERLAP)];
  // Where the origin of the map is in the window.
  const [left, top] = nComponents === 2 ? [(m[12] + 1) * 0.5 * width, (1 - m[13]) * 0.5 * height] : [0, 0];
  const cells = new Map();
  const key = (column, row) => `${column},${row}`;
  for (let i = 0; i < inView.rank.length && found.rank.length < most; i += 1) {
    const [x, y] = [inView.x[i] - left, inView.y[i] - top];
    const [column, row] = [Math.floor(x / cellWidth), Math.floor(y / cellHeight)];
    let isFree = true;
    const isAlways = isFirst.has(inView.rank[i]);
    for (let dc = -1; dc <= 1 && isFree && !isAlways; dc += 1) {
      for (let dr = -1; dr <= 1 && isFree; dr += 1) {
        const other = cells.get(key(column + dc, row + dr));
        isFree = !other || Math.abs(other[0] - x) >= cellWidth || Math.abs(other[1] - y) >= cellHeight;
      }
    }
    if (!isFree) continue;
    cells.set(key(column, row), [x, y]);
    found.rank.push(inView.rank[i]);
    found.x.push(inView.x[i]);
    found.y.push(inView.y[i]);
  }
  return { ...found, size };
}

export class Sprites {
  constructor(map) {
    this.map = map;
    this.node = document.createElement("canvas");
    this.node.className = "embedlab-map-sprites";
    this.node.setAttribute("aria-hidden", "true");
    map.node.append(this.node);
    this.layer = document.createElement("canvas");
    this.sheets = new Map();
    // Changes when a sheet has arrived, so that the map is drawn again.
    this.version = 0;
  }

  // What `pictures.for_browser` returned: {id, height, width, stride, ink, mark: {column, value}, only: {column, values}};
  // null without pictures.
  get about() {
    const { data } = this.map;
    return data?.pictures && data.pictures.n === data.n_points ? data.pictures : null;
  }

  url(kind, number) {
    return this.map.url(kind, this.map.data.embedding, `/${this.about.id}/${number}`);
  }

  sheet(number) {
    const address = this.url("pictures", number);
    let image = this.sheets.get(address);
    if (!image) {
      image = new Image();
      this.sheets.set(address, image);
      image.onload = () => {
        this.version += 1;
        this.map.wake();
      };
      image.src = address;
    }
    return image.complete && image.naturalWidth ? image : null;
  }

  order(about) {
    if (this.orderId !== `${about.id}:${about.n}`) {
      this.orderId = `${about.id}:${about.n}`;
      this.order_ = orderOf(about.n, about.stride);
      this.ranks = ranksOf(this.order_);
    }
    return this.order_;
  }

  clear() {
    this.node.hidden = true;
    delete this.map.node.dataset.sprites;
  }

  render(view) {
    const { about, map } = this;
    if (!about || view.matrix === undefined) {
      this.clear();
      return;
    }
    this.node.hidden = false;
    const scale = Math.min(2, window.devicePixelRatio || 1);
    for (const canvas of [this.node, this.layer]) {
      const [width, height] = [Math.round(view.width * scale), Math.round(view.height * scale)];
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    }
    this.draw(this.node, this.layer, scale, view);
    map.node.dataset.sprites = String(this.nDrawn);
  }

  // Draw the pictures on a canvas; `layer` is a second one of the same size.
  draw(canvas, layer, scale, view) {
    const { about, map } = this;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    this.nDrawn = 0;
    if (!about) return;
    const order = this.order(about);
    const ratio = about.width / about.height;
    const chosen = [map.picking.index, ...map.picking.neighbors.map(([row]) => row)].filter((row) => row !== null);
    const first = [...new Set(chosen)].map((row) => this.ranks[row]);
    const found = placed(view, map.points, map.data.n_components, order, (row) => map.isShown(row) && this.has(row), { ratio, first: first.filter((rank) => this.has(order[rank])) });
    this.found = found;
    const isFirst = new Set(first);
    const isDim = map.node.classList.contains("has-pick");
    const [width, height] = [found.size * ratio, found.size];
    const groups = new Map();
    for (let i = 0; i < found.rank.length; i += 1) {
      const image = this.sheet(Math.floor(found.rank[i] / PER_SHEET));
      if (!image) continue;
      const row = order[found.rank[i]];
      const color = map.look.colorOf(row);
      const alpha = isDim && !isFirst.has(found.rank[i]) ? DIMMED : 1;
      const key = `${alpha}|${color}`;
      if (!groups.has(key)) groups.set(key, { color, alpha, sprites: [] });
      groups.get(key).sprites.push({ image, row, source: this.sourceOf(found.rank[i]), x: found.x[i] - width / 2, y: found.y[i] - height / 2 });
      this.nDrawn += 1;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const isWrong = this.marked(about);
    // Those of a pick are drawn last, over the others.
    for (const { color, alpha, sprites } of [...groups.values()].sort((a, b) => a.alpha - b.alpha)) {
      context.globalAlpha = alpha;
      if (about.ink) this.drawInk(context, layer, scale, color, sprites, width, height);
      else this.drawFramed(context, color, sprites, width, height);
      for (const { row, x, y } of sprites) if (isWrong(row)) this.drawMark(context, x, y, width, height);
    }
    context.globalAlpha = 1;
  }

  // Where the picture of a rank is in its sheet.
  sourceOf(rank) {
    const { about: { width, height } } = this;
    const tile = rank % PER_SHEET;
    return [(tile % COLUMNS) * width, Math.floor(tile / COLUMNS) * height, width, height];
  }

  // Light strokes on a dark ground take the color of the point, on the ground of the map.
  drawInk(context, layer, scale, color, sprites, width, height) {
    const ink = layer.getContext("2d");
    ink.setTransform(1, 0, 0, 1, 0, 0);
    ink.globalCompositeOperation = "source-over";
    ink.clearRect(0, 0, layer.width, layer.height);
    ink.setTransform(scale, 0, 0, scale, 0, 0);
    ink.imageSmoothingEnabled = true;
    const alpha = context.globalAlpha;
    context.fillStyle = this.map.theme.background;
    context.globalAlpha = 0.9 * alpha;
    for (const { x, y } of sprites) {
      context.beginPath();
      context.roundRect(x, y, width, height, 3);
      context.fill();
    }
    context.globalAlpha = alpha;
    for (const { image, source, x, y } of sprites) ink.drawImage(image, ...source, x, y, width, height);
    ink.globalCompositeOperation = "source-in";
    ink.fillStyle = color;
    ink.fillRect(0, 0, layer.width, layer.height);
    context.drawImage(layer, 0, 0, layer.width / scale, layer.height / scale);
  }

  // At most this many of the pictures that are drawn, each as a data URL: {row, width, height, source}.
  tiles(most) {
    const { about, map, found } = this;
    if (!about || this.node.hidden || !found) return [];
    const [width, height] = [Math.round(found.size * (about.width / about.height)), found.size];
    const [canvas, layer] = [0, 1].map(() => Object.assign(document.createElement("canvas"), { width: TILE_SCALE * width, height: TILE_SCALE * height }));
    const context = canvas.getContext("2d");
    const isWrong = this.marked(about);
    const tiles = [];
    for (let i = 0; i < found.rank.length && tiles.length < most; i += 1) {
      const image = this.sheet(Math.floor(found.rank[i] / PER_SHEET));
      if (!image) continue;
      const row = this.order_[found.rank[i]];
      const sprites = [{ image, row, source: this.sourceOf(found.rank[i]), x: 0, y: 0 }];
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.setTransform(TILE_SCALE, 0, 0, TILE_SCALE, 0, 0);
      const color = map.look.colorOf(row);
      if (about.ink) this.drawInk(context, layer, TILE_SCALE, color, sprites, width, height);
      else this.drawFramed(context, color, sprites, width, height);
      if (isWrong(row)) this.drawMark(context, 0, 0, width, height);
      tiles.push({ row, width, height, source: canvas.toDataURL("image/png") });
    }
    return tiles;
  }

  drawFramed(context, color, sprites, width, height) {
    context.strokeStyle = color;
    context.lineWidth = 2;
    context.imageSmoothingEnabled = true;
    for (const { image, source, x, y } of sprites) {
      context.drawImage(image, ...source, x, y, width, height);
      context.strokeRect(x, y, width, height);
    }
  }

  drawMark(context, x, y, width, height) {
    context.strokeStyle = this.map.theme.text;
    context.lineWidth = 1.5;
    context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
  }

  // Whether a point has the value that is marked, such as a mistake.
  marked({ mark }) {
    const column = mark && this.map.columns.get(mark.column);
    if (!column || column.legend.kind !== "categories") return () => false;
    const code = column.legend.categories.findIndex(([name]) => name === mark.value);
    return (row) => code >= 0 && column.values[row] === code;
  }

  // Whether a point has a picture: all have one unless only those with some values of a column do.
  has(row) {
    const { about, map } = this;
    if (!about?.only) return Boolean(about);
    const column = map.columns.get(about.only.column);
    if (column?.legend.kind !== "categories") return false;
    if (this.having?.column !== column) {
      const codes = column.legend.categories.flatMap(([name], code) => (about.only.values.includes(name) ? [code] : []));
      this.having = { column, codes: new Set(codes) };
    }
    return this.having.codes.has(column.values[row]);
  }

  // The picture of one point for the tooltip; null if it has none.
  picture(row) {
    const { about } = this;
    if (!this.has(row)) return null;
    const image = new Image();
    image.src = this.url("picture", row);
    image.alt = "";
    image.className = about.ink || about.height < 48 ? "picture sharp" : "picture";
    return image;
  }

  destroy() {
    this.sheets.clear();
    this.node.remove();
  }
}
