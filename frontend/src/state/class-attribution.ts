/** The attribution of a node to classes, in words. */

import type { AttributedClass, NodeAttribution } from "../api/types";
import { percent } from "./format";

/** Classes of the members, the most frequent first, among which that of the highest attribution is expected. */
const MAX_ORIGINS = 3;

/** Where members come from, in words. */
export const membersText = ({ members_by }: NodeAttribution): string => (members_by === "label" ? "members" : "members, by prediction");

/** Return in a sentence how the attribution differs from the classes of the members; null if it does not. */
export function disagreement(attribution: NodeAttribution): string | null {
  const [first] = attribution.classes;
  const members = attribution.classes.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share);
  if (!members.length || members.slice(0, MAX_ORIGINS).some(({ output }) => output === first.output)) return null;
  const [most] = members;
  return `The attribution is highest for ${first.name}, the class of ${first.share > 0 ? `only ${percent(first.share)}` : "none"} of the members; their most frequent class is ${most.name}, at rank ${most.rank + 1}.`;
}

/** Return the length of each bar, −1 to 1, against the longest. */
export function lengths(classes: AttributedClass[]): number[] {
  const longest = Math.max(...classes.map(({ attribution }) => Math.abs(attribution)), Number.MIN_VALUE);
  return classes.map(({ attribution }) => attribution / longest);
}

/** Return what the network predicts at the mean of the node. */
export const predictionText = ({ prediction, prediction_share }: NodeAttribution): string => `With this mean at every position, the network predicts ${prediction} (${percent(prediction_share)}).`;

export const BYPASS_NOTE = "Some connections bypass this layer; they carry the activations of a neutral input.";
