/** Graphs of modes: every prominence is a cut of one tree, in which a node is named by its interval and its mode. */

import type { Graph } from "../api/types";
import { type Csr, membersOf } from "./members";

/** Prominence that chance alone makes. */
export const NOISE = 1;
/** Where the slider stops, from skeleton to detail. */
export const STOPS = [4, 3.5, 3, 2.5, 2, 1.8, 1.5, 1.2, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.18, 0.15, 0.12, 0.1];

/** Return the index of the stop nearest to a prominence. */
export function stopOf(prominence: number): number {
  const away = STOPS.map((stop) => Math.abs(Math.log(stop / Math.max(prominence, 1e-6))));
  return away.indexOf(Math.min(...away));
}

/** Return a prominence in words; null is that of a mode without a denser one near. */
export function prominenceText(prominence: number | null): string {
  return prominence === null ? "no denser neighbour" : `${prominence.toFixed(prominence < 10 ? 1 : 0)} × noise`;
}

/** Tell whether two graphs are cuts of one tree, drawn alike. */
export function sameTree(a: Graph, b: Graph): boolean {
  return a.layer === b.layer && a.layout === b.layout && a.nodes.mode !== null && b.nodes.mode !== null;
}

/** Return for each node of a cut the same node of another one, or −1. */
export function sameNodes(next: Graph, before: Graph): number[] {
  const ids = new Map(before.nodes.size.map((_, id) => [nameOf(before, id), id]));
  return next.nodes.size.map((_, id) => ids.get(nameOf(next, id)) ?? -1);
}

/** Return the node of another cut that a node is, or into which it has merged. */
export function successorIn(next: Graph, members: Csr, before: Graph, point: number, id: number): number | undefined {
  const [name, interval] = [nameOf(before, id), before.nodes.interval[id]];
  const same = next.nodes.size.findIndex((_, other) => nameOf(next, other) === name);
  if (same >= 0) return same;
  const holder = next.nodes.interval.findIndex((other, node) => other === interval && membersOf(members, node).includes(point));
  return holder < 0 ? undefined : holder;
}

/** Return the nodes that are one with this one in the skeleton. */
export function groupOf({ nodes }: Graph, id: number): number[] {
  const { group } = nodes;
  return group ? [...group.keys()].filter((other) => group[other] === group[id]) : [id];
}

/** Tell of each node whether chance alone could make it, and it is only drawn in detail. */
export const isDetail = ({ nodes }: Graph, id: number): boolean => nodes.group !== null && nodes.group[id] !== id;

const nameOf = ({ nodes }: Graph, id: number): string => `${nodes.interval[id]} ${nodes.mode?.[id]}`;
