import { describe, expect, it } from "vitest";
import { shortestPath } from "../../src/state/paths";
import { visibleParts } from "../../src/state/visible";
import { GRAPH } from "../study";

/** A graph of edges between nodes of 9 points, each with its Jaccard. */
function graphOf(n: number, edges: [number, number, number][]) {
  const [source, target, jaccard] = [0, 1, 2].map((i) => edges.map((edge) => edge[i]));
  return { ...GRAPH, nodes: { ...GRAPH.nodes, size: Array(n).fill(9) }, edges: { source, target, jaccard, shared: edges.map(() => 1), drawn: edges.map(() => true), weight: jaccard } };
}

const path = (graph: typeof GRAPH, from: number, to: number, minJaccard = 0) => shortestPath(graph, visibleParts(graph, 1, minJaccard), from, to);

describe("the shortest path", () => {
  const ring = graphOf(6, [[0, 1, 0.5], [1, 2, 0.5], [2, 3, 0.5], [3, 4, 0.1], [4, 0, 0.5]]);

  it("takes the fewest edges, in either direction", () => {
    expect(path(ring, 0, 3)).toEqual([0, 4, 3]);
    expect(path(ring, 3, 0)).toEqual([3, 4, 0]);
  });

  it("goes only along edges that are drawn", () => {
    expect(path(ring, 0, 3, 0.2)).toEqual([0, 1, 2, 3]);
  });

  it("is the node itself where it begins and ends there", () => {
    expect(path(ring, 2, 2)).toEqual([2]);
  });

  it("is nothing between components, and to a node that is hidden or unknown", () => {
    expect(path(ring, 0, 5)).toBeNull();
    expect(shortestPath(ring, visibleParts(ring, 10, 0), 0, 1)).toBeNull();
    expect(path(ring, 0, 99)).toBeNull();
  });

  it("is of several the one whose weakest edge is strongest", () => {
    const two = graphOf(6, [[0, 1, 0.9], [1, 5, 0.1], [0, 2, 0.4], [2, 5, 0.3], [0, 3, 0.2], [3, 5, 0.8]]);
    expect(path(two, 0, 5)).toEqual([0, 2, 5]);
    expect(path(two, 5, 0)).toEqual([5, 2, 0]);
  });

  it("follows edges without overlap, as imported graphs have them", () => {
    expect(path(graphOf(3, [[0, 1, 0], [1, 2, 0]]), 0, 2)).toEqual([0, 1, 2]);
  });
});
