import { describe, expect, it } from "vitest";
import { count, figure, outOf, percent, plural, shownValue } from "../../src/state/format";
import { histogram } from "../../src/state/histogram";
import { lensName } from "../../src/state/lens-names";

it.each([
  [0, "0 %"], [0.004, "<1 %"], [0.5, "50 %"], [0.995, ">99 %"], [1, "100 %"], [NaN, "–"],
])("percent %d", (share, text) => expect(percent(share)).toBe(text));

it.each([
  [0, "0"], [0.0123, "0.0123"], [4.5678, "4.57"], [12.345, "12.3"], [1234.5, "1235"], [123456, "1.2e5"], [-0.5, "-0.500"], [Infinity, "∞"], [NaN, "–"],
])("figure %d", (value, text) => expect(figure(value)).toBe(text));

it("says n of N only when something is left out", () => {
  expect(outOf(3, 1200)).toBe("3 of 1,200");
  expect(outOf(1200, 1200)).toBe("1,200");
  expect(plural(1, "node")).toBe("1 node");
  expect(plural(2, "class", "classes")).toBe("2 classes");
  expect(count(5000)).toBe("5,000");
});

it.each([["l2", "L2 norm"], ["pca:0", "PCA component 1"], ["theme", "theme"]])("calls the lens %s %s", (lens, name) => expect(lensName(lens)).toBe(name));

it("bins every value of the range, the last one too", () => {
  const values = Float32Array.of(0, 0.5, 1, 2, 2);
  expect([...histogram(values, Uint32Array.of(0, 1, 2, 3, 4), [0, 2], 2)]).toEqual([2, 3]);
  expect([...histogram(values, Uint32Array.of(1), [1, 1], 2)]).toEqual([0, 0]);
});

describe("values that would not be seen", () => {
  it("names the empty text and blanks", () => {
    expect(["", " \t", "a", "–"].map(shownValue)).toEqual(["‹empty›", "‹blank›", "a", "–"]);
  });

  it("writes infinities, and a dash for what is no number", () => {
    expect([Infinity, -Infinity, NaN].map(figure)).toEqual(["∞", "−∞", "–"]);
  });
});
