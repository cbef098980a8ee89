import { describe, expect, it } from "vitest";
import { carriedOver, correspondence, existing, NO_REFERENCES, type NodeReferences } from "../../src/state/node-correspondence";
import { GRAPH, MEMBERS } from "../study";

const members = { ...MEMBERS, uncovered: new Uint32Array(), lens: new Float32Array() };
const before = { graph: GRAPH, members };
const named = (patch: Partial<NodeReferences>): NodeReferences => ({ ...NO_REFERENCES, ...patch });

describe("what a view names, in the next graph", () => {
  const nodeMap = correspondence(before, { graph: { ...GRAPH, layout: "2".repeat(16) }, members }, [2, -1, 0]);

  it("follows nodes that survive and forgets the others", () => {
    const was = named({ selection: { kind: "nodes", ids: [0, 1, 2] }, pins: [[0, 1, 2], [1, 3, 4]], path: [2, 0], kept: { a: [0, 1], b: [2] } });
    expect(carriedOver(was, nodeMap)).toEqual({ selection: { kind: "nodes", ids: [2, 0] }, pins: [[2, 1, 2]], path: [0, 2], kept: { a: [2], b: [0] } });
  });

  it("has no path where an end is gone, or both ends are one", () => {
    expect(carriedOver(named({ path: [0, 1] }), nodeMap).path).toBeNull();
    expect(carriedOver(named({ path: [0, 2] }), () => 5).path).toBeNull();
  });

  it("has no edge, but the area that was drawn", () => {
    const area = { kind: "area" as const, projection: "pca", polygon: [] };
    expect(carriedOver(named({ selection: { kind: "edge", source: 0, target: 2 } }), nodeMap).selection.kind).toBe("none");
    expect(carriedOver(named({ selection: area }), nodeMap).selection).toBe(area);
  });
});

describe("what a restored view names", () => {
  it("loses nodes that the graph does not have", () => {
    const said = named({ selection: { kind: "nodes", ids: [1, 3] }, pins: [[7, 0, 0], [2, 0, 0]], path: [0, 3], kept: { a: [9], b: [1] } });
    expect(existing(said, before)).toEqual({ selection: { kind: "nodes", ids: [1] }, pins: [[2, 0, 0]], path: null, kept: { a: [], b: [1] } });
  });

  it("keeps an edge whose nodes are there", () => {
    const edge = (target: number) => named({ selection: { kind: "edge", source: 0, target } });
    expect(existing(edge(2), before).selection).toEqual({ kind: "edge", source: 0, target: 2 });
    expect(existing(edge(3), before).selection.kind).toBe("none");
  });
});
