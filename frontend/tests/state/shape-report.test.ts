import { expect, test } from "vitest";

import type { FeatureCount } from "../../src/api/types";
import { othersText } from "../../src/state/shape-report";

const loops = (value: number | null): FeatureCount => ({ kind: "loop", value, least: 0, reason: "they are small" });

test("what other covers agree on is said beside the count of one graph", () => {
  expect(othersText(loops(1))).toBe("Five other covers: 1 loop");
  expect(othersText(loops(0))).toBe("Five other covers: 0 loops");
  expect(othersText(loops(null))).toBe("Five other covers do not agree");
  expect(othersText(undefined)).toBe("");
});
