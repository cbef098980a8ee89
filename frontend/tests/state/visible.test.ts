import { describe, expect, it } from "vitest";
import type { Graph } from "../../src/api/types";
import { nDrawn, visibleParts } from "../../src/state/visible";
import { GRAPH } from "../study";

/** A path 0 – 1 – 2 – 3 that is drawn, and three weaker edges that are not. */
const graph: Graph = {
  ...GRAPH,
  nodes: { ...GRAPH.nodes, size: [4, 3, 2, 9] },
  edges: {
    source: [0, 1, 2, 0, 0, 1],
    target: [1, 2, 3, 2, 3, 3],
    shared: [40, 30, 20, 5, 3, 2],
    jaccard: [0.4, 0.3, 0.02, 0.05, 0.04, 0.01],
    drawn: [true, true, true, false, false, false],
    weight: [0.9, 0.8, 0.1, 0.2, 0.24, 0.2],
  },
};
const edgesOf = (...rest: [minSize: number, minJaccard: number, weaker: number]) => [...visibleParts(graph, ...rest).edges];

describe("the edges on screen", () => {
  it("are the drawn ones at first, whatever their weight, and say what they carry", () => {
    expect(edgesOf(1, 0, 0)).toEqual([0, 1, 2]);
    expect(nDrawn(graph)).toBe(3);
    expect(visibleParts(graph, 1, 0).carried).toBeCloseTo(0.9);
  });

  it("grow by the weaker ones, the strongest first and the earlier of equals", () => {
    expect([0.33, 0.67, 1].map((weaker) => edgesOf(1, 0, weaker))).toEqual([[0, 1, 2, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5]]);
    expect(visibleParts(graph, 1, 0, 1).carried).toBe(1);
  });

  it("are what the least Jaccard and the least size leave", () => {
    expect(edgesOf(1, 0.03, 1)).toEqual([0, 1, 3, 4]);
    expect(edgesOf(3, 0, 1)).toEqual([0, 4, 5]);
  });

  it("are what components are counted by", () => {
    expect([0, 0.03, 0.35, 1].map((least) => visibleParts(graph, 1, least).nComponents)).toEqual([1, 2, 3, 4]);
    expect(visibleParts(graph, 3, 0).nComponents).toBe(2);
  });

  it("carry all where there are none", () => {
    const none = { source: [], target: [], shared: [], jaccard: [], drawn: [], weight: [] };
    expect(visibleParts({ ...graph, edges: none }, 1, 0, 0.5)).toMatchObject({ carried: 1, nComponents: 4 });
  });
});
