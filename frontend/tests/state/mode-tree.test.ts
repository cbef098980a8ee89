import { describe, expect, it } from "vitest";
import type { Feature, Graph } from "../../src/api/types";
import { buildScene } from "../../src/graph/scene";
import { medianSpacing, worldRadii } from "../../src/graph/sizes";
import { themeOf } from "../../src/graph/theme";
import { sizesByInterval } from "../../src/state/members";
import { groupOf, isDetail, prominenceText, sameNodes, sameTree, stopOf, STOPS, successorIn } from "../../src/state/mode-tree";
import { countText, lifeShare, lifeText } from "../../src/state/shape-report";
import { visibleParts } from "../../src/state/visible";
import { GRAPH } from "../study";

/** Interval 0 falls into the modes of points 1, 5 and 7, of which 5 and 7 are detail of 1; interval 1 has one mode. */
const DETAIL: Graph = {
  ...GRAPH,
  nodes: {
    ...GRAPH.nodes,
    interval: [0, 0, 0, 1],
    size: [3, 2, 1, 4],
    lens_mean: [0, 0, 0, 1],
    prominence: [null, 0.5, 0.2, null],
    mode: [1, 5, 7, 1],
    group: [0, 0, 0, 3],
    component: [0, 0, 0, 0],
    x: [0, 1, 2, 5],
    y: [0, 0, 0, 0],
  },
};
const SKELETON: Graph = {
  ...GRAPH,
  nodes: { ...GRAPH.nodes, interval: [0, 1], size: [6, 4], prominence: [null, null], mode: [1, 1], group: [0, 1], x: [0, 5], y: [0, 0] },
};
const OF_SKELETON = { indptr: Uint32Array.of(0, 6, 10), indices: Uint32Array.of(0, 1, 2, 5, 6, 7, 0, 1, 3, 4) };
const OF_DETAIL = { indptr: Uint32Array.of(0, 3, 5, 6, 10), indices: Uint32Array.of(0, 1, 2, 5, 6, 7, 0, 1, 3, 4) };

describe("cuts of one tree", () => {
  it("are those of one layout, and of modes", () => {
    expect(sameTree(DETAIL, SKELETON)).toBe(true);
    expect(sameTree(DETAIL, { ...SKELETON, layout: "f".repeat(16) })).toBe(false);
    expect(sameTree(GRAPH, GRAPH)).toBe(false);
  });

  it("have nodes of the same interval and mode in common", () => {
    expect(sameNodes(DETAIL, SKELETON)).toEqual([0, -1, -1, 1]);
    expect(sameNodes(SKELETON, DETAIL)).toEqual([0, 3]);
  });

  it("pass a node on to the one that contains it", () => {
    expect([0, 1, 2, 3].map((id) => successorIn(SKELETON, OF_SKELETON, DETAIL, OF_DETAIL.indices[OF_DETAIL.indptr[id]], id))).toEqual([0, 0, 0, 1]);
    expect([0, 1].map((id) => successorIn(DETAIL, OF_DETAIL, SKELETON, OF_SKELETON.indices[OF_SKELETON.indptr[id]], id))).toEqual([0, 3]);
    expect(successorIn(SKELETON, { indptr: Uint32Array.of(0, 0, 0), indices: new Uint32Array() }, DETAIL, 5, 1)).toBeUndefined();
  });
});

describe("a skeleton and its detail", () => {
  it("groups nodes that are one in the skeleton", () => {
    expect(groupOf(DETAIL, 2)).toEqual([0, 1, 2]);
    expect(groupOf(GRAPH, 2)).toEqual([2]);
    expect([0, 1, 3].map((id) => isDetail(DETAIL, id))).toEqual([false, true, false]);
    expect(isDetail(GRAPH, 0)).toBe(false);
  });

  it("are drawn as groups: hulls beneath, firm outlines around what is no detail", () => {
    const scene = (graph: Graph) =>
      buildScene({
        graph,
        visible: visibleParts({ ...graph, edges: { source: [], target: [], shared: [], jaccard: [], drawn: [], weight: [] } }, 1, 0),
        xy: Float32Array.from(graph.nodes.x.flatMap((x, i) => [x, graph.nodes.y[i]])),
        radii: worldRadii(graph.nodes.size, "sqrt"),
        colours: graph.nodes.size.map(() => [1, 2, 3]),
        strength: null,
        clarity: null,
        pies: null,
        theme: themeOf(false),
      });
    const { hulls, discs } = scene(DETAIL);
    expect(Array.from(hulls.source)).toEqual([1, 0, 2, 0]);
    expect(Array.from(hulls.target)).toEqual([0, 0, 0, 0]);
    expect(hulls.radius.length).toBe(3);
    const width = new Map(Array.from(discs.ids, (node, i) => [node, discs.outlineWidth[i]]));
    expect(width.get(0)).toBe(width.get(3));
    expect(width.get(0)).toBeGreaterThan(width.get(1) as number);
    const alone = scene(SKELETON);
    expect(alone.hulls.radius.length).toBe(0);
    expect(new Set(alone.discs.outlineWidth)).toEqual(new Set([width.get(1)]));
  });

  it("has larger nodes where there is room", () => {
    expect(medianSpacing([0, 2, 4], [0, 0, 0])).toBe(2);
    expect(medianSpacing([0], [0])).toBe(1);
    const [usual, wide, widest] = [1, 1.5, 99].map((room) => worldRadii([4], "sqrt", room)[0]);
    expect(wide).toBeCloseTo(1.5 * usual);
    expect(widest).toBeLessThan(2 * usual);
  });

  it("knows how many points an interval holds", () => {
    expect([...sizesByInterval(DETAIL.nodes)]).toEqual([[0, 6], [1, 4]]);
  });
});

describe("prominence", () => {
  it("stops on a scale from skeleton to detail", () => {
    expect(STOPS).toEqual([...STOPS].sort((a, b) => b - a));
    expect([9, 1, 0.26, 0.01, 0].map((prominence) => STOPS[stopOf(prominence)])).toEqual([4, 1, 0.25, 0.1, 0.1]);
  });

  it("is told in multiples of the noise", () => {
    expect([2.34, 0.25, 31.2, null].map(prominenceText)).toEqual(["2.3 × noise", "0.3 × noise", "31 × noise", "no denser neighbour"]);
  });
});

describe("what was found", () => {
  const loop: Feature = { kind: "loop", nodes: [0, 1, 2], birth: 1, death: 2.5, standing: "sure", name: "ant – bee", rim: [0, 1, 2], arms: [] };

  it("is counted, or said to be unknown", () => {
    expect(countText({ kind: "branch", value: 2, least: 2, reason: "" })).toBe("2 branches");
    expect(countText({ kind: "loop", value: null, least: 8, reason: "40 of 48 may be chance" })).toBe("number of loops unknown, at least 8: 40 of 48 may be chance");
    expect(countText({ kind: "component", value: null, least: 0, reason: "why" })).toBe("number of components unknown: why");
  });

  it("lives over a range of prominence", () => {
    expect(lifeText(loop)).toBe("1.0 – 2.5");
    expect(lifeText({ ...loop, death: null })).toBe("from 1.0 on");
    expect(lifeText({ ...loop, birth: null, death: null })).toBe("");
    expect([loop, { ...loop, death: null }, { ...loop, death: 9 }].map((one) => lifeShare(one, 3))).toEqual([0.5, 1, 1]);
  });
});
