import { describe, expect, it } from "vitest";
import { toScreen } from "../../src/graph/camera";
import { Framing } from "../../src/stores/framing";

const xy = Float32Array.of(0, 0, 10, 4);
const wide = Float32Array.of(0, 0, 10, 4, 40, 4);
const stage = { left: 264, top: 80, width: 900, height: 700 };
const framed = () => {
  const framing = new Framing();
  framing.on(stage, null, xy);
  return { framing, camera: framing.fit(xy)! };
};
const onPage = (camera: Parameters<typeof toScreen>[0], at: typeof stage) => {
  const [x, y] = toScreen(camera, at, 3, 1);
  return [x + at.left, y + at.top];
};

describe("the frame", () => {
  it("has no camera before there is a stage", () => expect(new Framing().fit(xy)).toBeNull());

  it.each([
    ["a warning comes above", { ...stage, top: 108, height: 672 }],
    ["the legend grows by a line", { ...stage, height: 680 }],
  ])("leaves the graph where it is on the page when %s, and goes back with it", (_, other) => {
    const { framing, camera } = framed();
    const kept = framing.on(other, camera, xy)!;
    expect(onPage(kept, other)[0]).toBeCloseTo(onPage(camera, stage)[0]);
    expect(onPage(kept, other)[1]).toBeCloseTo(onPage(camera, stage)[1]);
    const back = framing.on(stage, kept, xy)!;
    expect([back.x, back.y, back.zoom]).toEqual([camera.x, camera.y, camera.zoom].map((value) => expect.closeTo(value)));
  });

  it("fits the graph anew into quite another stage, also one that changed little by little", () => {
    const { framing, camera } = framed();
    expect(framing.on({ ...stage, width: 600 }, camera, xy)?.zoom).toBeLessThan(camera.zoom);
    const slow = framed();
    let now = slow.camera;
    for (let width = 900; width >= 600; width -= 20) now = slow.framing.on({ ...stage, width }, now, xy)!;
    expect(now.zoom).toBeLessThan(slow.camera.zoom);
  });

  it("leaves a graph that was moved in its place, however the stage changes", () => {
    const { framing, camera } = framed();
    const moved = { ...camera, x: camera.x + 1 };
    const narrow = { ...stage, left: 0, width: 1164 };
    expect(onPage(framing.on(narrow, moved, xy)!, narrow)[0]).toBeCloseTo(onPage(moved, stage)[0]);
  });

  it("leaves a camera of a link as it is when the lines around its graph appear, and then holds the graph", () => {
    const { framing } = framed();
    const link = { x: 3, y: 1, zoom: 5 };
    const [settled, later] = [{ ...stage, height: 620 }, { ...stage, height: 600 }];
    expect(framing.on(settled, framing.restored(link), xy)).toBe(link);
    expect(onPage(framing.on(later, link, xy)!, later)[1]).toBeCloseTo(onPage(link, settled)[1]);
  });

  it("arrives where it goes although the lines around the graph change on the way", () => {
    const { framing, camera } = framed();
    const start = { ...camera, x: camera.x + 3, zoom: camera.zoom - 1 };
    const begun = framing.travel(start, camera)!;
    expect(begun).toBe(start);
    const half = framing.along(begun, 0.5)!;
    const warned = { ...stage, top: 108, height: 672 };
    const shifted = framing.on(warned, half, xy)!;
    expect(onPage(shifted, warned)[1]).toBeCloseTo(onPage(half, stage)[1]);
    const end = framing.along(shifted, 1)!;
    expect([0, 1].map((i) => onPage(end, warned)[i])).toEqual([0, 1].map((i) => expect.closeTo(onPage(camera, stage)[i])));
    expect(framing.on(stage, end, xy)?.zoom).toBeCloseTo(camera.zoom);
  });

  it("gives up a way when somebody else moves the camera", () => {
    const { framing, camera } = framed();
    framing.travel({ ...camera, x: 9 }, camera);
    const other = { ...camera, x: 7 };
    expect(framing.along(other, 1)).toBe(other);
    expect(framing.travel(camera, camera)).toBe(camera);
  });

  it("stays for another cut of a tree, unless a fitted graph would leave the view", () => {
    const { framing, camera } = framed();
    expect(framing.continue(camera, xy, xy, [0, 1], true)).toBe(camera);
    const moved = { ...camera };
    expect(framing.continue(moved, xy, wide, [0, 1, -1], true)).toBe(moved);
    expect(framing.continue(camera, xy, wide, [0, 1, -1], true)?.zoom).toBeLessThan(camera.zoom);
  });

  it("fits another graph of which little continues or stays in view", () => {
    const { framing, camera } = framed();
    expect(framing.continue(camera, xy, xy, [0, 1], false)).toBe(camera);
    expect(framing.continue({ ...camera }, xy, xy, [-1, -1], false)).toEqual(camera);
    expect(framing.continue(camera, xy, Float32Array.of(99, 0, 199, 4), [0, 1], false)?.zoom).toBeLessThan(camera.zoom);
    expect(framing.continue(null, xy, xy, [0, 1], true)).toEqual(camera);
  });
});
