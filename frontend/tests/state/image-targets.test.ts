import { describe, expect, it } from "vitest";
import { byInterest, homeOf, keyOf, nodesText, nounOf, ofNodes, ofPoint, singleNode } from "../../src/state/image-targets";

describe("targets", () => {
  it("are the same for the same nodes in any order", () => {
    expect(ofNodes([5, 3, 5])).toEqual(ofNodes([3, 5]));
    expect(keyOf({ kind: "nodes", nodes: [5, 3], minus: [] })).toBe(keyOf(ofNodes([3, 5])));
  });

  it("have keys of their own", () => {
    const all = [ofNodes([1]), ofNodes([1], [2]), ofNodes([2], [1]), ofNodes([1, 2]), ofNodes([12]), ofPoint(1), { kind: "channel" as const, channel: 1 }];
    expect(new Set(all.map(keyOf)).size).toBe(all.length);
  });

  it("say of how much they are", () => {
    expect([ofNodes([7]), ofNodes([7, 8]), ofNodes([7], [8]), ofPoint(7)].map(singleNode)).toEqual([7, null, null, null]);
    expect([ofNodes([7]), ofNodes([7, 8]), ofNodes([7], [8]), ofPoint(7)].map(nounOf)).toEqual(["node", "selection", "difference", "point"]);
    expect([ofNodes([7]), ofPoint(7)].map(homeOf)).toEqual(["node", "point's nodes"]);
  });

  it("name few nodes, and count many", () => {
    expect(nodesText([4])).toBe("node 4");
    expect(nodesText([4, 9, 11])).toBe("nodes 4, 9, 11");
    expect(nodesText([1, 2, 3, 4, 5])).toBe("5 nodes: 1, 2, 3, 4 …");
  });
});

describe("order of interest", () => {
  const edges = { source: [0, 0, 0, 1], target: [1, 2, 3, 2], shared: [1, 1, 1, 1], jaccard: [1, 1, 1, 1] };

  it("takes the large and the branching in turn, each once", () => {
    expect(byInterest([0, 1, 2, 3, 4], [1, 2, 3, 4, 50], edges)).toEqual([4, 0, 3, 2, 1]);
  });

  it("is of the nodes that are imported", () => {
    expect(byInterest([3, 1], [1, 2, 3, 4, 50], edges)).toEqual([3, 1]);
    expect(byInterest([], [], edges)).toEqual([]);
  });
});
