/** Class counts of nodes and of sets of points. Codes below zero are missing labels and count for nothing. */

import { type Csr, membersOf } from "./members";

export interface NodeClasses {
  nClasses: number;
  /** Row by row: `counts[node * nClasses + code]`. */
  counts: Uint32Array;
  /** Most frequent class of each node, the lowest code among equals, −1 without labels. */
  majority: Int32Array;
  /** Share of the majority class among the labelled members; 0 without labels. */
  purity: Float32Array;
}

export interface ClassShare {
  code: number;
  count: number;
  share: number;
}

export function countClasses(points: ArrayLike<number>, labels: ArrayLike<number>, nClasses: number): Uint32Array {
  const counts = new Uint32Array(nClasses);
  for (let i = 0; i < points.length; i++) {
    const code = labels[points[i]];
    if (code >= 0) counts[code]++;
  }
  return counts;
}

export function nodeClasses(csr: Csr, labels: ArrayLike<number>, nClasses: number): NodeClasses {
  const nNodes = csr.indptr.length - 1;
  const counts = new Uint32Array(nNodes * nClasses);
  const majority = new Int32Array(nNodes);
  const purity = new Float32Array(nNodes);
  for (let node = 0; node < nNodes; node++) {
    const row = countClasses(membersOf(csr, node), labels, nClasses);
    counts.set(row, node * nClasses);
    const [first] = ranked(row);
    majority[node] = first ? first.code : -1;
    purity[node] = first ? first.share : 0;
  }
  return { nClasses, counts, majority, purity };
}

/** Return the classes that occur, the most frequent first. */
export function ranked(counts: ArrayLike<number>): ClassShare[] {
  const list = Array.from(counts, (count, code) => ({ code, count })).filter((entry) => entry.count > 0);
  const total = list.reduce((sum, entry) => sum + entry.count, 0);
  return list
    .sort((a, b) => b.count - a.count || a.code - b.code)
    .map((entry) => ({ ...entry, share: entry.count / total }));
}

export function countsOfNode(classes: NodeClasses, node: number): Uint32Array {
  return classes.counts.subarray(node * classes.nClasses, (node + 1) * classes.nClasses);
}

/** Return the points whose label is one of the codes. */
export function pointsOfClasses(labels: ArrayLike<number>, codes: number[]): Uint32Array {
  const wanted = new Set(codes);
  const points: number[] = [];
  for (let point = 0; point < labels.length; point++) if (wanted.has(labels[point])) points.push(point);
  return Uint32Array.from(points);
}

/** Say whether some code occurs in both columns: outputs of a network without names share none with the labels. */
export function haveCommonCode(a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): boolean {
  const codes = new Set(Array.from(a ?? []));
  return Array.from(b ?? []).some((code) => code >= 0 && codes.has(code));
}

/** Return the values of an examples column for each point. */
export function gather<T extends Int32Array | Float32Array>(column: T, example: Uint32Array): T {
  const values = column.slice(0, 0).constructor as new (length: number) => T;
  const result = new values(example.length);
  for (let point = 0; point < example.length; point++) result[point] = column[example[point]];
  return result;
}
