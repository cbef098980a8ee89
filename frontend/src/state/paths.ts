/** The way from one node to another along the edges that are drawn. */

import type { Graph } from "../api/types";
import type { Visible } from "./visible";

type Link = [node: number, jaccard: number];

/**
 * Return the nodes of the way with the fewest edges; of several, the one whose weakest edge is strongest. Null if there
 * is none.
 */
export function shortestPath(graph: Graph, visible: Visible, from: number, to: number): number[] | null {
  if (!visible.nodes[from] || !visible.nodes[to]) return null;
  const links = linksOf(graph, visible);
  const came = new Map<number, Link>([[from, [from, Infinity]]]);
  for (let front = [from]; front.length && !came.has(to); ) {
    const next = furtherFrom(front, links, came);
    for (const [node, link] of next) came.set(node, link);
    front = [...next.keys()];
  }
  return came.has(to) ? back(came, from, to) : null;
}

/** Return for each node that is reached for the first time where it is best reached from, and how strong that way is. */
function furtherFrom(front: number[], links: Map<number, Link[]>, came: Map<number, Link>): Map<number, Link> {
  const next = new Map<number, Link>();
  for (const node of front) {
    const strength = came.get(node)?.[1] ?? 0;
    for (const [other, jaccard] of links.get(node) ?? []) {
      if (came.has(other)) continue;
      const weakest = Math.min(strength, jaccard);
      if (weakest > (next.get(other)?.[1] ?? -1)) next.set(other, [node, weakest]);
    }
  }
  return next;
}

function back(came: Map<number, Link>, from: number, to: number): number[] {
  const path = [to];
  while (path[0] !== from) path.unshift((came.get(path[0]) as Link)[0]);
  return path;
}

function linksOf({ edges }: Graph, visible: Visible): Map<number, Link[]> {
  const links = new Map<number, Link[]>();
  const link = (node: number, to: Link) => links.set(node, [...(links.get(node) ?? []), to]);
  for (const edge of visible.edges) {
    link(edges.source[edge], [edges.target[edge], edges.jaccard[edge]]);
    link(edges.target[edge], [edges.source[edge], edges.jaccard[edge]]);
  }
  return links;
}
