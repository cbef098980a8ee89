/** The order in which examples are listed. */

import type { ExampleOrder } from "./view";
import type { Shown } from "./loaded-graph";

export function ordered(points: Uint32Array, order: ExampleOrder, shown: Shown, codes: ArrayLike<number> | null): Uint32Array {
  const key = order === "label" ? codes : keyOf(order, shown);
  if (!key) return points;
  const down = order === "confident";
  return points.slice().sort((a, b) => (down ? key[b] - key[a] : key[a] - key[b]) || a - b);
}

function keyOf(order: ExampleOrder, shown: Shown): ArrayLike<number> | null {
  if (order === "lens") return shown.members.lens;
  return order === "stored" ? null : shown.confidence;
}
