/** The finding that is shown, beneath the nodes: the closed rim of a loop, or the arms of a branch, each in a colour. */

import { PathLayer } from "@deck.gl/layers";
import type { Feature } from "../api/types";
import { fromHex, type Rgb } from "../state/palette";

export interface Outline {
  path: [x: number, y: number][];
  colour: Rgb;
  /** Layout units to the nearest other node of the finding. */
  room: number;
  /** Whether another arm is looked at. */
  faint: boolean;
}

/** Told apart by light and hue, also under simulated colour blindness, on a light and on a dark ground. */
const LIGHT = ["d6336c", "1c7ed6", "2b8a3e", "e8890c", "7048e8", "0b7285", "8d5524", "5c636b"].map(fromHex);
const DARK = ["ff7eb0", "63b3ff", "5fd37a", "ffb84d", "b197fc", "3bc9db", "d0a070", "b8bec6"].map(fromHex);

/** Pixels that a line is wide, and the share of the way to the nearest other node of the finding that it takes at most. */
const [NARROW, WIDE, ROOM] = [3, 9, 0.36];

/** A rim stands out from the colours of any classes. */
const INK = ["1b1e23", "f4f6f8"].map(fromHex);

export const rimColour = (dark: boolean): Rgb => INK[Number(dark)];

/** Return the colour of an arm. */
export const findingColour = (number: number, dark: boolean): Rgb => (dark ? DARK : LIGHT)[number % LIGHT.length];

/** Return the lines of a finding; a rim ends where it begins. */
export function outlinesOf({ rim, arms }: Feature, arm: number | null, xy: ArrayLike<number>, dark: boolean): Outline[] {
  const at = (node: number): [number, number] => [xy[2 * node], xy[2 * node + 1]];
  const known = (nodes: number[]) => nodes.every((node) => 2 * node + 1 < xy.length);
  const room = closest([...new Set([...rim, ...arms.flatMap(({ path }) => path)])].filter((node) => known([node])).map(at));
  if (rim.length) return known(rim) ? [{ path: [...rim, rim[0]].map(at), colour: rimColour(dark), room, faint: false }] : [];
  return arms.flatMap(({ path }, number) =>
    known(path) ? [{ path: path.map(at), colour: findingColour(number, dark), room, faint: arm !== null && arm !== number }] : [],
  );
}

/** Return the least distance of two places. */
const closest = (places: [number, number][]): number =>
  places.reduce((least, [x, y], i) => places.slice(i + 1).reduce((own, [u, v]) => Math.min(own, Math.hypot(x - u, y - v)), least), Infinity);

export function findingLayer(outlines: Outline[], scale: number): PathLayer<Outline> {
  return new PathLayer<Outline>({
    id: "finding",
    data: outlines,
    getPath: (d) => d.path,
    getColor: (d) => [...d.colour, d.faint ? 60 : 205],
    getWidth: Math.min(WIDE, Math.max(NARROW, ROOM * scale * Math.min(...outlines.map(({ room }) => room)))),
    widthUnits: "pixels",
    capRounded: true,
    jointRounded: true,
    parameters: { depthCompare: "always", depthWriteEnabled: false },
  });
}
