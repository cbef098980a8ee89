/** Intervals as they will be when a knob is let go; those of a graph come with it. */

export type Interval = [number, number];

const FILLING = ["giotto-tda", "zen-mapper"];

/** Return the intervals of a cover; `lens` is only read for a balanced one. */
export function intervalsOf(cover: string, range: Interval, n: number, overlap: number, lens: Float32Array): Interval[] {
  if (cover === "balanced") return balanced(n, overlap, lens);
  return FILLING.includes(cover) ? filling(range, n, overlap) : around(range, n, overlap);
}

/** Centres (max − min)/n apart, 1/(1 − overlap) times as long. */
function around([low, high]: Interval, n: number, overlap: number): Interval[] {
  const step = (high - low) / n;
  const half = step / (1 - overlap) / 2;
  return Array.from({ length: n }, (_, i) => [low + step * (i + 0.5) - half, low + step * (i + 0.5) + half]);
}

/** Intervals that fill the range exactly. */
function filling([low, high]: Interval, n: number, overlap: number): Interval[] {
  const length = (high - low) / (n - (n - 1) * overlap);
  return Array.from({ length: n }, (_, i) => [low + i * (1 - overlap) * length, low + i * (1 - overlap) * length + length]);
}

function balanced(n: number, overlap: number, lens: Float32Array): Interval[] {
  const ordered = lens.slice().sort();
  const last = ordered.length - 1;
  const at = (rank: number) => ordered[Math.min(last, Math.max(0, Math.round(rank)))];
  return around([0, last], n, overlap).map(([from, to]) => [at(from), at(to)]);
}
