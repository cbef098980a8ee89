/** Which nodes and edges the sliders leave on screen. */

import type { Graph } from "../api/types";

export interface Visible {
  nodes: Uint8Array;
  /** Indices of the edges that are drawn. */
  edges: Uint32Array;
  nNodes: number;
}

export function visibleParts(graph: Graph, minSize: number, minJaccard: number): Visible {
  const nodes = Uint8Array.from(graph.nodes.size, (size) => (size >= minSize ? 1 : 0));
  const { source, target, jaccard } = graph.edges;
  const edges: number[] = [];
  for (let edge = 0; edge < source.length; edge++) {
    if (jaccard[edge] >= minJaccard && nodes[source[edge]] && nodes[target[edge]]) edges.push(edge);
  }
  return { nodes, edges: Uint32Array.from(edges), nNodes: nodes.reduce((sum, seen) => sum + seen, 0) };
}

/** Return the visible neighbours of each node. */
export function neighbours(graph: Graph, visible: Visible): Map<number, number[]> {
  const lists = new Map<number, number[]>();
  const link = (a: number, b: number) => lists.set(a, [...(lists.get(a) ?? []), b]);
  for (const edge of visible.edges) {
    link(graph.edges.source[edge], graph.edges.target[edge]);
    link(graph.edges.target[edge], graph.edges.source[edge]);
  }
  return lists;
}

/** Return the neighbour that lies most nearly in the direction (dx, dy; y upward), or null. */
export function neighbourTowards(node: number, candidates: number[], xy: Float32Array, dx: number, dy: number): number | null {
  let best: number | null = null;
  let bestScore = 0.2;
  for (const candidate of candidates) {
    const x = xy[2 * candidate] - xy[2 * node];
    const y = xy[2 * candidate + 1] - xy[2 * node + 1];
    const score = (x * dx + y * dy) / (Math.hypot(x, y) || 1);
    if (score > bestScore) [best, bestScore] = [candidate, score];
  }
  return best;
}
