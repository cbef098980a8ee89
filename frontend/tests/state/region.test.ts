import { describe, expect, it } from "vitest";
import { ordered, spread } from "../../src/state/example-order";
import type { LoadedGraph } from "../../src/state/loaded-graph";
import { inSquare, isWhole } from "../../src/state/region";

describe("inSquare", () => {
  it("leaves parts of square photos as they are", () => {
    expect(inSquare([0.25, 0.5, 0.75, 1], 1, "cover")).toEqual([0.25, 0.5, 0.75, 1]);
    expect(inSquare([0.25, 0.5, 0.75, 1], 1, "contain")).toEqual([0.25, 0.5, 0.75, 1]);
  });

  it("cuts off what a covering photo hides", () => {
    expect(inSquare([0, 0, 0.5, 1], 2, "cover")).toEqual([0, 0, 0.5, 1]);
    expect(inSquare([0.25, 0, 0.75, 1], 2, "cover")).toEqual([0, 0, 1, 1]);
    expect(inSquare([0, 0.375, 1, 0.625], 0.5, "cover")).toEqual([0, 0.25, 1, 0.75]);
  });

  it("leaves out the margins around a contained photo", () => {
    expect(inSquare([0, 0, 1, 1], 2, "contain")).toEqual([0, 0.25, 1, 0.75]);
    expect(inSquare([0, 0, 0.5, 0.5], 0.5, "contain")).toEqual([0.25, 0, 0.5, 0.5]);
  });

  it("knows whole photos", () => {
    expect([isWhole([0, 0, 1, 1]), isWhole([0, 0.1, 1, 1])]).toEqual([true, false]);
  });
});

describe("the order of positions", () => {
  const example = Uint32Array.of(0, 0, 0, 1, 1, 2);
  const loaded = { points: { example }, members: { lens: Float32Array.of(6, 5, 4, 3, 2, 1) }, confidence: Float32Array.of(0.5, 0.5, 0.5, 0.9, 0.9, 0.1) } as unknown as LoadedGraph;
  const all = Uint32Array.of(0, 1, 2, 3, 4, 5);

  it("lists one of each example before a second of any", () => {
    expect([...spread(all, example)]).toEqual([0, 3, 5, 1, 4, 2]);
    expect([...ordered(all, "stored", loaded, null)]).toEqual([0, 3, 5, 1, 4, 2]);
  });

  it("begins with the point nearest to the mean", () => {
    expect([...ordered(all, "stored", loaded, null, 4)]).toEqual([4, 0, 5, 1, 3, 2]);
    expect([...ordered(all, "stored", loaded, null, 77)]).toEqual([0, 3, 5, 1, 4, 2]);
  });

  it("keeps the order by confidence of the examples", () => {
    expect([...ordered(all, "doubtful", loaded, null)]).toEqual([5, 0, 3, 1, 4, 2]);
    expect([...ordered(all, "confident", loaded, null)]).toEqual([3, 0, 5, 4, 1, 2]);
  });

  it("keeps classes together", () => {
    expect([...ordered(all, "label", loaded, Int32Array.of(1, 1, 1, 0, 0, 0))]).toEqual([3, 5, 4, 0, 1, 2]);
  });

  it("leaves the order of the lens to the points", () => {
    expect([...ordered(all, "lens", loaded, null)]).toEqual([5, 4, 3, 2, 1, 0]);
  });

  it("leaves examples of one point alone", () => {
    const points = Uint32Array.of(2, 5, 3);
    expect(spread(points, example)).toBe(points);
  });
});
