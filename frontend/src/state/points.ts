/** Sets of points as bits: a selection of any size costs one bit a point. */

export class PointSet {
  private readonly words: Uint32Array;
  /** Members, in ascending order. */
  readonly ids: Uint32Array;

  constructor(
    readonly universe: number,
    ids: ArrayLike<number>,
  ) {
    this.words = new Uint32Array(Math.ceil(universe / 32));
    for (let i = 0; i < ids.length; i++) this.words[ids[i] >>> 5] |= 1 << (ids[i] & 31);
    this.ids = this.collect();
  }

  get size(): number {
    return this.ids.length;
  }

  has(id: number): boolean {
    return (this.words[id >>> 5] & (1 << (id & 31))) !== 0;
  }

  private collect(): Uint32Array {
    const ids: number[] = [];
    for (let word = 0; word < this.words.length; word++) {
      if (this.words[word] === 0) continue;
      for (let bit = 0; bit < 32; bit++) if (this.words[word] & (1 << bit)) ids.push(word * 32 + bit);
    }
    return Uint32Array.from(ids);
  }
}

export function everyPoint(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, id) => id);
}

/** Return positions with the wider side of their extent brought to 1: some layers give numbers of 1e-11, others of 1e4. */
export function toUnitExtent(xy: Float32Array): Float32Array {
  const spans = [0, 1].map((axis) => {
    const [low, high] = extent(xy.filter((_, i) => i % 2 === axis));
    return { middle: (low + high) / 2, width: high - low };
  });
  const scale = Math.max(spans[0].width, spans[1].width) || 1;
  return xy.map((value, i) => (value - spans[i % 2].middle) / scale);
}

/** Return the points whose position lies inside the polygon (even–odd rule). */
export function pointsInside(xy: Float32Array, polygon: [number, number][]): Uint32Array {
  if (polygon.length < 3) return new Uint32Array();
  const [left, right] = extent(polygon.map((corner) => corner[0]));
  const [bottom, top] = extent(polygon.map((corner) => corner[1]));
  const inside: number[] = [];
  for (let id = 0; id < xy.length / 2; id++) {
    const x = xy[2 * id];
    const y = xy[2 * id + 1];
    if (x >= left && x <= right && y >= bottom && y <= top && isInside(x, y, polygon)) inside.push(id);
  }
  return Uint32Array.from(inside);
}

function isInside(x: number, y: number, polygon: [number, number][]): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Return the point nearest to (x, y) within reach, or null. */
export function nearestPoint(xy: Float32Array, x: number, y: number, reach: number): number | null {
  let best: number | null = null;
  let least = reach * reach;
  for (let i = 0; i < xy.length; i += 2) {
    const gap = (xy[i] - x) ** 2 + (xy[i + 1] - y) ** 2;
    if (gap <= least) [best, least] = [i / 2, gap];
  }
  return best;
}

/** Return the least and the greatest finite value, or [0, 1] when there is none. */
export function extent(values: ArrayLike<number>): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return low <= high ? [low, high] : [0, 1];
}
