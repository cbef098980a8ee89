/** Imported graphs: what their file tells in the place of what only vectors could tell. */

import type { ClassShare, Graph, ImportedFacts } from "../api/types";
import { lensName } from "./lens-names";

/** Return what the nodes' `lens_mean` is the mean of; the number of a cube is no mean. */
export function lensOf({ imported, settings }: Graph): { title: string; mean: string } {
  const lens = imported?.lens ?? settings?.lens ?? "";
  return lens === "cube" ? { title: "cube", mean: "cube" } : { title: lensName(lens), mean: `mean ${lensName(lens)}` };
}

/** Return the classes of a node with their shares, the largest first, and the share that has no name. */
export function classSharesOf(imported: ImportedFacts, node: number): { shares: ClassShare[]; rest: number } {
  const shares = imported.shares[node] ?? [];
  return { shares, rest: Math.max(0, 1 - shares.reduce((sum, { share }) => sum + share, 0)) };
}

/** Return for each node the share that the file gives to some classes; null when none of them is asked for. */
export function sharesOfClasses(imported: ImportedFacts, names: string[]): Float32Array | null {
  const codes = new Set(names.map((name) => imported.classes.indexOf(name)));
  if (!imported.classes.length || !names.length) return null;
  const sum = (shares: ClassShare[]) => shares.reduce((total, { code, share }) => total + (codes.has(code) ? share : 0), 0);
  return Float32Array.from(imported.shares, sum);
}

/** Return how many nodes hold each class. */
export function nodesOfClasses(imported: ImportedFacts): Uint32Array {
  const nodes = new Uint32Array(imported.classes.length);
  for (const shares of imported.shares) for (const { code } of shares) nodes[code]++;
  return nodes;
}
