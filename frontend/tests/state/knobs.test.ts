import { describe, expect, it } from "vitest";
import { intervalsOf } from "../../src/state/cover";
import { inEachInterval, isByInterval, meant, middle, named, nearestStop, nextStop, radiusRange, radiusText, shareWithin } from "../../src/state/epsilon";
import { lensName } from "../../src/state/lens-names";

const STOPS = [1, 1.5, 2.123456, 4];
const CURVE = { k: 5, distances: [1, 2, 3, 4, 10], elbow: 4, n_sampled: 5 };

describe("ε", () => {
  it("snaps to the nearest stop, and to none where there is none", () => {
    expect([0, 1.2, 1.3, 99].map((eps) => nearestStop(STOPS, eps))).toEqual([1, 1, 1.5, 4]);
    expect(nearestStop([], 7)).toBe(7);
  });

  it("steps from stop to stop and stays at the ends", () => {
    expect(nextStop(STOPS, 1.5, 1)).toBe(2.123456);
    expect(nextStop(STOPS, 1.7, -1)).toBe(1.5);
    expect(nextStop(STOPS, 4, 1)).toBe(4);
    expect(nextStop(STOPS, 0.5, -1)).toBe(0.5);
  });

  it("takes a typed number for the stop that is written so", () => {
    expect(meant(STOPS, 2.12)).toBe(2.123456);
    expect(meant(STOPS, 2.1234)).toBe(2.1234);
    expect(meant(STOPS, 3)).toBe(3);
  });

  it("reads the share of points off the curve", () => {
    expect([0.5, 2, 2.5, 10].map((eps) => shareWithin(CURVE, eps))).toEqual([0, 0.4, 0.4, 1]);
  });

  it("shows a range that holds stops, curve and the radius in use", () => {
    expect(radiusRange(STOPS, CURVE, 12)).toEqual([1, 12]);
    expect(radiusRange([], null, 2)).toEqual([0.5, 8]);
    expect(radiusRange([], { ...CURVE, distances: [0, 0, 0, 5, 6] }, 5)).toEqual([5, 6]);
  });

  it("is one number or a span", () => {
    expect(radiusText(12.34)).toBe("12.3");
    expect(radiusText([12.1, 88])).toBe("12.1–88.0");
    expect(middle([10, 20])).toBe(15);
  });

  it("calls rules by name, also those that are not on the menu", () => {
    expect(["elbow", "quantile:0.8", "quantile:0.625"].map((rule) => named(rule).label)).toEqual(["elbow", "80 % quantile", "62.5 % quantile"]);
    expect(isByInterval(inEachInterval("elbow"))).toBe(true);
    expect([isByInterval("elbow"), isByInterval(3)]).toEqual([false, false]);
  });
});

describe("intervals while a knob is dragged", () => {
  const lens = Float32Array.of(9, 1, 2, 3, 4, 5, 6, 7, 8);

  it("are equal, as KeplerMapper places them", () => {
    expect(intervalsOf("uniform", [0, 8], 2, 0.5, lens)).toEqual([[-2, 6], [2, 10]]);
  });

  it("fill the range, as giotto-tda places them", () => {
    expect(intervalsOf("giotto-tda", [0, 9], 2, 0.5, lens)).toEqual([[0, 6], [3, 9]]);
  });

  it("hold equally many points when balanced", () => {
    const [first, second] = intervalsOf("balanced", [1, 9], 2, 0, lens);
    expect([first, second]).toEqual([[1, 5], [5, 9]]);
  });
});

describe("a lens in words", () => {
  it.each([
    ["l2", "L2 norm"],
    ["l0.5", "L0.5 norm"],
    ["linf", "L∞ norm"],
    ["pca:1", "PCA component 2"],
    ["knn:5", "distance to neighbour 5"],
    ["eccentricity:2", "eccentricity (p = 2)"],
    ["distance:17", "distance to point 17"],
    ["column:age", "column:age"],
  ])("%s is %s", (lens, name) => expect(lensName(lens)).toBe(name));
});
