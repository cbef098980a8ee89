/** The order in which examples are listed. */

import type { LoadedGraph } from "./loaded-graph";
import type { ExampleOrder } from "./view";

/**
 * Return points in an order. Where an example has several points, one of each comes before a second of any, but for
 * the order by lens, which is that of the points; `first` comes first where they are as stored.
 */
export function ordered(points: Uint32Array, order: ExampleOrder, loaded: LoadedGraph, codes: ArrayLike<number> | null, first: number | null = null): Uint32Array {
  const key = order === "label" ? codes : keyOf(order, loaded);
  const down = order === "confident";
  const sorted = key ? points.slice().sort((a, b) => (down ? key[b] - key[a] : key[a] - key[b]) || a - b) : startingWith(points, first);
  if (order === "lens") return sorted;
  return order === "label" && key ? byRuns(sorted, key, loaded.points.example) : spread(sorted, loaded.points.example);
}

/** Return points so that of each example one comes before a second, those before a third, and so on. */
export function spread(points: Uint32Array, example: ArrayLike<number>): Uint32Array {
  const seen = new Map<number, number>();
  const turns: number[][] = [];
  for (const point of points) {
    const turn = seen.get(example[point]) ?? 0;
    seen.set(example[point], turn + 1);
    (turns[turn] ??= []).push(point);
  }
  return turns.length < 2 ? points : Uint32Array.from(turns.flat());
}

/** Return points that are sorted by a key, spread among those of the same value. */
function byRuns(points: Uint32Array, key: ArrayLike<number>, example: ArrayLike<number>): Uint32Array {
  const all = new Uint32Array(points.length);
  for (let start = 0, stop = 0; start < points.length; start = stop) {
    while (stop < points.length && key[points[stop]] === key[points[start]]) stop++;
    all.set(spread(points.subarray(start, stop), example), start);
  }
  return all;
}

function startingWith(points: Uint32Array, first: number | null): Uint32Array {
  const at = first === null ? -1 : points.indexOf(first);
  if (at <= 0) return points;
  return Uint32Array.of(points[at], ...points.subarray(0, at), ...points.subarray(at + 1));
}

function keyOf(order: ExampleOrder, loaded: LoadedGraph): ArrayLike<number> | null {
  if (order === "lens") return loaded.members.lens;
  return order === "stored" ? null : loaded.confidence;
}
