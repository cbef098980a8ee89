import { describe, expect, it } from "vitest";
import type { Feature, ShapeReport, Stability } from "../../src/api/types";
import { findingColour, findingLayer, outlinesOf } from "../../src/graph/finding-layer";
import { outside } from "../../src/graph/scene";
import { groupsOf, isChoice, isDrawn, litNodes, nodesToSelect, recurrence, stripOf } from "../../src/state/findings";
import { standingText } from "../../src/state/shape-report";
import { initialView, restore } from "../../src/state/view";
import { STUDY } from "../study";

const feature = (kind: Feature["kind"], standing: Feature["standing"], more: Partial<Feature> = {}): Feature => ({
  kind,
  name: kind,
  nodes: [0, 1, 2],
  rim: kind === "loop" ? [0, 1, 2] : [],
  arms: [],
  birth: 1,
  death: 3,
  standing,
  ...more,
});
const arm = (nodes: number[], name = "ant") => ({ nodes, path: [4, ...nodes], name });
const BRANCH = feature("branch", "doubtful", { nodes: [4], arms: [arm([5, 6]), arm([7]), arm([8], "bee")] });
const report = (...features: Feature[]): ShapeReport => ({ summary: "One piece.", counts: [], features, n_features: features.length });
const XY = Float32Array.from({ length: 18 }, (_, i) => i);

describe("the list of findings", () => {
  it("has the surest kind first, pieces last, and what is to be doubted apart", () => {
    const lost = feature("loop", "sure", { rim: [] });
    const groups = groupsOf(report(feature("component", "sure"), lost, feature("loop", "doubtful"), BRANCH, feature("loop", "sure")));
    expect(groups.map(({ heading }) => heading)).toEqual(["Loops", "Branches", "Pieces"]);
    expect(groups[0].firm.map(({ number }) => number)).toEqual([4]);
    expect(groups[0].rest.map(({ number }) => number)).toEqual([2, 1]);
    expect(groups[1]).toMatchObject({ firm: [], rest: [{ number: 3 }] });
  });

  it("has branches first where they are surer", () => {
    expect(groupsOf(report(feature("loop", "doubtful"), { ...BRANCH, standing: "sure" })).map(({ heading }) => heading)).toEqual(["Branches", "Loops"]);
  });

  it("does not call sure what nothing tests", () => {
    const [{ firm }] = groupsOf(report(feature("loop", "untested", { birth: null, death: null })));
    expect(firm).toHaveLength(1);
    expect(standingText(firm[0].feature, true)).toBe(", not tested against chance");
  });

  it("says what the graph on screen does not have", () => {
    expect([feature("loop", "sure", { rim: [] }), feature("branch", "sure"), feature("component", "sure")].map(isDrawn)).toEqual([false, false, true]);
    expect(standingText(feature("loop", "sure", { rim: [] }), false)).toBe(", not in this graph");
  });
});

describe("what is shown of a finding", () => {
  it("is a rim, and the rest fades", () => {
    const loop = feature("loop", "sure", { nodes: [0, 1, 2, 3] });
    expect(nodesToSelect(loop, null)).toEqual([0, 1, 2]);
    expect([...litNodes(loop, null)]).toEqual([0, 1, 2]);
    expect(stripOf(loop, null)).toEqual([0, 1, 2]);
    expect(Array.from(outside(litNodes(loop, null), null, 4)!).map((one) => one === 1)).toEqual([true, true, true, false]);
    expect(outside(null, null, 4)).toBeNull();
  });

  it("is a stem with all arms, or one arm", () => {
    expect(nodesToSelect(BRANCH, null)).toEqual([4]);
    expect(nodesToSelect(BRANCH, 0)).toEqual([5, 6]);
    expect([...litNodes(BRANCH, null)]).toEqual([4, 5, 6, 7, 8]);
    expect([...litNodes(BRANCH, 1)]).toEqual([4, 7]);
    expect(stripOf(BRANCH, null)).toEqual([]);
    expect(stripOf(BRANCH, 0)).toEqual([4, 5, 6]);
    expect(nodesToSelect(BRANCH, 9)).toEqual([4]);
  });

  it("is drawn closed, or along each arm in its colour", () => {
    const [rim] = outlinesOf(feature("loop", "sure"), null, XY, false);
    expect(rim.path).toEqual([[0, 1], [2, 3], [4, 5], [0, 1]]);
    const arms = outlinesOf(BRANCH, 2, XY, true);
    expect(arms.map(({ path }) => path.length)).toEqual([3, 2, 2]);
    expect(arms.map(({ faint }) => faint)).toEqual([true, true, false]);
    expect(new Set(arms.map(({ colour }) => colour.join())).size).toBe(3);
    expect(findingColour(0, true)).not.toEqual(findingColour(0, false));
    expect(outlinesOf(feature("loop", "sure", { rim: [0, 1, 99] }), null, XY, false)).toEqual([]);
    expect(outlinesOf(feature("component", "sure"), null, XY, false)).toEqual([]);
  });

  it("is no wider than its own gaps", () => {
    const width = (scale: number) => findingLayer(outlinesOf(feature("loop", "sure"), null, XY, false), scale).props.getWidth as number;
    expect(width(0.001)).toBeLessThan(width(5));
    expect(width(5)).toBeLessThan(width(1000));
    expect(width(1e6)).toBe(width(1000));
  });
});

describe("how often a finding recurs", () => {
  const edges = { source: [0, 1, 0], target: [1, 2, 2] };
  const measured = { nodes: [1, 0.9, 1], edges: [1, 0.8, 1] } as Stability;

  it("is the share of its least node or edge", () => {
    expect(recurrence(feature("loop", "untested"), edges, measured)).toBe(0.8);
    expect(recurrence(feature("loop", "untested", { rim: [2, 1, 0] }), edges, measured)).toBe(0.8);
    expect(recurrence(feature("loop", "untested"), edges, null)).toBeNull();
    expect(recurrence(feature("component", "untested"), edges, measured)).toBeNull();
  });
});

describe("the finding in an address", () => {
  it("comes back, and nothing else does", () => {
    const base = initialView(STUDY);
    const finding = { number: 2, arm: 1 };
    expect(restore(base, { finding }, STUDY).finding).toEqual(finding);
    for (const wrong of [{ number: -1, arm: null }, { number: 1 }, 3, "x", [], { number: 1, arm: 0.5 }]) {
      expect(restore(base, { finding: wrong }, STUDY).finding).toBeNull();
      expect(isChoice(wrong)).toBe(false);
    }
  });
});
