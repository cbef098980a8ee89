import { describe, expect, it } from "vitest";
import { classesOf, countClasses, gather, haveCommonCode, nodeClasses, pointsOfClasses, ranked, topClass } from "../../src/state/classes";
import { columnOf } from "../../src/state/loaded-graph";
import { mean, membersOf, nodeMeans, sampleOf, sharedMembers, sharesIn, transpose, unionOf } from "../../src/state/members";
import { everyPoint, extent, nearestPoint, PointSet, pointsInside, toUnitExtent } from "../../src/state/points";
import { neighbours, neighbourTowards, visibleParts } from "../../src/state/visible";
import { GRAPH, LABELS, MEMBERS } from "../study";

describe("PointSet", () => {
  it("holds each point once, in order, across words", () => {
    const set = new PointSet(100, [99, 31, 32, 0, 31]);
    expect([...set.ids]).toEqual([0, 31, 32, 99]);
    expect(set.size).toBe(4);
    expect([set.has(31), set.has(33), set.has(99)]).toEqual([true, false, true]);
  });

  it("may be empty", () => expect(new PointSet(0, []).size).toBe(0));
});

describe("members", () => {
  it("are the rows of the CSR arrays", () => {
    expect([...membersOf(MEMBERS, 1)]).toEqual([2, 3, 4]);
    expect([...sharedMembers(MEMBERS, 0, 1)]).toEqual([2, 3]);
    expect([...sharedMembers(MEMBERS, 0, 2)]).toEqual([]);
  });

  it("of several nodes are counted once", () => {
    expect(unionOf(MEMBERS, [0, 1]).sort()).toEqual([0, 1, 2, 3, 4]);
    expect(unionOf(MEMBERS, [])).toEqual([]);
  });

  it("are sampled from the medoid on, over the whole node", () => {
    const ten = Uint32Array.from({ length: 10 }, (_, i) => i);
    expect(sampleOf(ten, 4, 4)).toEqual([4, 0, 3, 7]);
    expect(sampleOf(ten, null, 3)).toEqual([0, 5]);
    expect(sampleOf(Uint32Array.of(7), 7, 3)).toEqual([7]);
  });

  it("transpose to the nodes of each point", () => {
    const holders = transpose(MEMBERS, 8);
    expect([...membersOf(holders, 3)]).toEqual([0, 1]);
    expect([...membersOf(holders, 7)]).toEqual([]);
  });

  it("give shares and means, missing values left out", () => {
    expect([...sharesIn(MEMBERS, new PointSet(8, [2, 3, 5]))]).toEqual([0.5, Math.fround(2 / 3), 0.5]);
    expect([...nodeMeans(MEMBERS, Float32Array.of(1, 1, NaN, 4, NaN, NaN, NaN, 0))]).toEqual([2, 4, NaN]);
    expect(mean([], LABELS)).toBeNaN();
  });
});

describe("classes", () => {
  it("have a most frequent one, unless none is known", () => {
    expect(topClass([0, 3, 4, 5], LABELS, 3)).toBe(1);
    expect(topClass([7], LABELS, 3)).toBeNull();
  });

  it("are counted by true membership, missing labels for nothing", () => {
    expect([...countClasses(everyPoint(8), LABELS, 3)]).toEqual([3, 2, 2]);
    const classes = nodeClasses(MEMBERS, LABELS, 3);
    const { majority, purity } = classes;
    expect([0, 1, 2].map((node) => classesOf(classes, node))).toEqual([
      { codes: Int32Array.of(0, 1), counts: Uint32Array.of(3, 1) },
      { codes: Int32Array.of(0, 1), counts: Uint32Array.of(1, 2) },
      { codes: Int32Array.of(2), counts: Uint32Array.of(2) },
    ]);
    expect([...majority]).toEqual([0, 1, 2]);
    expect([...purity]).toEqual([0.75, Math.fround(2 / 3), 1]);
    expect([...pointsOfClasses(LABELS, [1, 2])]).toEqual([3, 4, 5, 6]);
  });

  it("are ranked by count, then code, and shares are of the labelled", () => {
    expect(ranked([1, 0, 2, 1])).toEqual([
      { code: 2, count: 2, share: 0.5 },
      { code: 0, count: 1, share: 0.25 },
      { code: 3, count: 1, share: 0.25 },
    ]);
    expect(ranked([1, 3], [7, 2]).map(({ code }) => code)).toEqual([2, 7]);
  });

  it("have no majority without labels", () => {
    const { majority, purity } = nodeClasses(MEMBERS, new Int32Array(8).fill(-1), 3);
    expect([...majority]).toEqual([-1, -1, -1]);
    expect([...purity]).toEqual([0, 0, 0]);
  });

  it("of labels and predictions may have nothing in common", () => {
    expect(haveCommonCode(LABELS, Int32Array.of(7, 8, -1))).toBe(false);
    expect(haveCommonCode(LABELS, Int32Array.of(7, 2))).toBe(true);
    expect(haveCommonCode(LABELS, undefined)).toBe(false);
  });

  it("are gathered from examples to points", () => {
    expect([...gather(Int32Array.of(5, 6), Uint32Array.of(1, 1, 0))]).toEqual([6, 6, 5]);
  });
});

describe("a lasso", () => {
  const xy = Float32Array.of(0.5, 0.5, 2, 0.5, 0.9, 0.2, -1, -1);

  it("holds the points inside, also of a polygon that is not convex", () => {
    expect([...pointsInside(xy, [[0, 0], [1, 0], [1, 1], [0, 1]])]).toEqual([0, 2]);
    expect([...pointsInside(xy, [[0, 0], [1, 0], [1, 1], [0.8, 0.4], [0, 0.1]])]).toEqual([2]);
  });

  it("of fewer than three corners holds nothing", () => expect(pointsInside(xy, [[0, 0], [1, 1]])).toHaveLength(0));

  it("has a nearest point within reach", () => {
    expect(nearestPoint(xy, 1.9, 0.5, 0.2)).toBe(1);
    expect(nearestPoint(xy, 1.5, 0.5, 0.2)).toBeNull();
  });

  it("extent skips NaN", () => {
    expect(extent([3, NaN, -1])).toEqual([-1, 3]);
    expect(extent([])).toEqual([0, 1]);
  });
});

describe("what is visible", () => {
  it("follows both sliders", () => {
    expect(visibleParts(GRAPH, 1, 0)).toMatchObject({ nNodes: 3, edges: Uint32Array.of(0) });
    expect(visibleParts(GRAPH, 1, 0.41).edges).toHaveLength(0);
    expect(visibleParts(GRAPH, 4, 0)).toMatchObject({ nNodes: 1, edges: new Uint32Array() });
  });

  it("is where arrows lead", () => {
    const links = neighbours(GRAPH, visibleParts(GRAPH, 1, 0));
    const xy = Float32Array.of(0, 0, 1, 0, 5, 5);
    expect(neighbourTowards(0, links.get(0) ?? [], xy, 1, 0)).toBe(1);
    expect(neighbourTowards(0, links.get(0) ?? [], xy, -1, 0)).toBeNull();
  });
});

describe("places brought to the unit extent", () => {
  it("keep their shape, however small or large they are", () => {
    for (const scale of [1e-11, 1, 1e6]) {
      const found = toUnitExtent(Float32Array.from([0, 0, 4, 2, 2, 1].map((value) => value * scale)));
      [-0.5, -0.25, 0.5, 0.25, 0, 0].forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));
    }
  });

  it("stay where they are if they are all the same", () => expect([...toUnitExtent(Float32Array.of(3, 3, 3, 3))]).toEqual([0, 0, 0, 0]));
});

describe("what a checkpoint says", () => {
  it("stands under its name, and under the plain one for the first", () => {
    const columns = { prediction: new Int32Array(1), "prediction@later": new Int32Array(1) };
    expect(columnOf("later", "prediction", columns)).toBe("prediction@later");
    expect(columnOf("first", "prediction", columns)).toBe("prediction");
    expect(columnOf(null, "confidence", columns)).toBe("confidence");
  });
});
