/** Long work in words. */

import type { JobEvent } from "../api/types";
import { count } from "./format";

/** How far a request has come: `asked` before the first event of its job. */
export type Pending = JobEvent | "asked";

export function progressShare(pending: Pending): number | null {
  return pending === "asked" || pending.total <= 0 || pending.state === "queued" ? null : pending.done / pending.total;
}

export function progressText(pending: Pending, what: string): string {
  if (pending === "asked") return `${what} …`;
  if (pending.state === "queued") return "Waiting for other work …";
  const steps = pending.total > 1 ? ` ${count(pending.done)} of ${count(pending.total)}` : "";
  return `${sentence(pending.stage || what)}${steps}${timeLeft(pending)}`;
}

/** Return how long it will still take, where that is worth saying. */
export function timeLeft({ eta }: JobEvent): string {
  if (eta === null || eta < 2) return "";
  return eta < 120 ? ` · ${Math.round(eta)} s left` : ` · ${Math.round(eta / 60)} min left`;
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
