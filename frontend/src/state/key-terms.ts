/** The key terms of a node, in words. */

import type { KeyTerm, KeyTerms, NearText } from "../api/types";
import { count, figure, plural } from "./format";

const SURE: [number, string][] = [
  [1e-9, "very strong evidence"],
  [1e-3, "strong evidence"],
  [1, "weak evidence"],
];

/** Return how sure it is that a word is over-represented. */
export const surenessText = (q: number): string => (SURE.find(([level]) => q < level) ?? SURE[2])[1];

/** Return how many times as often as expected. */
export function timesText({ inside, expected }: Pick<KeyTerm, "inside" | "expected">): string {
  const times = inside / expected;
  return `${times < 9.95 ? times.toFixed(1) : count(Math.round(times))}×`;
}

/** Return all that is known of a word, in one sentence. */
export function wordText(word: KeyTerm, { n_inside, unit }: KeyTerms): string {
  const held = unit === "word" ? `${count(word.inside)} of ${plural(n_inside, "word")} here` : `${count(word.inside)} of ${plural(n_inside, "text")} here hold it`;
  return `${held}, ${count(word.total)} in the layer; ${figure(word.expected)} expected by chance: ${surenessText(word.q)} (q = ${figure(word.q)})`;
}

/** Return how many points of the node have the same text; nothing for a text that is there once. */
export const heldText = ({ inside, total }: NearText): string => (total === 1 ? "" : `${count(inside)} of ${count(total)}`);

/** Return how the list was made. */
export function methodText({ n_key_terms, n_words, words, level, first, unit }: KeyTerms): string {
  const counted = n_key_terms ? `${plural(n_key_terms, "word")} of ${count(n_words)} ${n_key_terms === 1 ? "is" : "are"} over-represented` : `None of ${plural(n_words, "word")} is over-represented`;
  const listed = n_key_terms > words.length ? `, the ${words.length} most significant are listed` : "";
  const test = `one-sided Fisher test, false discovery rate ${Math.round(100 * level)} %`;
  const cut = unit === "text" && first !== null ? ` Only the first ${count(first)} words of each text are counted: the network read no more.` : "";
  return `${counted}${listed}: ${test}.${cut}`;
}
