/** Findings, which are features of the shape of a graph: in groups, and what of each is drawn and selected. */

import type { Feature, ShapeReport, Stability } from "../api/types";

/** Which finding is shown: its place in the report, and one of its arms if that is looked at alone. */
export interface FindingChoice {
  number: number;
  arm: number | null;
}

export interface Listed {
  number: number;
  feature: Feature;
}

export interface FindingGroup {
  heading: string;
  /** Those to look at: sure ones first, then those that nothing tests. */
  firm: Listed[];
  /** Those that may be chance, and those that the graph on screen does not have. */
  rest: Listed[];
}

const HEADINGS: Record<Feature["kind"], string> = { loop: "Loops", branch: "Branches", component: "Pieces" };
const STANDINGS: Feature["standing"][] = ["sure", "untested", "doubtful"];

/** Whether the graph on screen has a finding, which may live at other prominences only. */
export function isDrawn({ kind, rim, arms }: Feature): boolean {
  return kind === "component" || (kind === "loop" ? rim : arms).length > 0;
}

/** Return findings by kind, the kind with the surest first; pieces, of which there is always one, come last. */
export function groupsOf(report: ShapeReport): FindingGroup[] {
  const listed = report.features.map((feature, number) => ({ number, feature }));
  const rank = ({ feature }: Listed) => STANDINGS.indexOf(feature.standing) + (isDrawn(feature) ? 0 : STANDINGS.length);
  const groups = (Object.keys(HEADINGS) as Feature["kind"][]).flatMap((kind) => {
    const own = listed.filter(({ feature }) => feature.kind === kind).sort((a, b) => rank(a) - rank(b) || a.number - b.number);
    const isFirm = (one: Listed) => rank(one) <= STANDINGS.indexOf("untested");
    return own.length ? [{ kind, best: rank(own[0]), heading: HEADINGS[kind], firm: own.filter(isFirm), rest: own.filter((one) => !isFirm(one)) }] : [];
  });
  const order = (kind: Feature["kind"], best: number) => (kind === "component" ? Infinity : best);
  return groups.sort((a, b) => order(a.kind, a.best) - order(b.kind, b.best)).map(({ heading, firm, rest }) => ({ heading, firm, rest }));
}

/** Return what is selected with a finding: the rim, an arm, the node at which arms meet, or a whole piece. */
export function nodesToSelect(feature: Feature, arm: number | null): number[] {
  if (arm !== null && feature.arms[arm]) return feature.arms[arm].nodes;
  return feature.rim.length ? feature.rim : feature.nodes;
}

/** Return the nodes that a finding lights: all others fade. */
export function litNodes(feature: Feature, arm: number | null): Set<number> {
  const arms = arm !== null && feature.arms[arm] ? [feature.arms[arm]] : feature.arms;
  return new Set([...(feature.rim.length ? feature.rim : feature.nodes), ...arms.flatMap(({ nodes }) => nodes)]);
}

/** Return the nodes whose pictures stand in a row: those round the rim, or along an arm; else none. */
export function stripOf(feature: Feature, arm: number | null): number[] {
  return feature.rim.length ? feature.rim : ((arm !== null && feature.arms[arm]?.path) || []);
}

/** Return the least share of resamples that a node or an edge of a rim or of an arm recurs in; null if that is not known. */
export function recurrence(feature: Feature, edges: { source: number[]; target: number[] }, measured: Stability | null): number | null {
  const lines = feature.rim.length ? [[...feature.rim, feature.rim[0]]] : feature.arms.map(({ path }) => path);
  if (!measured || !lines.length) return null;
  const share = new Map(edges.source.map((source, edge) => [`${source} ${edges.target[edge]}`, measured.edges[edge]]));
  /** Nodes that are joined by no edge are one in the skeleton. */
  const between = (a: number, b: number) => share.get(`${Math.min(a, b)} ${Math.max(a, b)}`) ?? share.get(`${Math.max(a, b)} ${Math.min(a, b)}`) ?? 1;
  return Math.min(...lines.flatMap((line) => line.map((node, i) => Math.min(measured.nodes[node] ?? 0, i ? between(line[i - 1], node) : 1))));
}

/** Return a choice of an address that is well formed, or nothing. */
export function isChoice(value: unknown): value is FindingChoice | null {
  if (value === null) return true;
  const { number, arm } = (typeof value === "object" ? value : {}) as Partial<FindingChoice>;
  const isPlace = (one: unknown) => Number.isInteger(one) && (one as number) >= 0;
  return isPlace(number) && (arm === null || isPlace(arm));
}
