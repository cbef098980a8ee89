import { expect, test } from "vitest";

import type { FeatureCount } from "../../src/api/types";
import { countText, othersText, persistenceText } from "../../src/state/shape-report";

const count = (kind: FeatureCount["kind"], value: number | null, more: Partial<FeatureCount> = {}): FeatureCount => ({
  kind,
  value,
  least: 0,
  seen: value ?? 0,
  reason: value === null ? "they are small" : "",
  missed_below: null,
  missed_points: null,
  ...more,
});
const loops = (value: number | null) => count("loop", value);
const NONE = { reason: "none seen; arms shorter than 0.4 (90 points) would be missed", missed_below: 0.4, missed_points: 90 };

test("what other covers agree on is said beside the count of one graph", () => {
  expect(othersText(loops(1))).toBe("Five other covers: 1 loop");
  expect(othersText(loops(0))).toBe("Five other covers: 0 loops");
  expect(othersText(loops(null))).toBe("Five other covers do not agree");
  expect(othersText(undefined)).toBe("");
});

test("where no branch is seen, it is said which would be missed", () => {
  expect(countText(count("branch", null, NONE))).toBe(`branches: ${NONE.reason}`);
  expect(othersText(count("branch", null, NONE))).toBe(`The points: ${NONE.reason}`);
});

test("where persistence contradicts the covers, that is said", () => {
  const reason = "five other covers agree on 0, persistence of the points shows 1 or more";
  expect(othersText(count("loop", null, { reason }))).toBe(`F${reason.slice(1)}`);
});

test("branches are those of the points, not of other covers", () => {
  expect(othersText(count("branch", 2))).toBe("The points: 2 branches");
  expect(othersText(count("branch", null, { least: 1, seen: 2 }))).toBe("The points: unknown, at least 1: they are small");
  expect(countText(count("branch", null, { seen: 2 }))).toBe("number of branches unknown: they are small");
});

test("persistence is a second opinion on loops", () => {
  expect(persistenceText(loops(1))).toBe("Persistence of the points: 1 loop");
  expect(persistenceText(count("loop", null, { reason: "none seen; none is significant" }))).toBe(
    "Persistence of the points: none seen; none is significant",
  );
  expect(persistenceText(null)).toBe("");
});
