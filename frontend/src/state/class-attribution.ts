/** Which classes a node argues for, as people read it. */

import type { ArguedClass, NodeArguments } from "../api/types";
import { percent } from "./format";

/** Classes of the members that count as those they come from. */
const MAX_ORIGINS = 3;

/** Where members come from, in words. */
export const membersText = ({ members_by }: NodeArguments): string => (members_by === "label" ? "members" : "predicted of members");

/** Return in a sentence how what a node argues for differs from where its members come from; null if it does not. */
export function disagreement(found: NodeArguments): string | null {
  const [first] = found.classes;
  const members = found.classes.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share);
  if (!members.length || members.slice(0, MAX_ORIGINS).some(({ output }) => output === first.output)) return null;
  const [most] = members;
  return `It argues for ${first.name}, and ${first.share > 0 ? `only ${percent(first.share)}` : "none"} of its members come from there; most come from ${most.name}, which is number ${most.rank + 1} of what it argues for.`;
}

/** Return the length of each bar, −1 to 1, against the longest. */
export function lengths(classes: ArguedClass[]): number[] {
  const longest = Math.max(...classes.map(({ attribution }) => Math.abs(attribution)), Number.MIN_VALUE);
  return classes.map(({ attribution }) => attribution / longest);
}

/** Return what the network says at the mean of the node. */
export const saidText = ({ said, said_share }: NodeArguments): string => `With this mean at every place, the network says ${said}, ${percent(said_share)}.`;

export const BYPASS_NOTE = "Part of what this network sees flows past the layer; here it is that of a neutral input.";
