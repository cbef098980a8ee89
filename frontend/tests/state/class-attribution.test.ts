import { expect, test } from "vitest";

import type { AttributedClass, NodeAttribution } from "../../src/api/types";
import { disagreement, lengths, membersText, predictionText } from "../../src/state/class-attribution";

const one = (output: number, rank: number, attribution: number, share: number): AttributedClass => ({
  output, name: `class ${output}`, rank, attribution, effect: attribution, share,
});
const found = (classes: AttributedClass[]): NodeAttribution => ({ classes, n_classes: 10, members_by: "label", prediction: "frog", prediction_share: 0.97, is_bypassed: false });

test("an attribution that agrees with the classes of the members needs no sentence", () => {
  expect(disagreement(found([one(3, 0, 2, 0.2), one(1, 1, 1, 0.7)]))).toBe(null);
  expect(disagreement(found([one(3, 0, 2, 0)]))).toBe(null);
});

test("one that disagrees has a sentence", () => {
  const classes = [one(3, 0, 2, 0.01), one(1, 1, 1, 0.5), one(2, 4, -1, 0.3), one(5, 6, -2, 0.1)];
  expect(disagreement(found(classes))).toBe(
    "The attribution is highest for class 3, the class of only 1 % of the members; their most frequent class is class 1, at rank 2.",
  );
  expect(disagreement(found([one(3, 0, 2, 0), one(1, 1, 1, 0.9)]))).toContain("the class of none of the members");
});

test("bars are as long as attributions against the longest", () => {
  expect(lengths([one(0, 0, 2, 0), one(1, 1, -4, 0), one(2, 2, 0, 0)])).toEqual([0.5, -1, 0]);
  expect(lengths([one(0, 0, 0, 0)])).toEqual([0]);
});

test("what the network predicts, and where the classes of members come from", () => {
  expect(predictionText(found([]))).toBe("With this mean at every position, the network predicts frog (97 %).");
  expect(membersText({ ...found([]), members_by: "prediction" })).toBe("members, by prediction");
});
