import { expect, test } from "vitest";

import type { ArguedClass, NodeArguments } from "../../src/api/types";
import { disagreement, lengths, membersText, saidText } from "../../src/state/class-attribution";

const one = (output: number, rank: number, attribution: number, share: number): ArguedClass => ({
  output, name: `class ${output}`, rank, attribution, effect: attribution, share,
});
const found = (classes: ArguedClass[]): NodeArguments => ({ classes, n_classes: 10, members_by: "label", said: "frog", said_share: 0.97, flows_past: false });

test("a node that argues for where its members come from says nothing more", () => {
  expect(disagreement(found([one(3, 0, 2, 0.2), one(1, 1, 1, 0.7)]))).toBe(null);
  expect(disagreement(found([one(3, 0, 2, 0)]))).toBe(null);
});

test("one that argues for something else says so", () => {
  const classes = [one(3, 0, 2, 0.01), one(1, 1, 1, 0.5), one(2, 4, -1, 0.3), one(5, 6, -2, 0.1)];
  expect(disagreement(found(classes))).toBe(
    "It argues for class 3, and only 1 % of its members come from there; most come from class 1, which is number 2 of what it argues for.",
  );
  expect(disagreement(found([one(3, 0, 2, 0), one(1, 1, 1, 0.9)]))).toContain("and none of its members come from there");
});

test("bars are as long as attributions against the longest", () => {
  expect(lengths([one(0, 0, 2, 0), one(1, 1, -4, 0), one(2, 2, 0, 0)])).toEqual([0.5, -1, 0]);
  expect(lengths([one(0, 0, 0, 0)])).toEqual([0]);
});

test("what the network says, and where members come from", () => {
  expect(saidText(found([]))).toBe("With this mean at every place, the network says frog, 97 %.");
  expect(membersText({ ...found([]), members_by: "prediction" })).toBe("predicted of members");
});
