import { describe, expect, it } from "vitest";
import { exportRequest, leftBehind } from "../../src/state/leaving";
import { initialView } from "../../src/state/view";
import { GRAPH, STUDY } from "../study";

const VIEW = initialView(STUDY);
const SEEN = { colourMode: "majority", column: "label", images: "none" as const };

describe("exportRequest", () => {
  it("asks for the graph and the drawing that are seen", () => {
    const view = { ...VIEW, weaker: 0.4, minJaccard: 0.02, minSize: 3, fade: false, labels: false, pins: [[1, 2, -3]] as [number, number, number][] };
    expect(exportRequest("svg", GRAPH, view, SEEN, 89)).toEqual({
      graph: GRAPH.digest, layout: GRAPH.layout, kind: "svg", colour: "label", pies: VIEW.pies, labels: false, fade: false,
      images: false, weaker: 0.4, min_jaccard: 0.02, min_size: 3, pins: [[1, 2, -3]], width: 89,
    });
  });

  it.each([
    ["lens", "lens"],
    ["column:loss", "loss"],
    ["column:column:odd", "column:odd"],
    ["point:attribution", "attribution"],
    ["purity", "label"],
  ])("names the column that colours: %s", (colourMode, column) => {
    expect(exportRequest("json", GRAPH, VIEW, { ...SEEN, colourMode }, 183).colour).toBe(column);
  });

  it("leaves the colour to the server without any class", () => {
    expect(exportRequest("json", GRAPH, VIEW, { ...SEEN, column: "" }, 183).colour).toBeNull();
  });

  it("asks for pictures in nodes where they are seen", () => {
    expect(exportRequest("svg", GRAPH, VIEW, SEEN, 89).images).toBe(false);
    expect(exportRequest("svg", GRAPH, VIEW, { ...SEEN, images: "examples" }, 89).images).toBe(true);
  });
});

describe("leftBehind", () => {
  it("says nothing where all is taken along", () => expect(leftBehind(VIEW, SEEN)).toBeNull());

  it("names what pictures do not show", () => {
    const said = leftBehind({ ...VIEW, classes: [1] }, { ...SEEN, images: "activations", colourMode: "stability" });
    for (const thing of ["colours of stability", "activation images", "selected or searched"]) expect(said).toContain(thing);
  });
});
