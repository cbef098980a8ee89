import { describe, expect, it } from "vitest";
import { exportRequest, leftBehind } from "../../src/state/leaving";
import { initialView } from "../../src/state/view";
import { GRAPH, STUDY } from "../study";

const VIEW = initialView(STUDY);
const SEEN = { colourMode: "majority", column: "label", hasImages: true };

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

  it("asks for pictures in nodes only where there are some", () => {
    const view = { ...VIEW, images: "examples" as const };
    expect(exportRequest("svg", GRAPH, view, SEEN, 89).images).toBe(true);
    expect(exportRequest("svg", GRAPH, view, { ...SEEN, hasImages: false }, 89).images).toBe(false);
  });
});

describe("leftBehind", () => {
  it("says nothing where all is taken along", () => expect(leftBehind(VIEW, SEEN)).toBeNull());

  it("names what pictures do not show", () => {
    const view = { ...VIEW, images: "activations" as const, classes: [1] };
    const said = leftBehind(view, { ...SEEN, colourMode: "stability" });
    for (const thing of ["colours of stability", "activation images", "selected or searched"]) expect(said).toContain(thing);
  });
});
