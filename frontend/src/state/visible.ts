/** Which nodes and edges are on screen: the drawn edges, as many of the weaker ones as are asked for, and what the sliders leave. */

import type { Graph } from "../api/types";

export interface Visible {
  nodes: Uint8Array;
  /** Indices of the edges that are drawn. */
  edges: Uint32Array;
  nNodes: number;
  /** Number of components that the drawn edges leave of the visible nodes. */
  nComponents: number;
  /** Share of the points that edges share which the drawn edges carry; 1 in a graph without edges. */
  carried: number;
}

/** Return what is visible; `weaker` is the share of the edges that are not drawn at first which is brought in. */
export function visibleParts(graph: Graph, minSize: number, minJaccard: number, weaker = 0): Visible {
  const nodes = Uint8Array.from(graph.nodes.size, (size) => (size >= minSize ? 1 : 0));
  const { source, target, jaccard, shared } = graph.edges;
  const offered = strongest(graph, weaker);
  const edges = Uint32Array.from(source.keys()).filter((edge) => offered[edge] && jaccard[edge] >= minJaccard && nodes[source[edge]] && nodes[target[edge]]);
  const nNodes = nodes.reduce((sum, seen) => sum + seen, 0);
  const all = shared.reduce((sum, points) => sum + points, 0);
  const carried = all ? edges.reduce((sum, edge) => sum + shared[edge], 0) / all : 1;
  return { nodes, edges, nNodes, nComponents: nNodes - joins(graph, edges), carried };
}

export const nDrawn = ({ edges }: Pick<Graph, "edges">): number => edges.drawn.reduce((sum, drawn) => sum + Number(drawn), 0);

/** Tell of each edge whether it is drawn, or among the strongest share of the others. */
function strongest({ edges: { drawn, weight } }: Graph, weaker: number): boolean[] {
  const others = [...drawn.keys()].filter((edge) => !drawn[edge]).sort((a, b) => weight[b] - weight[a] || a - b);
  const offered = [...drawn];
  for (const edge of others.slice(0, Math.round(weaker * others.length))) offered[edge] = true;
  return offered;
}

/** Return how many of the edges join two parts that the edges before them leave apart. */
function joins({ nodes, edges: { source, target } }: Graph, edges: Uint32Array): number {
  const parent = Uint32Array.from(nodes.size.keys());
  const root = (node: number): number => {
    while (parent[node] !== node) node = parent[node] = parent[parent[node]];
    return node;
  };
  let count = 0;
  for (const edge of edges) {
    const [a, b] = [root(source[edge]), root(target[edge])];
    if (a !== b) count++;
    parent[a] = b;
  }
  return count;
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
