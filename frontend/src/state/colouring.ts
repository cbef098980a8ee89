/** What the fill of a node, and of a point in a projection, stands for. */

import type { Members } from "../api/client";
import type { Graph } from "../api/types";
import type { NodeClasses } from "./classes";
import { lensOf } from "./given";
import { nodeMeans } from "./members";
import { lensRamp, OTHER, purityRamp, type Ramp, type Rgb } from "./palette";
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
  lens: string;
  members: Members;
  classes: NodeClasses | null;
  labels: Int32Array | null;
  palette: Rgb[];
  /** Return the values of a numeric column for each point. */
  column: (name: string) => Float32Array | null;
  dark: boolean;
}

export function colouring(mode: string, source: ColourSource): Colouring {
  if (mode === "majority" && source.classes) return byMajority(source);
  if (mode === "purity" && source.classes) return byPurity(source);
  const column = mode.startsWith("column:") ? source.column(mode.slice(7)) : null;
  if (column) return byNumber(mode.slice(7), nodeMeans(source.members, column), column);
  return byNumber(lensOf(source.graph, source.lens).title, Float32Array.from(source.graph.nodes.lens_mean), source.members.lens);
}

function byMajority(source: ColourSource): Colouring {
  const colour = (code: number): Rgb => source.palette[code] ?? OTHER;
  return {
    title: "majority class",
    nodes: Array.from(source.classes?.majority ?? [], colour),
    point: (point) => colour(source.labels?.[point] ?? -1),
    scale: null,
  };
}

function byPurity(source: ColourSource): Colouring {
  const ramp = purityRamp(source.dark);
  const classes = source.classes as NodeClasses;
  const least = 1 / Math.max(2, classes.nClasses);
  return {
    title: "purity",
    nodes: Array.from(classes.purity, (share) => ramp((share - least) / (1 - least))),
    point: byMajority(source).point,
    scale: { ramp, range: [least, 1], share: true },
  };
}

function byNumber(title: string, nodes: Float32Array, points: Float32Array): Colouring {
  const range = extent(nodes.length > 1 ? nodes : points);
  const place = (value: number) => (value - range[0]) / (range[1] - range[0] || 1);
  return {
    title: `mean ${title}`,
    nodes: Array.from(nodes, (value) => lensRamp(place(value))),
    point: (point) => lensRamp(place(points[point])),
    scale: { ramp: lensRamp, range, share: false },
  };
}
