// Which labels recede: those of points that are not emphasized, while a cluster is marked or points are selected.

export class LabelEmphasis {
  constructor(map) {
    this.map = map;
    // The groups with emphasized points, by the codes of the points.
    this.known = { of: null, groups: new Map() };
  }

  // The emphasized points: an array of rows or one byte per point; null if all points are alike.
  get emphasized() {
    const { clusters, emphasis } = this.map;
    return clusters.marked?.all ?? emphasis.selected;
  }

  isFaint(row) {
    const { clusters, emphasis } = this.map;
    if (clusters.marked) return clusters.marked.codes[row] !== clusters.marked.group;
    return emphasis.selected !== null && !emphasis.selected[row];
  }

  // Whether none of the points of a group is emphasized. codes: the group of each point.
  isFaintGroup(codes, group) {
    const { emphasized } = this;
    if (!emphasized || !codes) return false;
    if (this.known.of !== emphasized) this.known = { of: emphasized, groups: new Map() };
    const { groups } = this.known;
    if (!groups.has(codes)) groups.set(codes, groupsOf(emphasized, codes));
    return !groups.get(codes).has(group);
  }
}

function groupsOf(emphasized, codes) {
  const found = new Set();
  if (emphasized instanceof Uint8Array) {
    for (let row = 0; row < emphasized.length; row += 1) if (emphasized[row]) found.add(codes[row]);
  } else for (const row of emphasized) found.add(codes[row]);
  return found;
}
