import { expect, test } from "vitest";

import type { KeyTerm, KeyTerms } from "../../src/api/types";
import { heldText, methodText, surenessText, timesText, wordText } from "../../src/state/key-terms";

const word: KeyTerm = { word: "shares", inside: 68, total: 95, expected: 17.1, log_odds: 2.5, q: 4.9e-28 };
const found: KeyTerms = {
  unit: "text", metric: "euclidean", nearest: [], words: [word], n_key_terms: 255, n_words: 20262, n_inside: 401, n_texts: 2225, level: 0.05, first: 128,
};

test("how sure it is that a word is over-represented", () => {
  expect([0, 1e-10, 1e-5, 0.02].map(surenessText)).toEqual(["very strong evidence", "very strong evidence", "strong evidence", "weak evidence"]);
});

test("how many times as often as expected", () => {
  expect(timesText(word)).toBe("4.0×");
  expect(timesText({ inside: 3000, expected: 2 })).toBe("1,500×");
});

test("a word in one sentence", () => {
  expect(wordText(word, found)).toBe("68 of 401 texts here hold it, 95 in the layer; 17.1 expected by chance: very strong evidence (q = 4.9e-28)");
  expect(wordText(word, { ...found, unit: "word", n_inside: 1 })).toContain("68 of 1 word here, 95 in the layer");
});

test("how many points say the same as a near one", () => {
  const near = { row: 0, passage: null, distance: 1, is_member: true, inside: 3, total: 50 };
  expect(heldText(near)).toBe("3 of 50");
  expect(heldText({ ...near, inside: 1, total: 1 })).toBe("");
});

test("how the list was made, and what of a text was read", () => {
  expect(methodText(found)).toBe(
    "255 words of 20,262 are over-represented, the 1 most significant are listed: one-sided Fisher test, false discovery rate 5 %. Only the first 128 words of each text are counted: the network read no more.",
  );
  expect(methodText({ ...found, words: [], n_key_terms: 0, first: null })).toBe("None of 20,262 words is over-represented: one-sided Fisher test, false discovery rate 5 %.");
  expect(methodText({ ...found, n_key_terms: 1 })).toContain("1 word of 20,262 is over-represented: one");
});
