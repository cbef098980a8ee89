/** Class counts of nodes and of sets of points. Codes below zero are missing values and count for nothing. */

import { type Csr, membersOf } from "./members";

/** The classes that occur in each node, row by row (CSR), codes in ascending order. */
export interface NodeClasses {
  indptr: Uint32Array;
  codes: Int32Array;
  counts: Uint32Array;
  /** Number of classes that there are. */
  nClasses: number;
  /** Most frequent class of each node, the lowest code among equals, −1 without any. */
  majority: Int32Array;
  /** Share of the majority class among the members that have one; 0 without any. */
  purity: Float32Array;
}

export interface ClassCount {
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

/** Return the most frequent class of some points, or null if none of them has one. */
export function topClass(points: ArrayLike<number>, labels: ArrayLike<number>, nClasses: number): number | null {
  return ranked(countClasses(points, labels, nClasses))[0]?.code ?? null;
}

export function nodeClasses(csr: Csr, labels: ArrayLike<number>, nClasses: number): NodeClasses {
  const nNodes = csr.indptr.length - 1;
  const indptr = new Uint32Array(nNodes + 1);
  const codes: number[] = [];
  const counts: number[] = [];
  const majority = new Int32Array(nNodes).fill(-1);
  const purity = new Float32Array(nNodes);
  const tally = new Uint32Array(nClasses);
  for (let node = 0; node < nNodes; node++) {
    const row = tallied(membersOf(csr, node), labels, tally);
    let [most, total] = [0, 0];
    for (const code of row) {
      if (tally[code] > most) [most, majority[node]] = [tally[code], code];
      total += tally[code];
      codes.push(code);
      counts.push(tally[code]);
      tally[code] = 0;
    }
    purity[node] = total ? most / total : 0;
    indptr[node + 1] = codes.length;
  }
  return { indptr, codes: Int32Array.from(codes), counts: Uint32Array.from(counts), nClasses, majority, purity };
}

/** Count the classes of some points into an empty tally and return those that occur, in ascending order. */
function tallied(points: Uint32Array, labels: ArrayLike<number>, tally: Uint32Array): number[] {
  const row: number[] = [];
  for (const point of points) {
    const code = labels[point];
    if (code >= 0 && tally[code]++ === 0) row.push(code);
  }
  return row.sort((a, b) => a - b);
}

/** Return the classes that occur, the most frequent first; `codes` names those that are counted, by default all. */
export function ranked(counts: ArrayLike<number>, codes?: ArrayLike<number>): ClassCount[] {
  const list = Array.from(counts, (count, i) => ({ code: codes ? codes[i] : i, count })).filter((entry) => entry.count > 0);
  const total = list.reduce((sum, entry) => sum + entry.count, 0);
  return list
    .sort((a, b) => b.count - a.count || a.code - b.code)
    .map((entry) => ({ ...entry, share: entry.count / total }));
}

/** Return the classes of a node and how often each occurs. */
export function classesOf({ indptr, codes, counts }: NodeClasses, node: number): { codes: Int32Array; counts: Uint32Array } {
  const [from, to] = [indptr[node], indptr[node + 1]];
  return { codes: codes.subarray(from, to), counts: counts.subarray(from, to) };
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
