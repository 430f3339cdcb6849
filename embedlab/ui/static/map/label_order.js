// The order of importance in which names are shown.

const MOST_CANDIDATES = 60000;
// A kind has few points if the largest one has this many times more.
const FEW = 4;
const TWO_LETTERS = /\p{L}{2}/u;

// Indices in order of importance, at most 60,000: frequent points first (points are sorted by frequency), shared among the
// groups so that small groups have labels too. `codes` may be null; points with a code from `nColored` have no group;
// `isMuted` excludes, and labels without two letters in a row (numbers, signs) come last.
//
// Within a group the order is that of the rows, so the groups are merged: a million labels take a few milliseconds.
export function labelOrder(labels, codes, nColored, isMuted, most = MOST_CANDIDATES) {
  const nPoints = labels.length;
  const nGroups = codes ? nColored + 1 : 1;
  // The group of each point; `nGroups` for none.
  const groups = new Uint16Array(nPoints);
  const starts = new Uint32Array(nGroups + 1);
  for (let i = 0; i < nPoints; i += 1) {
    const g = isMuted(i) ? nGroups : codes ? Math.min(codes[i], nColored) : 0;
    groups[i] = g;
    if (g < nGroups) starts[g + 1] += 1;
  }
  for (let g = 0; g < nGroups; g += 1) starts[g + 1] += starts[g];
  const rows = new Uint32Array(starts[nGroups]);
  const at = starts.slice(0, nGroups);
  for (let i = 0; i < nPoints; i += 1) {
    const g = groups[i];
    if (g === nGroups) continue;
    rows[at[g]] = i;
    at[g] += 1;
  }
  const order = [];
  const last = [];
  const queue = new GroupQueue(starts, codes ? nColored : -1);
  for (let g = queue.first(rows); g >= 0 && order.length < most; g = queue.first(rows)) {
    const row = rows[queue.next[g]];
    queue.advance(g);
    if (TWO_LETTERS.test(labels[row])) order.push(row);
    else if (last.length < most) last.push(row);
  }
  return order.concat(last).slice(0, most);
}

// The same for points of several kinds: kinds with far fewer points than the largest, such as tags beside texts, come first.
export function kindOrder(labels, codes, categories, isMuted) {
  const largest = Math.max(...categories.map(([, count]) => count));
  const isFew = (row) => (categories[codes[row]]?.[1] ?? largest) * FEW <= largest;
  const order = labelOrder(labels, codes, categories.length, isMuted);
  return [...order.filter(isFew), ...order.filter((row) => !isFew(row))];
}

// Groups by the importance of their next row.
class GroupQueue {
  constructor(starts, ungrouped) {
    this.starts = starts;
    this.next = starts.slice(0, -1);
    // Points without a group come later, as if their group were small.
    this.later = Float64Array.from(this.next, (_, g) => (g === ungrouped ? 1 : 0));
    this.perRank = Float64Array.from(this.next, (start, g) => 1 / Math.sqrt(Math.max(1, starts[g + 1] - start)));
    this.keys = Float64Array.from(this.next, (_, g) => this.keyOf(g));
  }

  keyOf(g) {
    if (this.next[g] === this.starts[g + 1]) return Infinity;
    return (this.next[g] - this.starts[g] + 0.5) * this.perRank[g] + this.later[g];
  }

  // There are a dozen groups, so they are searched one by one; of equal ones, the lower row is first. -1 if all are empty.
  first(rows) {
    let best = -1;
    for (let g = 0; g < this.keys.length; g += 1) {
      if (this.keys[g] === Infinity) continue;
      const difference = best < 0 ? -1 : this.keys[g] - this.keys[best];
      if (difference < 0 || (difference === 0 && rows[this.next[g]] < rows[this.next[best]])) best = g;
    }
    return best;
  }

  advance(g) {
    this.next[g] += 1;
    this.keys[g] = this.keyOf(g);
  }
}
