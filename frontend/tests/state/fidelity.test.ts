import { describe, expect, it } from "vitest";
import { converged, cosineText, lengthText, shareDone, verdict } from "../../src/state/fidelity";

describe("fidelity", () => {
  it("is read from .7 on", () => {
    expect([0.7, 0.699, -0.2, null].map(converged)).toEqual([true, false, false, false]);
    expect(verdict({ cosine: 0.93 }, "node")).toBe("Matches the node");
    expect(verdict({ cosine: 0.31 }, "node")).toContain("Did not converge");
    expect(verdict({ cosine: null }, "node")).toContain("Did not converge");
  });

  it("is written as people write cosines", () => {
    expect([0.934, 1, 0, -0.25, null, NaN].map(cosineText)).toEqual([".93", "1.00", ".00", "−.25", "–", "–"]);
    expect([1.038, 12.3].map(lengthText)).toEqual(["norm 1.04 × the target's", "norm 12 × the target's"]);
  });

  it("tells how far an image has come", () => {
    expect(shareDone({ step: 64, steps: 256, done: false })).toBe(0.25);
    expect(shareDone({ step: 0, steps: 0, done: false })).toBe(0);
    expect(shareDone({ step: 3, steps: 256, done: true })).toBe(1);
  });
});
