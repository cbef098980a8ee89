import { describe, expect, it } from "vitest";
import { decodeHash, encodeHash } from "../../src/state/hash";
import { emptyHistory, redo, remember, undo } from "../../src/state/history";
import { difference, initialView, restore } from "../../src/state/view";
import { STUDY } from "../study";

const base = initialView(STUDY);

describe("the view in an address", () => {
  it("comes back exactly", async () => {
    const view = {
      ...base,
      layer: 0,
      layout: "0123456789abcdef",
      cut: "first" as const,
      arrangement: "free" as const,
      weaker: 0.25,
      fade: false,
      camera: { x: 1.25, y: -3.5, zoom: 4.75 },
      selection: { kind: "area" as const, projection: "pca", polygon: [[0, 0], [1, 0], [0.5, 1]] as [number, number][] },
      classes: [2, 0],
      pins: [[1, 0.1, 0.2]] as [number, number, number][],
      minJaccard: 0.05,
      images: "activations" as const,
      path: [2, 0] as [number, number],
      kept: { a: [0], b: [1, 2] },
      drawer: "path" as const,
      theme: "dark" as const,
    };
    const saved = await decodeHash(`#${await encodeHash(difference(view, base))}`);
    expect(restore(base, saved, STUDY)).toEqual(view);
  });

  it("is short when nothing was changed", async () => {
    expect(difference(base, base)).toEqual({});
    expect((await encodeHash({})).length).toBeLessThan(12);
  });

  it("uses letters that need no escaping", async () => {
    const text = await encodeHash({ text: "ÿþýüûúù÷ö>>>???".repeat(20) });
    expect(text).toMatch(/^1\.[\w-]+$/);
  });

  it.each(["", "#", "#2.abc", "#1.%%%", "#1.AAAA", "#1."])("is nothing when it says %j", async (text) => {
    expect(await decodeHash(text)).toBeNull();
  });
});

describe("restore", () => {
  it.each([null, 3, "x", [], {}])("keeps the base for %j", (saved) => {
    expect(restore(base, saved, STUDY)).toEqual(base);
  });

  it.each([
    ["that names settings has chosen its prominence", { settings: { prominence: 0.25 } }, { cut: "chosen", arrangement: "lens" }],
    ["with a layout of an earlier version is free", { layout: "0123456789abcdef" }, { cut: "chosen", arrangement: "free" }],
    ["with the layout of a first screen is that", { layout: "0123456789abcdef", cut: "first" }, { cut: "first", arrangement: "lens" }],
    ["with nothing of it asks for the first screen", { theme: "dark", layer: 0 }, { cut: null, arrangement: "lens" }],
  ])("of an address %s", (_, saved, shown) => {
    expect(restore(base, saved, STUDY)).toMatchObject(shown);
  });

  it("leaves out fields of the wrong kind", () => {
    const saved = { weaker: 7, cut: "last", arrangement: "radial", fade: "no", minSize: "7", selection: { kind: "nodes", ids: ["a"] }, pins: [[1, null, 2]], theme: "pink", layout: "../..", camera: { x: 1 } };
    expect(restore(base, saved, STUDY)).toEqual(base);
  });

  it("leaves out paths and kept nodes that are none", () => {
    const saved = { images: "films", path: [1], kept: { a: [0] }, drawer: "cellar" };
    expect(restore(base, saved, STUDY)).toEqual(base);
  });

  it("knows images as earlier addresses have them", () => {
    expect(restore(base, { images: true }, STUDY).images).toBe("examples");
    expect(restore(base, { images: false }, STUDY).images).toBe("none");
  });

  it("does not open a layer or a lens that the study does not have", () => {
    expect(restore(base, { layer: 9 }, STUDY)).toEqual(base);
    expect(restore(base, { settings: { lens: "gone", n_intervals: 7 } }, STUDY).settings).toMatchObject({ lens: "l2", n_intervals: 7 });
  });
});

describe("history", () => {
  it("goes back and forth, and forgets the future after a change", () => {
    let history = remember(remember(emptyHistory<number>(), 1), 2);
    let now = 3;
    [now, history] = undo(history, now);
    [now, history] = undo(history, now);
    expect(now).toBe(1);
    expect(undo(history, now)).toEqual([1, history]);
    [now, history] = redo(history, now);
    expect(now).toBe(2);
    expect(remember(history, now).future).toEqual([]);
  });
});
