import { describe, expect, it } from "vitest";
import type { LayerLocation, LocatedInput } from "../../src/api/types";
import { locatedNodes, locationIn, nodesOfWords, refused, remoteness, shortText, verdictOf } from "../../src/state/located-input";

const location = (patch: Partial<LayerLocation> = {}): LayerLocation => ({
  layer: 0, name: "layer0", graph: "0".repeat(16), sentence: "lands in node 3", n: 1, n_inside: 1,
  nodes: [{ node: 3, distance: 1, margin: 0.4, vectors: [0] }], nearest: [], closest: null, distance: 1, reach: 2, usual: 4,
  same: null, y: [-1], x: [-1], spans: [], ...patch,
});
const located = (...locations: LayerLocation[]): LocatedInput => ({
  digest: "1".repeat(16), kind: "image", text: null, thumbnail: null, predictions: [], notices: [], locations, n_layers: 2,
});
const hit = (node: number, ...vectors: number[]) => ({ node, distance: 1, margin: null, vectors });

describe("a located", () => {
  it("is known layer by layer", () => {
    const found = located(location({ layer: 1 }));
    expect(locationIn(found, 0)).toBeNull();
    expect(locationIn(found, 1)?.layer).toBe(1);
    expect(locationIn(null, 1)).toBeNull();
  });

  it("marks nodes of the graph it was placed in, and of no other", () => {
    const found = located(location({ nodes: [hit(3, 0), hit(5, 0)] }));
    expect(locatedNodes(found, { layer: 0, digest: "0".repeat(16) })).toEqual([3, 5]);
    expect(locatedNodes(found, { layer: 0, digest: "2".repeat(16) })).toEqual([]);
    expect(locatedNodes(found, { layer: 1, digest: "0".repeat(16) })).toEqual([]);
    expect(locatedNodes(found, null)).toEqual([]);
  });

  it("is said in few words", () => {
    expect(shortText(location())).toBe("node 3");
    expect(shortText(location({ nodes: [hit(3, 0), hit(5, 0)] }))).toBe("nodes 3, 5");
    expect(shortText(location({ n: 9, n_inside: 8, nodes: [hit(3, 0, 1), hit(5, 2)] }))).toBe("2 nodes");
    expect(shortText(location({ n_inside: 0, nodes: [] }))).toBe("outside");
    expect(shortText(location({ n: 0, n_inside: 0, nodes: [] }))).toBe("no graph");
  });

  it("lands wholly, partly or not at all", () => {
    const verdicts = [[3, 3], [3, 1], [3, 0], [0, 0]].map(([n, n_inside]) => verdictOf({ n, n_inside }));
    expect(verdicts).toEqual(["inside", "partly", "outside", "none"]);
  });

  it("is near or far beside what is usual", () => {
    expect(remoteness({ reach: 2, usual: 4 })).toBe(0.5);
    expect([{ reach: null, usual: 4 }, { reach: 2, usual: null }, { reach: 2, usual: 0 }].map(remoteness)).toEqual([null, null, null]);
  });

  it("tells where each word lands", () => {
    expect(nodesOfWords({ nodes: [hit(7, 0, 2), hit(4, 2)], spans: [[0, 3], [4, 7], [8, 9]] })).toEqual([7, null, 7]);
  });
});

describe("a file", () => {
  it("is refused before it is sent if it is empty or too large", () => {
    expect(refused({ name: "a.png", size: 0 })).toBe("a.png is empty");
    expect(refused({ name: "a.png", size: 61_000_000 })).toBe("An image may have 50 MB: a.png has 61");
    expect(refused({ name: "a.png", size: 12_000_000 })).toBeNull();
  });
});
