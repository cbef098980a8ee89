/** What an activation image is made of. */

import type { Edges, InversionRequest } from "../api/types";
import { count } from "./format";

export type Target = InversionRequest["targets"][number];

/** Return the mean of the members of some nodes, minus that of others. */
export function ofNodes(nodes: number[], minus: number[] = []): Target {
  return { kind: "nodes", nodes: ascending(nodes), minus: ascending(minus) };
}

export const ofPoint = (point: number): Target => ({ kind: "point", point });

/** Return the node that a target is the mean of; null where it is of several, of a difference, or of no node. */
export function singleNode(target: Target): number | null {
  return target.kind === "nodes" && target.nodes.length === 1 && !target.minus.length ? target.nodes[0] : null;
}

/** Return a text that two targets share only if they are the same. */
export function keyOf(target: Target): string {
  if (target.kind === "point") return `point ${target.point}`;
  if (target.kind === "channel") return `channel ${target.channel}`;
  return [target.nodes, target.minus].map((ids) => ascending(ids).join()).join(" − ");
}

/** Return what an image answers like, in words. */
export function nounOf(target: Target): string {
  if (target.kind !== "nodes") return target.kind;
  if (target.minus.length) return "difference";
  return target.nodes.length === 1 ? "node" : "selection";
}

/** Targets that the server takes together. */
export const MAX_TARGETS = 512;
/** Return where an answer ought to lie. */
export const homeOf = (target: Target): string => (target.kind === "point" ? "point's nodes" : nounOf(target));

const MAX_LISTED = 4;

/** Return nodes by their numbers, as few as can be read. */
export function nodesText(nodes: number[]): string {
  if (nodes.length === 1) return `node ${nodes[0]}`;
  const named = nodes.slice(0, MAX_LISTED).join(", ");
  return nodes.length > MAX_LISTED ? `${count(nodes.length)} nodes: ${named} …` : `nodes ${named}`;
}

/** Return nodes in order of interest: in turn the next largest and the next with most edges. */
export function byInterest(nodes: number[], sizes: ArrayLike<number>, edges: Pick<Edges, "source" | "target">): number[] {
  const degrees = new Map<number, number>();
  for (const node of [...edges.source, ...edges.target]) degrees.set(node, (degrees.get(node) ?? 0) + 1);
  const degree = (node: number) => degrees.get(node) ?? 0;
  const largest = nodes.toSorted((a, b) => sizes[b] - sizes[a] || a - b);
  const branching = nodes.toSorted((a, b) => degree(b) - degree(a) || sizes[b] - sizes[a] || a - b);
  return [...new Set(largest.flatMap((node, i) => [node, branching[i]]))];
}

const ascending = (ids: number[]): number[] => [...new Set(ids)].sort((a, b) => a - b);
