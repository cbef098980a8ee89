/** What the inspector talks about, in words and figures. */

import { capital, count, figure, percent } from "../../state/format";
import { lensOf } from "../../state/imported-graph";
import type { LoadedGraph } from "../../state/loaded-graph";
import { mean, sizesByInterval } from "../../state/members";
import { isDetail, prominenceText } from "../../state/mode-tree";
import { everyPoint } from "../../state/points";
import type { Explorer } from "../../stores/explorer";

export interface Fact {
  /** Set where the name may not be its own, because it is that of a column. */
  key?: string;
  name: string;
  value: string;
  note?: string;
}

export function title({ session, computed }: Explorer): string {
  const { selection, chosenClasses: classes, classColumn } = computed;
  if (selection.kind === "nodes") return selection.ids.length === 1 ? `Node ${selection.ids[0]}` : `${selection.ids.length} nodes`;
  if (selection.kind === "edge") return `Shared by nodes ${selection.source} and ${selection.target}`;
  if (selection.kind === "area") return "Selected in the projection";
  if (selection.kind === "uncovered") return "In no node";
  if (computed.searchPoints) return [session.view.findColumn, `“${session.view.find}”`].filter(Boolean).join(" ");
  if (computed.classPoints && classColumn) {
    const values = classes.map((code) => classColumn.values[code]);
    return values.length < 4 ? `${capital(classColumn.title)} ${values.join(", ")}` : `${values.length} values of ${classColumn.title}`;
  }
  return `Layer ${session.study.layers.find((known) => known.id === session.loaded?.graph.layer)?.name ?? ""}`;
}

export function facts(explorer: Explorer): Fact[] {
  const { session, computed } = explorer;
  const { loaded } = session;
  if (!loaded) return [];
  const { selection } = computed;
  const whole = !computed.selected && !computed.searched;
  const list: Fact[] = whole ? layerFacts(explorer, loaded) : [];
  if (selection.kind === "nodes") list.push(...nodeFacts(explorer, loaded, selection.ids));
  if (selection.kind === "edge") list.push(...edgeFacts(explorer, loaded, selection.source, selection.target));
  return [...list, ...comparedFacts(explorer, loaded, whole)];
}

/** Return the figures that are set against those of the layer. */
function comparedFacts({ computed }: Explorer, loaded: LoadedGraph, whole: boolean): Fact[] {
  const fact = (key: string, name: string, write: (value: number) => string, of: (points: Uint32Array) => number): Fact => ({
    key,
    name,
    value: write(of(computed.focus)),
    note: whole ? undefined : `layer ${write(average(loaded, key, of))}`,
  });
  const { confidence } = loaded;
  const measures = computed.measures.filter(({ mode }) => mode !== "column:confidence");
  return [
    ...(loaded.labels && loaded.predictions && loaded.comparable ? [fact("accuracy", "Accuracy", percent, (points) => accuracy(loaded, points))] : []),
    ...(confidence ? [fact("confidence", "Confidence", percent, (points) => mean(points, confidence))] : []),
    ...measures.map(({ mode, title, values }) => fact(mode, capital(title), figure, (points) => mean(points, values))),
  ];
}

function layerFacts({ session, computed }: Explorer, { graph }: LoadedGraph): Fact[] {
  const layer = session.study.layers.find((known) => known.id === graph.layer);
  const purity = computed.classes?.purity ?? new Float32Array();
  const average = purity.reduce((sum, share) => sum + share, 0) / Math.max(1, purity.length);
  return [
    ...(layer?.n_channels ? [{ name: "Channels", value: count(layer.n_channels) }] : []),
    { name: "Nodes", value: count(graph.nodes.size.length), note: `${count(graph.edges.source.length)} edges` },
    ...(purity.length ? [{ name: "Mean purity", value: percent(average), note: "of a node" }] : []),
  ];
}

function nodeFacts({ computed }: Explorer, loaded: LoadedGraph, ids: number[]): Fact[] {
  const { graph } = loaded;
  const { nodes, imported } = graph;
  if (imported) return ids.length === 1 && imported.lens !== "cube" ? [{ name: capital(lensOf(graph).mean), value: figure(nodes.lens_mean[ids[0]]) }] : [];
  const lows = ids.map((id) => nodes.lens_min?.[id] ?? NaN);
  const highs = ids.map((id) => nodes.lens_max?.[id] ?? NaN);
  const range = { name: "Lens", value: `${figure(Math.min(...lows))} – ${figure(Math.max(...highs))}` };
  if (ids.length !== 1) return [range];
  const [id] = ids;
  const [from, to] = graph.intervals[nodes.interval[id]] ?? [NaN, NaN];
  const list: Fact[] = [
    { name: "Interval", value: `${nodes.interval[id] + 1} of ${graph.intervals.length}`, note: `${figure(from)} – ${figure(to)}` },
    { ...range, note: `mean ${figure(nodes.lens_mean[id])}` },
  ];
  if (nodes.prominence) list.push(...modeFacts(loaded, id));
  list.push(...returns(computed.stability?.nodes[id]));
  const majority = computed.classes?.majority[id] ?? -1;
  if (majority >= 0 && computed.column) list.push({ name: "Majority", value: computed.column.values[majority], note: `purity ${percent(computed.classes?.purity[id] ?? 0)}` });
  return list;
}

function modeFacts({ graph }: LoadedGraph, id: number): Fact[] {
  const { nodes } = graph;
  const together = sizesByInterval(nodes).get(nodes.interval[id]) ?? 0;
  const prominence = nodes.prominence?.[id] ?? null;
  const kind = isDetail(graph, id) ? "detail, below noise" : "in the skeleton";
  return [
    { name: "Prominence", value: prominenceText(prominence), note: kind },
    { name: "Share of interval", value: percent(nodes.size[id] / Math.max(1, together)), note: `${count(together)} points` },
  ];
}

function edgeFacts({ computed }: Explorer, { graph }: LoadedGraph, source: number, target: number): Fact[] {
  const edge = graph.edges.source.findIndex((from, i) => from === source && graph.edges.target[i] === target);
  if (edge < 0) return [];
  return [{ name: "Jaccard", value: graph.edges.jaccard[edge].toFixed(3) }, ...returns(computed.stability?.edges[edge])];
}

/** Return how often a node or an edge came back, if that was measured. */
const returns = (share: number | undefined): Fact[] => (share === undefined ? [] : [{ name: "Stability", value: percent(share), note: "of resamples" }]);

const known = new WeakMap<LoadedGraph, Map<string, number>>();

/** Return a figure of the whole layer, reckoned once. */
function average(loaded: LoadedGraph, key: string, of: (points: Uint32Array) => number): number {
  const figures = known.get(loaded) ?? new Map<string, number>();
  known.set(loaded, figures);
  if (!figures.has(key)) figures.set(key, of(everyPoint(loaded.graph.n_points)));
  return figures.get(key) as number;
}

function accuracy({ labels, predictions }: LoadedGraph, points: Uint32Array): number {
  if (!labels || !predictions) return NaN;
  let right = 0;
  let labelled = 0;
  for (const point of points) {
    if (labels[point] < 0) continue;
    labelled++;
    if (labels[point] === predictions[point]) right++;
  }
  return labelled ? right / labelled : NaN;
}
