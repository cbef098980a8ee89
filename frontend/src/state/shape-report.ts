/** Features of a graph's shape in words. */

import type { Feature, FeatureCount } from "../api/types";
import { plural } from "./format";

const PLURALS: Record<FeatureCount["kind"], string> = { component: "components", loop: "loops", branch: "branches" };

export function countText({ kind, value, least, reason }: FeatureCount): string {
  if (value !== null) return plural(value, kind, PLURALS[kind]);
  return `number of ${PLURALS[kind]} unknown${least ? `, at least ${least}` : ""}: ${reason}`;
}

/** Return what other covers agree on of the same kind, next to the count of one graph. */
export function othersText(count: FeatureCount | undefined): string {
  if (!count) return "";
  return count.value === null ? "Five other covers do not agree" : `Five other covers: ${plural(count.value, count.kind, PLURALS[count.kind])}`;
}

/** Return over which prominence a feature lives; nothing where nodes have none. */
export function lifeText({ birth, death }: Feature): string {
  if (birth === null) return "";
  return death === null ? `from ${birth.toFixed(1)} on` : `${birth.toFixed(1)} – ${death.toFixed(1)}`;
}

/** Return how long a feature lives, as a share of what is drawn as long. */
export function lifeShare({ birth, death }: Feature, long: number): number {
  if (birth === null || death === null) return 1;
  return Math.min(1, (death - birth) / long);
}
