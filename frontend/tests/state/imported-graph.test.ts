import { describe, expect, it } from "vitest";
import type { Graph, ImportedFacts } from "../../src/api/types";
import { classSharesOf, lensOf, nodesOfClasses, sharesOfClasses } from "../../src/state/imported-graph";
import { initialView, lensFor, restore } from "../../src/state/view";
import { GRAPH, STUDY } from "../study";

const GIVEN: ImportedFacts = {
  lens: "l2",
  names: ["cube0_cluster0", "cube1_cluster0", "cube2_cluster0"],
  classes: ["axolotl, mud puppy", "bee"],
  shares: [[{ code: 0, share: 0.5 }, { code: 1, share: 0.25 }], [{ code: 1, share: 1 }], []],
  is_whole: false,
};
const graph = (imported: Partial<ImportedFacts>): Graph => ({ ...GRAPH, settings: null, imported: { ...GIVEN, ...imported } });

describe("the classes that an imported graph tells", () => {
  it("leave a rest that has no name", () => {
    expect(classSharesOf(GIVEN, 0).rest).toBe(0.25);
    expect(classSharesOf(GIVEN, 1).rest).toBe(0);
    expect(classSharesOf(GIVEN, 2)).toEqual({ shares: [], rest: 1 });
  });

  it("are found by name, and add up", () => {
    expect(sharesOfClasses(GIVEN, ["bee"])).toEqual(Float32Array.of(0.25, 1, 0));
    expect(sharesOfClasses(GIVEN, ["bee", "axolotl, mud puppy"])).toEqual(Float32Array.of(0.75, 1, 0));
    expect(sharesOfClasses(GIVEN, ["wasp"])).toEqual(Float32Array.of(0, 0, 0));
    expect(sharesOfClasses(GIVEN, [])).toBeNull();
    expect(sharesOfClasses({ ...GIVEN, classes: [], shares: [] }, ["bee"])).toBeNull();
  });

  it("are counted by node", () => {
    expect(nodesOfClasses(GIVEN)).toEqual(Uint32Array.of(1, 2));
  });
});

describe("the lens of an imported graph", () => {
  it("is what its file says, a cube has no mean", () => {
    expect(lensOf(graph({}))).toEqual({ title: "L2 norm", mean: "mean L2 norm" });
    expect(lensOf(graph({ lens: "cube" }))).toEqual({ title: "cube", mean: "cube" });
    expect(lensOf(GRAPH).mean).toBe("mean L2 norm");
  });

  it("leaves that of the other layers alone", () => {
    const layer = { ...STUDY.layers[0], has_vectors: false, lenses: [] };
    expect(lensFor(layer, "l1")).toBe("l1");
    expect(lensFor(STUDY.layers[0], "eccentricity")).toBe("l2");
    const study = { ...STUDY, layers: [layer] };
    const view = restore(initialView(study), { layer: 0, named: ["bee"] }, study);
    expect([view.settings.lens, view.named]).toEqual(["l2", ["bee"]]);
    expect(restore(initialView(study), { named: [7] }, study).named).toEqual([]);
  });
});
