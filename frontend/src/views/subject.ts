/** What the inspector talks about, in words and figures. */

import { lensOf } from "../state/given";
import { mean } from "../state/members";
import { capital, count, figure, percent } from "../state/format";
import { everyPoint } from "../state/points";
import type { Explorer } from "./context";
import type { Shown } from "./shown";

export interface Fact {
  name: string;
  value: string;
  note?: string;
}

export function title({ session, reading }: Explorer): string {
  const { selection, wantedClasses: classes } = reading;
  const { study } = session;
  if (selection.kind === "nodes") return selection.ids.length === 1 ? `Node ${selection.ids[0]}` : `${selection.ids.length} nodes`;
  if (selection.kind === "edge") return `Shared by nodes ${selection.source} and ${selection.target}`;
  if (selection.kind === "area") return "Drawn in the projection";
  if (selection.kind === "uncovered") return "In no node";
  if (reading.foundPoints) return `“${session.view.find}”`;
  if (reading.classPoints) return classes.length === 1 ? `Class ${study.classes[classes[0]]}` : `${classes.length} classes`;
  return `Layer ${study.layers.find((known) => known.id === session.shown?.graph.layer)?.name ?? ""}`;
}

export function facts(explorer: Explorer): Fact[] {
  const { session, reading } = explorer;
  const { shown } = session;
  if (!shown) return [];
  const { selection } = reading;
  const whole = !reading.selected && !reading.sought;
  const list: Fact[] = whole ? layerFacts(explorer, shown) : [];
  if (selection.kind === "nodes") list.push(...nodeFacts(explorer, shown, selection.ids));
  if (selection.kind === "edge") list.push(...edgeFacts(shown, selection.source, selection.target));
  if (shown.labels && shown.predictions && shown.comparable) list.push(against("Accuracy", accuracy(shown, reading.focus), whole ? null : averages(shown).accuracy));
  if (shown.confidence) {
    list.push(against("Confidence", mean(reading.focus, shown.confidence), whole ? null : averages(shown).confidence));
  }
  return list;
}

function layerFacts({ session, reading }: Explorer, { graph }: Shown): Fact[] {
  const layer = session.study.layers.find((known) => known.id === graph.layer);
  const purity = reading.classes?.purity ?? new Float32Array();
  const average = purity.reduce((sum, share) => sum + share, 0) / Math.max(1, purity.length);
  return [
    ...(layer?.n_channels ? [{ name: "Channels", value: count(layer.n_channels) }] : []),
    { name: "Nodes", value: count(graph.nodes.size.length), note: `${count(graph.edges.source.length)} edges` },
    ...(purity.length ? [{ name: "Mean purity", value: percent(average), note: "of a node" }] : []),
  ];
}

function nodeFacts({ session, reading }: Explorer, { graph }: Shown, ids: number[]): Fact[] {
  const { nodes, given } = graph;
  if (given) return ids.length === 1 && given.lens !== "cube" ? [{ name: capital(lensOf(graph, "").mean), value: figure(nodes.lens_mean[ids[0]]) }] : [];
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
  const majority = reading.classes?.majority[id] ?? -1;
  if (majority >= 0) list.push({ name: "Majority", value: session.study.classes[majority], note: `purity ${percent(reading.classes?.purity[id] ?? 0)}` });
  return list;
}

function edgeFacts({ graph }: Shown, source: number, target: number): Fact[] {
  const edge = graph.edges.source.findIndex((from, i) => from === source && graph.edges.target[i] === target);
  return edge < 0 ? [] : [{ name: "Jaccard", value: graph.edges.jaccard[edge].toFixed(3) }];
}

function against(name: string, value: number, layer: number | null): Fact {
  return { name, value: percent(value), note: layer === null ? undefined : `layer ${percent(layer)}` };
}

const known = new WeakMap<Shown, { accuracy: number; confidence: number }>();

/** Return the figures of the whole layer, reckoned once. */
function averages(shown: Shown): { accuracy: number; confidence: number } {
  const found = known.get(shown);
  if (found) return found;
  const all = everyPoint(shown.graph.n_points);
  const made = { accuracy: accuracy(shown, all), confidence: shown.confidence ? mean(all, shown.confidence) : NaN };
  known.set(shown, made);
  return made;
}

function accuracy({ labels, predictions }: Shown, points: Uint32Array): number {
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
