/** Questions about the members of nodes, answered over the CSR arrays of a graph. */

import type { Members } from "../api/client";
import type { PointSet } from "./points";

export type Csr = Pick<Members, "indptr" | "indices">;

export function membersOf(csr: Csr, node: number): Uint32Array {
  return csr.indices.subarray(csr.indptr[node], csr.indptr[node + 1]);
}

/** Return the members of all of some nodes, each once. */
export function unionOf(csr: Csr, nodes: number[]): number[] {
  return [...new Set(nodes.flatMap((node) => Array.from(membersOf(csr, node))))];
}

/** Return the medoid, if there is one, then members evenly spread over the others. */
export function sampleOf(points: Uint32Array, medoid: number | null, most: number): number[] {
  const others = Array.from(points).filter((point) => point !== medoid);
  const step = Math.max(1, Math.floor(others.length / (most - 1)));
  return [...(medoid === null ? [] : [medoid]), ...others.filter((_, i) => i % step === 0)].slice(0, most);
}

/** Return the points that two nodes have in common; both rows are sorted. */
export function sharedMembers(csr: Csr, a: number, b: number): Uint32Array {
  const other = new Set(membersOf(csr, b));
  return membersOf(csr, a).filter((point) => other.has(point));
}

/** Return for each node the share of its members that belong to the set. */
export function sharesIn(csr: Csr, set: PointSet): Float32Array {
  const shares = new Float32Array(csr.indptr.length - 1);
  for (let node = 0; node < shares.length; node++) {
    let hits = 0;
    for (let i = csr.indptr[node]; i < csr.indptr[node + 1]; i++) if (set.has(csr.indices[i])) hits++;
    shares[node] = hits / Math.max(1, csr.indptr[node + 1] - csr.indptr[node]);
  }
  return shares;
}

/** Return for each point the nodes that hold it, as CSR. */
export function transpose(csr: Csr, nPoints: number): Csr {
  const indptr = new Uint32Array(nPoints + 1);
  for (const point of csr.indices) indptr[point + 1]++;
  for (let point = 0; point < nPoints; point++) indptr[point + 1] += indptr[point];
  const next = indptr.slice(0, nPoints);
  const indices = new Uint32Array(csr.indices.length);
  for (let node = 0; node < csr.indptr.length - 1; node++) {
    for (let i = csr.indptr[node]; i < csr.indptr[node + 1]; i++) indices[next[csr.indices[i]]++] = node;
  }
  return { indptr, indices };
}

/** Return the mean of a point column over the finite values of each node; NaN where there is none. */
export function nodeMeans(csr: Csr, values: ArrayLike<number>): Float32Array {
  const means = new Float32Array(csr.indptr.length - 1);
  for (let node = 0; node < means.length; node++) means[node] = mean(membersOf(csr, node), values);
  return means;
}

export function mean(points: ArrayLike<number>, values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < points.length; i++) {
    const value = values[points[i]];
    if (!Number.isFinite(value)) continue;
    sum += value;
    count++;
  }
  return count ? sum / count : NaN;
}

/** Return how many points the nodes of each interval hold together. */
export function sizesByInterval({ interval, size }: { interval: number[]; size: number[] }): Map<number, number> {
  const sums = new Map<number, number>();
  interval.forEach((place, node) => sums.set(place, (sums.get(place) ?? 0) + size[node]));
  return sums;
}
