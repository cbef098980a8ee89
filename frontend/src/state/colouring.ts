/** What the fill of a node, and of a point in a projection, stands for. */

import type { Members } from "../api/client";
import type { Graph } from "../api/types";
import type { NodeClasses } from "./classes";
import { lensOf } from "./imported-graph";
import { nodeMeans } from "./members";
import { crossingRamp, lensRamp, OTHER, purityRamp, type Ramp, type Rgb } from "./palette";
import { extent } from "./points";

export interface Colouring {
  title: string;
  /** Colour of each node. */
  nodes: Rgb[];
  /** Colour of a point. */
  point: (point: number) => Rgb;
  /** Set when colours are numbers on a ramp. */
  scale: { ramp: Ramp; range: [number, number]; share: boolean } | null;
}

export interface ColourSource {
  graph: Graph;
  members: Members;
  classes: NodeClasses | null;
  /** Code of the class of each point. */
  codes: ArrayLike<number> | null;
  palette: Rgb[];
  /** Share of the resamples in which each node returned, if that was measured. */
  stability: number[] | null;
  /** Values of the number that colours, for each point. */
  number: { title: string; values: ArrayLike<number> } | null;
  dark: boolean;
}

/** Return the colours of a mode: `majority`, `purity`, `stability`, or any other for the number, without one for the lens. */
export function colouring(mode: string, source: ColourSource): Colouring {
  if (mode === "majority" && source.classes) return byMajority(source);
  if (mode === "purity" && source.classes) return byPurity(source);
  if (mode === "stability" && source.stability) return byShare("stability", source.stability, 0, source);
  const { graph, members, number, dark } = source;
  if (number) return byNumber(number.title, nodeMeans(members, number.values), number.values, dark);
  return byNumber(lensOf(graph).title, Float32Array.from(graph.nodes.lens_mean), members.lens, null);
}

function byMajority(source: ColourSource): Colouring {
  const colour = (code: number): Rgb => source.palette[code] ?? OTHER;
  return {
    title: "majority class",
    nodes: Array.from(source.classes?.majority ?? [], colour),
    point: (point) => colour(source.codes?.[point] ?? -1),
    scale: null,
  };
}

function byPurity(source: ColourSource): Colouring {
  const { purity, nClasses } = source.classes as NodeClasses;
  return byShare("purity", purity, 1 / Math.max(2, nClasses), source);
}

function byShare(title: string, shares: ArrayLike<number>, least: number, source: ColourSource): Colouring {
  const ramp = purityRamp(source.dark);
  return {
    title,
    nodes: Array.from(shares, (share) => ramp((share - least) / (1 - least))),
    point: byMajority(source).point,
    scale: { ramp, range: [least, 1], share: true },
  };
}

/** Colour by a number; one that goes below zero and above has its zero in the middle, unless `dark` is null. */
function byNumber(title: string, nodes: Float32Array, points: ArrayLike<number>, dark: boolean | null): Colouring {
  const span = extent(nodes.length > 1 ? nodes : points);
  const crosses = dark !== null && span[0] < 0 && span[1] > 0;
  const most = Math.max(-span[0], span[1]);
  const range: [number, number] = crosses ? [-most, most] : span;
  const ramp = crosses ? crossingRamp(dark) : lensRamp;
  const shareOf = (value: number) => (value - range[0]) / (range[1] - range[0] || 1);
  return {
    title: `mean ${title}`,
    nodes: Array.from(nodes, (value) => ramp(shareOf(value))),
    point: (point) => ramp(shareOf(points[point])),
    scale: { ramp, range, share: false },
  };
}
