/** A graph with all that is needed to read it, fetched once and kept. */

import type { Client, Columns, Members, Points, Progress } from "../api/client";
import type { Anchor, Graph, LayerSummary, MapRequest, Settings } from "../api/types";
import { gather, haveCommonCode } from "./classes";

export interface LoadedGraph {
  graph: Graph;
  members: Members;
  points: Points;
  /** Return a column of the examples for each point, or null if there is none. */
  column: PointColumns;
  labels: Int32Array | null;
  predictions: Int32Array | null;
  confidence: Float32Array | null;
  /** Whether labels and predictions name the same things, so that a prediction can be right or wrong. */
  comparable: boolean;
}

type PointColumns = (name: string) => Int32Array | Float32Array | null;

export function isWrong({ labels, predictions, comparable }: LoadedGraph, point: number): boolean {
  return comparable && labels !== null && predictions !== null && labels[point] >= 0 && labels[point] !== predictions[point];
}

export interface Wanted {
  layer: number;
  settings: Settings;
  anchor: Anchor | null;
  layout: string | null;
}

const MAX_KEPT = 32;

export class GraphCache {
  private readonly graphs = new Map<string, Promise<LoadedGraph>>();
  private readonly members = new Map<string, Promise<Members>>();
  private readonly points = new Map<number, Promise<{ points: Points; column: PointColumns }>>();

  constructor(
    private readonly client: Client,
    private readonly columns: Columns,
    private readonly layers: readonly Pick<LayerSummary, "checkpoint">[],
  ) {}

  async get(wanted: Wanted, progress: Progress, signal: AbortSignal): Promise<LoadedGraph> {
    const request: MapRequest = { layer: wanted.layer, settings: wanted.settings };
    if (wanted.anchor) request.anchor = wanted.anchor;
    if (wanted.layout) request.layout = wanted.layout;
    const address = await this.client.map(request, progress, signal);
    return keep(this.graphs, address, () => this.fetch(address, wanted.layer));
  }

  private async fetch(address: string, layer: number): Promise<LoadedGraph> {
    const digest = address.split("/")[0];
    const [graph, members, { points, column }] = await Promise.all([
      this.client.graph(address),
      keep(this.members, digest, () => this.client.members(digest)),
      keep(this.points, layer, () => this.pointsOf(layer)),
    ]);
    const [said, sure] = ["prediction", "confidence"].map((name) => columnOf(this.layers[layer]?.checkpoint ?? null, name, this.columns));
    const { label, [said]: prediction, [sure]: confidence } = this.columns;
    return {
      graph,
      members,
      points,
      column,
      labels: label instanceof Int32Array ? (column("label") as Int32Array) : null,
      predictions: prediction instanceof Int32Array ? (column(said) as Int32Array) : null,
      confidence: confidence instanceof Float32Array ? (column(sure) as Float32Array) : null,
      comparable: haveCommonCode(label, prediction),
    };
  }

  private async pointsOf(layer: number): Promise<{ points: Points; column: PointColumns }> {
    const points = await this.client.points(layer);
    return { points, column: pointColumns(this.columns, points) };
  }
}

/** Return the column in which a checkpoint says something of the examples: the first has the plain name. */
export function columnOf(checkpoint: string | null, name: string, columns: Columns): string {
  return `${name}@${checkpoint}` in columns ? `${name}@${checkpoint}` : name;
}

/** Return the columns of the examples for each point, gathered when they are first asked for. */
function pointColumns(columns: Columns, { example }: Points): PointColumns {
  const made = new Map<string, Int32Array | Float32Array>();
  return (name) => {
    const column = columns[name];
    if (column && !made.has(name)) made.set(name, gather(column, example));
    return made.get(name) ?? null;
  };
}

/** Return what is kept under the key, or make it; what fails is not kept, the oldest makes room. */
export function keep<K, T>(kept: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known) return known;
  const made = make();
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value as K);
  return made;
}
