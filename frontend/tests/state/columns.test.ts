import { describe, expect, it } from "vitest";
import { nodeClasses } from "../../src/state/classes";
import { colouring, type ColourSource } from "../../src/state/colouring";
import { categoriesOf, firstCategory } from "../../src/state/columns";
import type { LoadedGraph } from "../../src/state/loaded-graph";
import { numbersOf, valuesOf } from "../../src/state/numeric-columns";
import { CLASS_COLOURS, classColours, lensRamp, OTHER } from "../../src/state/palette";
import { colourBy, initialView, lookIn, restore, toggled } from "../../src/state/view";
import { GRAPH, LABELS, MEMBERS, STUDY } from "../study";

const GENRE = Int32Array.of(3, 3, 1, 1, -1, -1, -1, 0);
const COLUMNS = { label: LABELS, "prediction@late": Int32Array.of(2, 2, 2, 2, 2, 2, 2, 2), genre: GENRE, loss: new Float32Array(8) };
const categories = categoriesOf(STUDY, COLUMNS);
const base = initialView(STUDY);

describe("categorical columns", () => {
  it("have values, codes and counts; numbers are none", () => {
    expect([...categories.keys()]).toEqual(["label", "prediction@late", "genre"]);
    expect(categories.get("genre")).toMatchObject({ title: "genre", codes: GENRE, counts: Uint32Array.of(1, 2, 0, 2) });
    expect(categories.get("label")?.title).toBe("class");
  });

  it("of classes share what gives them their colours, and further checkpoints do not change it", () => {
    expect(categories.get("prediction@late")?.weights).toBe(categories.get("label")?.weights);
    expect([...(categories.get("label")?.weights ?? [])]).toEqual([3, 2, 2]);
    const predicted = { ...STUDY, columns: [...STUDY.columns, { ...STUDY.columns[0], name: "prediction" }] };
    const weights = categoriesOf(predicted, { ...COLUMNS, prediction: Int32Array.of(0, 0, 0, 0, 0, 0, 0, 1) }).get("label")?.weights;
    expect([...(weights ?? [])]).toEqual([10, 3, 2]);
  });

  it("of outputs without names have colours of their own, and shift none of the labels'", () => {
    const values = Array.from({ length: 20 }, (_, i) => (i < 10 ? `class ${i}` : `output ${i - 10}`));
    const [label, prediction] = [0, 10].map((first) => Int32Array.from({ length: 30 }, (_, i) => first + ((7 * i) % 10)));
    const study = { ...STUDY, columns: ["label", "prediction"].map((name) => ({ ...STUDY.columns[0], name, categories: values })) };
    const known = categoriesOf(study, { label, prediction });
    expect(classColours(known.get("label")?.weights ?? []).slice(0, 10)).toEqual(CLASS_COLOURS.slice(0, 10));
    const own = classColours(known.get("prediction")?.weights ?? []);
    const present = [...new Set(prediction)].sort((a, b) => a - b);
    expect(present.map((code) => own[code])).toEqual(CLASS_COLOURS.slice(0, present.length));
  });

  it("begin with the label, else the prediction, else the first", () => {
    const without = (...names: string[]) => ({ ...STUDY, columns: STUDY.columns.filter(({ name }) => !names.includes(name)) });
    expect(firstCategory(STUDY)).toBe("label");
    expect(firstCategory(without("label", "prediction@late"))).toBe("genre");
    expect(firstCategory(without("label", "prediction@late", "genre"))).toBe("");
    expect(initialView(without("label", "prediction@late", "genre"))).toMatchObject({ column: "", colour: "lens", pies: false });
  });
});

describe("the column that colours", () => {
  const genre = { ...base, ...colourBy(base, "genre") };

  it("is cameraFor by the directory and the bars", () => {
    expect(genre).toMatchObject({ column: "genre", colour: "majority", classColumn: null, barColumn: null });
    expect({ ...genre, ...toggled(genre, "genre", 3) }).toMatchObject({ classes: [3], classColumn: null });
  });

  it("changes nothing of what is looked for", () => {
    const searched = { ...base, ...toggled(base, "label", 2) };
    const recoloured = { ...searched, ...colourBy(searched, "genre") };
    expect(recoloured).toMatchObject({ classes: [2], classColumn: "label" });
    expect(colourBy(recoloured, "label")).toMatchObject({ classColumn: null });
  });

  it("may differ from the column that is looked in", () => {
    expect(toggled({ ...base, classes: [1, 2] }, "genre", 1)).toEqual({ classes: [1], classColumn: "genre" });
    expect(toggled({ ...base, classes: [1, 2] }, "label", 1)).toEqual({ classes: [2], classColumn: null });
    expect(lookIn({ ...base, classes: [1] }, "genre")).toEqual({ classes: [], classColumn: "genre" });
  });

  it("comes back from an address if the study has it", () => {
    const saved = { column: "genre", classColumn: "label", classes: [2, 3], barColumn: "label" };
    expect(restore(base, saved, STUDY)).toMatchObject({ ...saved, classes: [2] });
    const gone = { column: "loss", classColumn: "gone", barColumn: 3, findColumn: "lemma", classes: [0] };
    expect(restore(base, gone, STUDY)).toEqual({ ...base, classes: [0] });
  });
});

describe("colours", () => {
  const source: ColourSource = {
    graph: GRAPH,
    stability: null,
    members: { ...MEMBERS, uncovered: Uint32Array.of(7), lens: Float32Array.of(0, 0, 1, 1, 2, 2, 3, 3) },
    classes: nodeClasses(MEMBERS, GENRE, 4),
    codes: GENRE,
    palette: classColours(categories.get("genre")?.weights ?? []),
    number: null,
    dark: false,
  };

  it("of a column are those of the majority, and grey where all values are missing", () => {
    const found = colouring("majority", source);
    expect(found.nodes).toEqual([CLASS_COLOURS[1], CLASS_COLOURS[1], OTHER]);
    expect([0, 4, 7].map(found.point)).toEqual([CLASS_COLOURS[3], OTHER, CLASS_COLOURS[0]]);
  });

  it("of a number are its means over the members", () => {
    const values = Float32Array.of(1, 1, 1, 1, NaN, NaN, NaN, 9);
    const found = colouring("column:loss", { ...source, number: { title: "loss", values } });
    expect(found).toMatchObject({ title: "mean loss", scale: { range: [1, 1], share: false } });
    expect(found.nodes[2]).toEqual(OTHER);
  });

  it("of a number of both signs have zero in the middle", () => {
    const { scale, nodes } = colouring("point:a", { ...source, number: { title: "a", values: Float32Array.of(-4, 2, 2, 0, 4, -1, -1, 0) } });
    expect(scale?.range).toEqual([-2, 2]);
    expect(nodes[0]).toEqual(scale?.ramp(0.5));
    expect(nodes[2]).toEqual(scale?.ramp(0.25));
  });

  it("are those of the lens where the layer lacks the number", () => {
    expect(colouring("point:gone", source)).toMatchObject({ title: "mean L2 norm", scale: { range: [0.5, 2.5] } });
    expect(colouring("lens", source).nodes[0]).toEqual(lensRamp(0));
  });

  it("of more than ten values are the more distinct the more frequent they are", () => {
    const counts = Array.from({ length: 12 }, (_, code) => code);
    expect(classColours(counts)[11]).toEqual(CLASS_COLOURS[0]);
    expect(classColours(counts.slice(0, 10))).toEqual(CLASS_COLOURS.slice(0, 10));
  });
});

describe("numbers", () => {
  const points = { example: Uint32Array.of(0, 1), y: Int32Array.of(4, 5), x: Int32Array.of(6, 7), measured: { attribution: Float32Array.of(8, 9) } };
  const loaded = { points, column: (name: string) => (name === "loss" ? Float32Array.of(1, 2) : null) } as Pick<LoadedGraph, "points" | "column">;

  it("on offer are those of the examples and of the layer", () => {
    expect(numbersOf(STUDY, 0)).toEqual({ examples: [{ mode: "column:loss", title: "loss" }], points: [] });
    expect(numbersOf(STUDY, 1).points).toEqual([{ mode: "point:attribution", title: "attribution" }]);
  });

  it.each([
    ["column:loss", [1, 2]],
    ["column:gone", null],
    ["point:attribution", [8, 9]],
    ["point:y", [4, 5]],
    ["point:x", [6, 7]],
    ["point:gone", null],
    ["lens", null],
  ])("%s has a value for each point", (mode, values) => {
    const found = valuesOf(loaded, mode);
    expect(found && Array.from(found)).toEqual(values);
  });
});
