/** Where the nodes of a new graph come from: survivors from their position, the others from where their members were. */

import type { Graph } from "../api/types";
import type { Csr } from "./members";
import { transpose } from "./members";

export interface Drawn {
  /** Interleaved x, y of the nodes as drawn. */
  xy: Float32Array;
  members: Csr;
}

/** Return where the nodes are at rest: in the layout, and where they were pinned. */
export function restingPositions(graph: Pick<Graph, "nodes"> | undefined, pins: [node: number, x: number, y: number][]): Float32Array {
  const { x, y } = graph?.nodes ?? { x: [], y: [] };
  const xy = new Float32Array(2 * x.length);
  x.forEach((value, node) => xy.set([value, y[node]], 2 * node));
  for (const [node, px, py] of pins) if (node < x.length) xy.set([px, py], 2 * node);
  return xy;
}

export function startPositions(next: Drawn, survivors: number[], before: Drawn, nPoints: number): Float32Array {
  const start = next.xy.slice();
  const holders = transpose(before.members, nPoints);
  for (let node = 0; node < survivors.length; node++) {
    const position = survivors[node] >= 0 ? positionOf(before.xy, survivors[node]) : meanPosition(node, next.members, holders, before.xy);
    if (position) start.set(position, 2 * node);
  }
  return start;
}

/** Return the mean position of the old nodes that held the members of a new node, or null if there was none. */
function meanPosition(node: number, members: Csr, holders: Csr, xy: Float32Array): [number, number] | null {
  let x = 0;
  let y = 0;
  let count = 0;
  for (let i = members.indptr[node]; i < members.indptr[node + 1]; i++) {
    const point = members.indices[i];
    for (let j = holders.indptr[point]; j < holders.indptr[point + 1]; j++) {
      x += xy[2 * holders.indices[j]];
      y += xy[2 * holders.indices[j] + 1];
      count++;
    }
  }
  return count ? [x / count, y / count] : null;
}

const positionOf = (xy: Float32Array, node: number): [number, number] => [xy[2 * node], xy[2 * node + 1]];

export const ease = (t: number): number => (t < 0.5 ? 4 * t ** 3 : 1 - (-2 * t + 2) ** 3 / 2);

/** Return the positions at `t` between 0 and 1 of a movement that starts and ends gently. */
export function between(from: Float32Array, to: Float32Array, t: number): Float32Array {
  const eased = ease(t);
  return to.map((end, i) => (t >= 1 ? end : from[i] + (end - from[i]) * eased));
}

/** Return the nodes of the new graph that continue the given nodes of the old one. */
export function continued(ids: number[], survivors: number[]): number[] {
  const correspondence = new Map(survivors.map((old, node) => [old, node]));
  return ids.flatMap((id) => correspondence.get(id) ?? []);
}
