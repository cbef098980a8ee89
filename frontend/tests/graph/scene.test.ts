import { describe, expect, it } from "vitest";
import { cameraBetween, fit, shareInView, toScreen, toWorld, zoomAt } from "../../src/graph/camera";
import { mostLabels, placeLabels } from "../../src/graph/labels";
import { graphLayers, outlineScale, readableSlices } from "../../src/graph/layers";
import { nodesInView, ofWidth } from "../../src/graph/on-screen";
import { distanceToSegment, pick } from "../../src/graph/pick";
import { buildScene, clarities, pieOf, strengths } from "../../src/graph/scene";
import { worldRadii } from "../../src/graph/sizes";
import { nodeClasses } from "../../src/state/classes";
import { CLASS_COLOURS, classColours, interpolate, lensRamp, OTHER, type Rgb } from "../../src/state/palette";
import { visibleParts } from "../../src/state/visible";
import { GRAPH, LABELS, MEMBERS } from "../study";

const view = { width: 800, height: 600 };
const camera = { x: 2, y: 1, zoom: 5 };
const visible = visibleParts(GRAPH, 1, 0);
const xy = Float32Array.of(0, 0, 1, 0, 5, 5);
const radii = worldRadii(GRAPH.nodes.size, "sqrt");
const places = { graph: GRAPH, visible, xy, radii };
const INK = { background: [255, 255, 255], hull: [240, 240, 240], weak: [200, 200, 200], strong: [50, 50, 50], accent: [0, 0, 0], text: [9, 9, 9] } as Record<string, Rgb> as never;

describe("the camera", () => {
  it("goes to the screen and back", () => {
    const [sx, sy] = toScreen(camera, view, 3, 4);
    expect(sy).toBeLessThan(300);
    expect(toWorld(camera, view, sx, sy)).toEqual([3, 4]);
  });

  it("zooms about the pointer", () => {
    const before = toWorld(camera, view, 100, 50);
    const after = toWorld(zoomAt(camera, view, 100, 50, 1.3), view, 100, 50);
    expect(after[0]).toBeCloseTo(before[0]);
    expect(after[1]).toBeCloseTo(before[1]);
  });

  it("fits everything inside the margins", () => {
    const margins = { left: 100, right: 20, top: 30, bottom: 60 };
    const fitted = fit(xy, view, margins, 0.5);
    for (let i = 0; i < 3; i++) {
      const [sx, sy] = toScreen(fitted, view, xy[2 * i], xy[2 * i + 1]);
      expect(sx).toBeGreaterThanOrEqual(margins.left);
      expect(sx).toBeLessThanOrEqual(view.width - margins.right);
      expect(sy).toBeGreaterThanOrEqual(margins.top);
      expect(sy).toBeLessThanOrEqual(view.height - margins.bottom);
    }
    expect(shareInView(xy, fitted, view)).toBe(1);
    expect(shareInView(xy, { ...fitted, x: 1e4 }, view)).toBe(0);
  });

  it("arrives exactly where it goes", () => {
    const to = { x: 0.1, y: 0.2, zoom: 0.3 };
    expect(cameraBetween(camera, to, 1)).toBe(to);
    expect(cameraBetween(camera, { x: 4, y: 1, zoom: 6 }, 0.5)).toEqual({ x: 3, y: 1, zoom: 5.5 });
  });

  it("has an answer for no node and for one", () => {
    const margins = { left: 0, right: 0, top: 0, bottom: 0 };
    expect(Object.values(fit([], view, margins, 0.5)).every(Number.isFinite)).toBe(true);
    expect(Object.values(fit([3, 3], view, margins, 0.5)).every(Number.isFinite)).toBe(true);
  });
});

describe("nodes on the screen", () => {
  it("are those in view, the largest first, hidden ones left out", () => {
    expect(nodesInView(places, camera, view)).toEqual([0, 1, 2]);
    expect(nodesInView(places, { ...camera, x: 14 }, view)).toEqual([2]);
    expect(nodesInView({ ...places, visible: visibleParts(GRAPH, 3, 0) }, camera, view)).toEqual([0, 1]);
  });

  it("may lie a little out of view", () => {
    const beside = { ...camera, x: 13.9 };
    expect(nodesInView(places, beside, view)).toEqual([2]);
    expect(nodesInView(places, beside, view, 40)).toEqual([1, 2]);
  });

  it("hold an image from a width on", () => {
    const wide = (zoom: number) => ofWidth([0, 1, 2], radii, { ...camera, zoom }, 36);
    expect(wide(1)).toEqual([]);
    expect(wide(5.5)).toEqual([0]);
    expect(wide(8)).toEqual([0, 1, 2]);
  });
});

describe("picking", () => {
  it("prefers nodes to edges, and finds edges between them", () => {
    const at = (x: number, y: number) => pick(places, camera, view, ...toScreen(camera, view, x, y));
    expect(at(0, 0)).toEqual({ kind: "node", id: 0 });
    expect(at(1.02, 0.02)).toEqual({ kind: "node", id: 1 });
    expect(pick({ ...places, radii: radii.map(() => 0.01) }, camera, view, ...toScreen(camera, view, 0.5, 0.05))).toEqual({ kind: "edge", id: 0 });
    expect(at(3, -4)).toBeNull();
  });

  it("sees no hidden node", () => {
    const hidden = visibleParts(GRAPH, 4, 0);
    expect(pick({ ...places, visible: hidden }, camera, view, ...toScreen(camera, view, 5, 5))).toBeNull();
  });

  it("measures to the ends of a segment, also of no length", () => {
    expect(distanceToSegment([3, 4], [0, 0], [0, 0])).toBe(5);
    expect(distanceToSegment([5, 1], [0, 0], [10, 0])).toBe(1);
    expect(distanceToSegment([-3, 4], [0, 0], [10, 0])).toBe(5);
  });
});

describe("the scene", () => {
  const classes = nodeClasses(MEMBERS, LABELS, 3);
  const palette = classColours([3, 2, 2]);
  const input = { graph: GRAPH, visible, xy, radii, colours: palette, strength: null, clarity: null, pies: { classes, palette }, theme: INK };

  it("draws large nodes first, and only visible ones", () => {
    expect([...buildScene(input).discs.ids]).toEqual([0, 1, 2]);
    expect([...buildScene({ ...input, visible: visibleParts(GRAPH, 3, 0) }).discs.ids]).toEqual([0, 1]);
  });

  it("has one slice per class of a node", () => {
    const { slices } = buildScene(input);
    expect([...slices!.start]).toEqual([0, 0.75, 0, Math.fround(1 / 3), 0]);
    expect([...slices!.fill.slice(0, 3)]).toEqual(palette[0]);
  });

  it("joins classes without a colour to one slice", () => {
    const node = { codes: Int32Array.of(0, 1, 2), counts: Uint32Array.of(1, 1, 2) };
    const mixed = pieOf(node, [OTHER, CLASS_COLOURS[0], OTHER]);
    expect(mixed).toEqual([{ start: 0, colour: CLASS_COLOURS[0] }, { start: 0.25, colour: OTHER }]);
    expect(pieOf({ codes: new Int32Array(), counts: new Uint32Array() }, [OTHER, OTHER])).toEqual([]);
  });

  it("fades what holds nothing looked for", () => {
    const [none, some, all] = strengths(Float32Array.of(0, 0.25, 1));
    expect(none).toBeLessThan(some);
    expect(some).toBeLessThan(all);
    expect(all).toBe(1);
    const faded = buildScene({ ...input, strength: Float32Array.of(0, 1, 1) }).discs.fill;
    expect([...faded.slice(0, 3)]).toEqual([255, 255, 255]);
  });

  it("fades a node whose members disagree, but not its edges", () => {
    const [none, some, full] = clarities([0, 0.2, 0.4]);
    expect([none < some, some < full, full]).toEqual([true, true, 1]);
    expect(clarities([0.9, 1.7])).toEqual(Float32Array.of(1, 1));
    const { discs, slices, lines } = buildScene({ ...input, clarity: Float32Array.of(0.5, 1, 1) });
    const plain = buildScene(input);
    expect(discs.fill[0]).toBeGreaterThan(plain.discs.fill[0]);
    expect(slices!.fill[0]).toBeGreaterThan(plain.slices!.fill[0]);
    expect(lines).toEqual(plain.lines);
  });

  it("has slices only in nodes that are large enough to tell them apart", () => {
    const slices = buildScene(input).slices!;
    expect([0, 3.1, 7].map((zoom) => readableSlices(slices, 2 ** zoom))).toEqual([0, 2, 5]);
  });

  it("has thinner outlines where nodes are small, so that their colour is left", () => {
    const [far, near] = [4, 6.5].map((zoom) => outlineScale(radii, 2 ** zoom));
    expect(far).toBeLessThan(1);
    expect(far).toBeGreaterThan(0.3);
    expect(near).toBe(1);
    expect(outlineScale(new Float32Array(), 40)).toBe(1);
  });

  it("shows the ground, and not the node, beneath a faint picture; round and square ones side by side", () => {
    const sprite = { node: 0, url: "a.png", x: 0, y: 0, radius: 1, round: true, strength: 1 };
    const ids = (images: (typeof sprite)[]) => graphLayers(buildScene(input), { images, rings: [], highlights: [], outlines: [] }, camera, INK).map(({ id }) => id);
    expect(ids([sprite])).toEqual(["edges", "nodes", "pies", "round-images"]);
    expect(ids([{ ...sprite, strength: 0.5 }, { ...sprite, round: false }])).toEqual(["edges", "nodes", "pies", "paper", "round-images", "images"]);
  });

  it("has room for more labels in a larger view, and for some in any", () => {
    expect(mostLabels({ width: 1600, height: 1000 })).toBeGreaterThan(mostLabels({ width: 600, height: 500 }));
    expect(mostLabels({ width: 100, height: 100 })).toBe(8);
  });

  it("writes each of few names, with a leader where there is no room beside the node, over no node and no other name", () => {
    const n = 49;
    const crowd = { ...GRAPH, nodes: { ...GRAPH.nodes, size: Array(n).fill(5) } };
    const at = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 ? Math.floor((i - 1) / 14) : (i / 2) % 7));
    const nodes = { graph: crowd, visible: visibleParts(crowd, 1, 0), xy: at, radii: new Float32Array(n).fill(0.42) };
    const names = Array.from({ length: n }, (_, node) => (node === 16 ? "horse" : node === 18 ? "airplane" : null));
    const labels = placeLabels(nodes, names, { x: 3, y: 3, zoom: 5 }, view, 10);
    expect(labels.map(({ text, leader }) => [text, leader !== null])).toEqual([["horse", true], ["airplane", true]]);
    for (const { x, y, text } of labels) {
      const half = (text.length * 6.4 + 4) / 2;
      for (let node = 0; node < n; node++) {
        const [sx, sy] = toScreen({ x: 3, y: 3, zoom: 5 }, view, at[2 * node], at[2 * node + 1]);
        expect(Math.hypot(Math.max(0, Math.abs(sx - x) - half), sy - Math.min(y + 15, Math.max(y, sy)))).toBeGreaterThanOrEqual(0.42 * 32 - 1e-3);
      }
    }
    const [a, b] = labels;
    expect(Math.abs(a.y - b.y) >= 15 || Math.abs(a.x - b.x) >= 40).toBe(true);
    const many = Array.from({ length: n }, (_, node) => `name ${node}`);
    expect(placeLabels(nodes, many, { x: 3, y: 3, zoom: 5 }, view, 99).every(({ leader }) => leader === null)).toBe(true);
  });

  it("gives labels to large nodes, apart from each other", () => {
    const labels = placeLabels(places, ["ant", "ant", "cat"], camera, view, 10);
    expect(labels.map(({ node }) => node)).toEqual([0, 2]);
  });
});

describe("the palette", () => {
  it("gives the most frequent classes their own colour and the others one grey", () => {
    const counts = Array.from({ length: 30 }, (_, code) => code);
    const colours = classColours(counts);
    expect(colours[29]).toEqual(CLASS_COLOURS[0]);
    expect(colours[9]).toEqual(OTHER);
    expect(new Set(colours.map(String)).size).toBe(21);
  });

  it("lends colours to the classes that are looked for", () => {
    const counts = Array.from({ length: 30 }, (_, code) => 30 - code);
    const colours = classColours(counts, [25, 3, 28]);
    expect(colours[25]).toEqual(CLASS_COLOURS[19]);
    expect(colours[28]).toEqual(CLASS_COLOURS[18]);
    expect(colours[3]).toEqual(CLASS_COLOURS[3]);
    expect([colours[18], colours[19]]).toEqual([OTHER, OTHER]);
  });

  it("keeps the order of up to twenty classes", () => expect(classColours([1, 9, 5])).toEqual(CLASS_COLOURS.slice(0, 3)));

  it.each([
    ["normal", null],
    ["protan", [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998]],
    ["deutan", [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881]],
    ["tritan", [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039]],
  ])("keeps the first ten colours apart in %s vision", (_, matrix) => {
    const seen = CLASS_COLOURS.slice(0, 10).map((colour) => oklab(colour, matrix));
    const gaps = seen.flatMap((a, i) => seen.slice(0, i).map((b) => Math.hypot(...a.map((value, k) => value - b[k]))));
    expect(Math.min(...gaps)).toBeGreaterThan(0.055);
  });

  it("ramps between its stops and answers NaN with grey", () => {
    expect(interpolate([[0, 0, 0], [10, 20, 30]], 0.5)).toEqual([5, 10, 15]);
    expect(lensRamp(NaN)).toEqual(OTHER);
    expect(lensRamp(-1)).toEqual(lensRamp(0));
  });
});

/** Björn Ottosson's OKLab of a colour, seen through a matrix on linear RGB. */
function oklab(colour: Rgb, matrix: number[] | null): number[] {
  const linear = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  const times = (m: number[], v: number[]) => [0, 1, 2].map((row) => v.reduce((sum, value, i) => sum + m[3 * row + i] * value, 0));
  const seen = matrix ? times(matrix, linear).map((value) => Math.min(1, Math.max(0, value))) : linear;
  const lms = times([0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566, 0.0883024619, 0.2817188376, 0.6299787005], seen);
  return times([0.2104542553, 0.793617785, -0.0040720468, 1.9779984951, -2.428592205, 0.4505937099, 0.0259040371, 0.7827717662, -0.808675766], lms.map(Math.cbrt));
}
