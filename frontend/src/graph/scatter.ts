/** The points of a projection as layers: everything in its colour or in grey, the highlighted points on top. */

import type { Layer } from "@deck.gl/core";
import type { Rgb } from "../state/palette";
import type { PointSet } from "../state/points";
import { PointLayer } from "./point-layer";

export interface Scatter {
  position: Float32Array;
  colour: Uint8Array;
  lit: { position: Float32Array; colour: Uint8Array } | null;
}

export function buildScatter(xy: Float32Array, colour: (point: number) => Rgb, lit: PointSet | null, grey: Rgb): Scatter {
  const n = xy.length / 2;
  const colours = new Uint8Array(4 * n);
  const alpha = n > 20_000 ? 110 : 170;
  for (let point = 0; point < n; point++) paint(colours, point, lit ? grey : colour(point), lit ? 90 : alpha);
  return { position: xy, colour: colours, lit: lit && litPoints(xy, colour, lit) };
}

function litPoints(xy: Float32Array, colour: (point: number) => Rgb, lit: PointSet): Scatter["lit"] {
  const position = new Float32Array(2 * lit.size);
  const colours = new Uint8Array(4 * lit.size);
  lit.ids.forEach((point, i) => {
    position.set([xy[2 * point], xy[2 * point + 1]], 2 * i);
    paint(colours, i, colour(point), 255);
  });
  return { position, colour: colours };
}

export function scatterLayers(scatter: Scatter, background: Rgb): Layer[] {
  const n = scatter.position.length / 2;
  const radius = n > 100_000 ? 1 : n > 20_000 ? 1.4 : n > 3_000 ? 1.9 : 2.6;
  const all = pointLayer("points", scatter.position, scatter.colour, radius, null);
  if (!scatter.lit) return [all];
  return [all, pointLayer("lit", scatter.lit.position, scatter.lit.colour, radius + 1, background)];
}

function pointLayer(id: string, position: Float32Array, colour: Uint8Array, radius: number, outline: Rgb | null): Layer {
  return new PointLayer({ id, data: dataOf(position, colour), radius, outline, parameters: { depthCompare: "always", depthWriteEnabled: false } });
}

const made = new WeakMap<Uint8Array, object>();

function dataOf(position: Float32Array, colour: Uint8Array): never {
  if (!made.has(colour)) {
    const attributes = { getPosition: { value: position, size: 2 }, getColor: { value: colour, size: 4, normalized: true } };
    made.set(colour, { length: position.length / 2, attributes });
  }
  return made.get(colour) as never;
}

function paint(target: Uint8Array, i: number, [r, g, b]: Rgb, alpha: number): void {
  target.set([r, g, b, alpha], 4 * i);
}
