/** The order in which examples are listed. */

import type { LoadedGraph } from "./loaded-graph";
import type { ExampleOrder } from "./view";

export function ordered(points: Uint32Array, order: ExampleOrder, loaded: LoadedGraph, codes: ArrayLike<number> | null): Uint32Array {
  const key = order === "label" ? codes : keyOf(order, loaded);
  if (!key) return points;
  const down = order === "confident";
  return points.slice().sort((a, b) => (down ? key[b] - key[a] : key[a] - key[b]) || a - b);
}

function keyOf(order: ExampleOrder, loaded: LoadedGraph): ArrayLike<number> | null {
  if (order === "lens") return loaded.members.lens;
  return order === "stored" ? null : loaded.confidence;
}
