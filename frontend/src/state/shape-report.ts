/** Features of a graph's shape in words. */

import type { Feature, FeatureCount } from "../api/types";
import { capital, plural } from "./format";

/** What of a count is told. */
type Told = Pick<FeatureCount, "kind" | "value" | "least" | "reason">;

const PLURALS: Record<FeatureCount["kind"], string> = { component: "components", loop: "loops", branch: "branches" };

export function countText(count: Told): string {
  const { kind, value, least, reason } = count;
  if (value !== null) return plural(value, kind, PLURALS[kind]);
  if (noneSeen(count)) return `${PLURALS[kind]}: ${reason}`;
  return `number of ${PLURALS[kind]} unknown${least ? `, at least ${least}` : ""}: ${reason}`;
}

/** Whether none of a kind is seen, which is not to say that there is none; the reason tells what would be missed. */
function noneSeen({ value, reason }: Told): boolean {
  return value === null && reason.startsWith("none seen");
}

/** Return what other covers agree on of the same kind, or for branches what the points show, next to the count of one graph. */
export function othersText(count: FeatureCount | undefined): string {
  if (!count) return "";
  if (count.kind === "branch") return `The points: ${pointsText(count)}`;
  if (count.reason.startsWith("five other covers")) return capital(count.reason);
  return count.value === null ? "Five other covers do not agree" : `Five other covers: ${plural(count.value, count.kind, PLURALS[count.kind])}`;
}

/** Return what persistent homology of the points counts, a second opinion on loops. */
export function persistenceText(count: FeatureCount | null | undefined): string {
  return count ? `Persistence of the points: ${pointsText(count)}` : "";
}

function pointsText(count: FeatureCount): string {
  if (noneSeen(count)) return count.reason;
  return count.value === null ? `unknown${count.least ? `, at least ${count.least}` : ""}: ${count.reason}` : plural(count.value, count.kind, PLURALS[count.kind]);
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

/** Return after a comma what is to be doubted about a feature; nothing of one that is sure and seen. */
export function standingText({ standing }: Feature, isDrawn: boolean): string {
  if (!isDrawn) return ", not in this graph";
  if (standing === "doubtful") return ", may be chance";
  return standing === "untested" ? ", not tested against chance" : "";
}
