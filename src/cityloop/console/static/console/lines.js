// The roads of a city as corners of quads, by tiles of the city and levels of detail. Each part is
// cut when it is first needed, once. Lengths are in decimetres, as the scene gives them.

const TILE_LINKS = 300; // on the average
const COARSER = 4; // from one level of detail to the next
export const CORNER_FLOATS = 6; // x, y, the way to the right, link, lanes

const nowhere = () => [Infinity, Infinity, -Infinity, -Infinity];

function widen(box, [left, low, right, high]) {
  box[0] = Math.min(box[0], left); box[1] = Math.min(box[1], low);
  box[2] = Math.max(box[2], right); box[3] = Math.max(box[3], high);
  return box;
}

// The coarsest level at which no line is off by more than this.
export const levelFor = (off) => Math.max(0, Math.floor(Math.log(off) / Math.log(COARSER)));

// Tiles: which links have their middle there, and the box around them.
export function tilesOf({ xy, links: { start, ids } }) {
  const boxes = ids.map((_, link) => {
    const box = nowhere();
    for (let p = start[link]; p < start[link + 1]; p += 1) widen(box, [xy[2 * p], xy[2 * p + 1], xy[2 * p], xy[2 * p + 1]]);
    return box;
  });
  const all = boxes.reduce(widen, nowhere());
  const side = Math.ceil(Math.sqrt(ids.length / TILE_LINKS));
  const place = (box, axis) => {
    const share = ((box[axis] + box[axis + 2]) / 2 - all[axis]) / (all[axis + 2] - all[axis] || 1);
    return Math.min(Math.floor(share * side), side - 1);
  };
  const tiles = Array.from({ length: side * side }, () => ({ links: [], box: nowhere() }));
  boxes.forEach((box, link) => {
    if (start[link + 1] - start[link] < 2) return;
    const tile = tiles[place(box, 0) + side * place(box, 1)];
    tile.links.push(link);
    widen(tile.box, box);
  });
  return tiles.filter((tile) => tile.links.length);
}

// Which points of a line remain if it may be off by so much (Douglas and Peucker 1973).
function simplify(xy, first, last, off, keep) {
  const [x, y] = [xy[2 * first], xy[2 * first + 1]];
  const [dx, dy] = [xy[2 * last] - x, xy[2 * last + 1] - y];
  const long = dx * dx + dy * dy || 1;
  let [worst, far] = [0, off * off];
  for (let p = first + 1; p < last; p += 1) {
    const [px, py] = [xy[2 * p] - x, xy[2 * p + 1] - y];
    const along = Math.min(Math.max((px * dx + py * dy) / long, 0), 1);
    const apart = (px - along * dx) ** 2 + (py - along * dy) ** 2;
    if (apart > far) [worst, far] = [p, apart];
  }
  if (!worst) return void keep.push(last);
  simplify(xy, first, worst, off, keep);
  simplify(xy, worst, last, off, keep);
}

// Four corners a segment: bit 0 of a corner's number is its side, bit 1 its end.
export function cornersOf({ xy, lanes, links: { start } }, links, level) {
  const found = [];
  for (const link of links) {
    const keep = [start[link]];
    simplify(xy, start[link], start[link + 1] - 1, level ? COARSER ** level : 0, keep);
    for (let k = 1; k < keep.length; k += 1) {
      const [a, b] = [2 * keep[k - 1], 2 * keep[k]];
      const [dx, dy] = [xy[b] - xy[a], xy[b + 1] - xy[a + 1]];
      const long = Math.hypot(dx, dy);
      if (long > 0) for (const end of [a, a, b, b]) found.push(xy[end], xy[end + 1], dy / long, -dx / long, link, lanes[link]);
    }
  }
  return new Float32Array(found);
}

// The order in which the corners of so many quads make triangles.
export function trianglesOf(quads) {
  const order = new Uint32Array(6 * quads);
  for (let q = 0; q < quads; q += 1) order.set([4 * q, 4 * q + 1, 4 * q + 2, 4 * q + 2, 4 * q + 1, 4 * q + 3], 6 * q);
  return order;
}
