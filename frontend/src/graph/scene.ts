/** From the state to arrays that can be drawn: no WebGL here. */

import type { Graph } from "../api/types";
import { classesOf, type NodeClasses } from "../state/classes";
import { isDetail } from "../state/mode-tree";
import { OTHER, type Rgb } from "../state/palette";
import type { Visible } from "../state/visible";
import type { Theme } from "./theme";

export interface SceneInput {
  graph: Graph;
  visible: Visible;
  xy: Float32Array;
  radii: Float32Array;
  colours: Rgb[];
  /** Between 0 (faded) and 1 for each node; null when nothing is faded. */
  strength: Float32Array | null;
  /** Likewise, but of the nodes alone and not of their edges. */
  clarity: Float32Array | null;
  pies: { classes: NodeClasses; palette: Rgb[] } | null;
  theme: Theme;
}

export interface Discs {
  /** The node of each disc, large nodes first so that small ones lie on top. */
  ids: Uint32Array;
  position: Float32Array;
  radius: Float32Array;
  fill: Uint8Array;
  outline: Uint8Array;
  outlineWidth: Float32Array;
}

/** What lies beneath the nodes that are one in the skeleton: a soft spot under each, and a tie to the one that stays. */
export interface Hulls {
  position: Float32Array;
  radius: Float32Array;
  source: Float32Array;
  target: Float32Array;
  /** Width of each tie in layout units: the longer, the thinner. */
  width: Float32Array;
}

/** The slices of all pies, those of large nodes first. */
export interface Slices {
  position: Float32Array;
  radius: Float32Array;
  /** Where the slice begins, as a share of the turn. */
  start: Float32Array;
  fill: Uint8Array;
}

export interface Lines {
  source: Float32Array;
  target: Float32Array;
  colour: Uint8Array;
  width: Float32Array;
}

export interface Scene {
  discs: Discs;
  slices: Slices | null;
  lines: Lines;
  hulls: Hulls;
}

/** Layout units that a hull is wider than its nodes. */
const BRIM = 0.16;
/** Width of a tie up to some length, in layout units, and of the longest. */
const TIE = { width: 0.42, length: 1.5, thinnest: 0.1 };
/** Pixels of the outline of a node of the skeleton among detail, and of any other. */
const [FIRM, LIGHT] = [2.4, 1.5];
const FADED = 0.15;
/** Agreement of the members from which a node is drawn in full, and how faint a node without any is drawn. */
const [AGREED, FAINT] = [0.4, 0.35];
const THINNEST = 0.7;
const THICKEST = 4.2;

export function buildScene(input: SceneInput): Scene {
  const ids = drawOrder(input);
  const discs = buildDiscs(input, ids);
  return { discs, slices: input.pies && buildSlices(input, ids), lines: buildLines(input), hulls: buildHulls(input) };
}

function buildHulls({ graph, visible, xy, radii }: SceneInput): Hulls {
  const group = graph.nodes.group ?? [];
  const tied = [...group.keys()].filter((node) => group[node] !== node && visible.nodes[node] && visible.nodes[group[node]]);
  const under = [...new Set(tied.flatMap((node) => [node, group[node]]))];
  const positions = (ids: number[]) => Float32Array.from(ids.flatMap((id) => [xy[2 * id], xy[2 * id + 1]]));
  return {
    position: positions(under),
    radius: Float32Array.from(under, (node) => radii[node] + BRIM),
    source: positions(tied),
    target: positions(tied.map((node) => group[node])),
    width: Float32Array.from(tied, (node) => tieWidth(Math.hypot(xy[2 * node] - xy[2 * group[node]], xy[2 * node + 1] - xy[2 * group[node] + 1]))),
  };
}

const tieWidth = (length: number): number => Math.max(TIE.thinnest, TIE.width * Math.min(1, TIE.length / Math.max(length, 1e-6)));

/** Return how strongly each node is drawn by the share of its members in the search result. */
export function strengths(shares: Float32Array): Float32Array {
  return shares.map((share) => (share > 0 ? 0.3 + 0.7 * Math.sqrt(share) : FADED));
}

/** Fade the nodes outside a set; where there is no set, nothing changes. */
export function outside(set: Set<number> | null, strength: Float32Array | null, nNodes: number): Float32Array | null {
  if (!set) return strength;
  return Float32Array.from({ length: nNodes }, (_, node) => (set.has(node) ? 1 : FADED) * (strength?.[node] ?? 1));
}

/** Return how clearly each node is drawn by the length of the mean of its members' directions. */
export const clarities = (agreement: ArrayLike<number>): Float32Array =>
  Float32Array.from(agreement, (length) => FAINT + (1 - FAINT) * Math.min(1, Math.max(0, length / AGREED)));

/** Return how strongly a node is drawn. */
const seenOf = ({ strength, clarity }: SceneInput, node: number): number => (strength?.[node] ?? 1) * (clarity?.[node] ?? 1);

function drawOrder({ visible, radii }: SceneInput): Uint32Array {
  const ids = Array.from(visible.nodes.keys()).filter((node) => visible.nodes[node]);
  return Uint32Array.from(ids.sort((a, b) => radii[b] - radii[a] || a - b));
}

function buildDiscs(input: SceneInput, ids: Uint32Array): Discs {
  const { graph, xy, radii, colours, theme } = input;
  const discs = {
    ids,
    position: new Float32Array(2 * ids.length),
    radius: new Float32Array(ids.length),
    fill: new Uint8Array(4 * ids.length),
    outline: new Uint8Array(4 * ids.length),
    outlineWidth: new Float32Array(ids.length),
  };
  const detailed = ids.some((node) => isDetail(graph, node));
  ids.forEach((node, i) => {
    discs.position.set([xy[2 * node], xy[2 * node + 1]], 2 * i);
    discs.radius[i] = radii[node];
    const seen = seenOf(input, node);
    const firm = detailed && !isDetail(graph, node);
    paint(discs.fill, i, mix(theme.background, colours[node], seen));
    paint(discs.outline, i, firm ? mix(theme.background, theme.text, seen) : theme.background);
    discs.outlineWidth[i] = firm ? FIRM : LIGHT;
  });
  return discs;
}

function buildSlices(input: SceneInput, ids: Uint32Array): Slices {
  const { xy, radii, pies, theme } = input;
  const rows: { node: number; start: number; colour: Rgb }[] = [];
  for (const node of ids) {
    for (const slice of pieOf(classesOf(pies!.classes, node), pies!.palette)) rows.push({ node, ...slice });
  }
  const slices = {
    position: new Float32Array(2 * rows.length),
    radius: new Float32Array(rows.length),
    start: new Float32Array(rows.length),
    fill: new Uint8Array(4 * rows.length),
  };
  rows.forEach(({ node, start, colour }, i) => {
    slices.position.set([xy[2 * node], xy[2 * node + 1]], 2 * i);
    slices.radius[i] = radii[node];
    slices.start[i] = start;
    paint(slices.fill, i, mix(theme.background, colour, seenOf(input, node)));
  });
  return slices;
}

/** Return the slices of one pie in the order of the classes; classes without a colour of their own come last, as one. */
export function pieOf({ codes, counts }: ReturnType<typeof classesOf>, palette: Rgb[]): { start: number; colour: Rgb }[] {
  const total = counts.reduce((sum, value) => sum + value, 0);
  const slices: { start: number; colour: Rgb }[] = [];
  let start = 0;
  counts.forEach((value, i) => {
    const colour = palette[codes[i]];
    if (colour === OTHER) return;
    slices.push({ start, colour });
    start += value / total;
  });
  if (total && start < 1 - 1e-6) slices.push({ start, colour: OTHER });
  return slices;
}

function buildLines({ graph, visible, xy, strength, theme }: SceneInput): Lines {
  const { source, target, jaccard } = graph.edges;
  const n = visible.edges.length;
  const lines = {
    source: new Float32Array(2 * n),
    target: new Float32Array(2 * n),
    colour: new Uint8Array(4 * n),
    width: new Float32Array(n),
  };
  visible.edges.forEach((edge, i) => {
    const [a, b] = [source[edge], target[edge]];
    lines.source.set([xy[2 * a], xy[2 * a + 1]], 2 * i);
    lines.target.set([xy[2 * b], xy[2 * b + 1]], 2 * i);
    const weight = Math.sqrt(jaccard[edge]);
    const seen = strength ? Math.min(strength[a], strength[b]) : 1;
    paint(lines.colour, i, mix(theme.background, mix(theme.weak, theme.strong, weight), 0.15 + 0.85 * seen));
    lines.width[i] = THINNEST + (THICKEST - THINNEST) * weight;
  });
  return lines;
}

export const mix = (from: Rgb, to: Rgb, t: number): Rgb =>
  [0, 1, 2].map((i) => Math.round(from[i] + (to[i] - from[i]) * t)) as Rgb;

function paint(target: Uint8Array, i: number, [r, g, b]: Rgb): void {
  target[4 * i] = r;
  target[4 * i + 1] = g;
  target[4 * i + 2] = b;
  target[4 * i + 3] = 255;
}
