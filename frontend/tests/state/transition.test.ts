import { describe, expect, it } from "vitest";
import { between, continued, startPositions } from "../../src/state/transition";

const before = {
  xy: Float32Array.of(0, 0, 10, 0),
  members: { indptr: Uint32Array.of(0, 2, 4), indices: Uint32Array.of(0, 1, 2, 3) },
};

describe("startPositions", () => {
  it("keeps survivors, starts others where their members were, leaves the new in place", () => {
    const next = {
      xy: Float32Array.of(10, 0, 3, 3, 7, 7),
      members: { indptr: Uint32Array.of(0, 2, 4, 5), indices: Uint32Array.of(2, 3, 1, 2, 4) },
    };
    expect([...startPositions(next, [1, -1, -1], before, 5)]).toEqual([10, 0, 5, 0, 7, 7]);
  });
});

describe("between", () => {
  const [from, to] = [Float32Array.of(0, 2), Float32Array.of(10, 2)];

  it("begins and ends exactly", () => {
    expect([...between(from, to, 0)]).toEqual([0, 2]);
    expect([...between(from, to, 1)]).toEqual([10, 2]);
    expect([...between(from, to, 0.5)]).toEqual([5, 2]);
  });

  it("never moves what stays", () => {
    for (const t of [0.1, 0.4, 0.9]) expect(between(from, to, t)[1]).toBe(2);
  });
});

describe("continued", () => {
  it("finds the correspondence, and nothing for nodes that are gone", () => {
    expect(continued([0, 1, 5], [-1, 1, 0])).toEqual([2, 1]);
  });
});
