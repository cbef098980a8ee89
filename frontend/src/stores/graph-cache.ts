/** Graphs with all that is needed to read them: fetched once, and the newest kept. */

import type { Client, Columns, Members, Points, Progress } from "../api/client";
import type { LayerSummary, MapRequest, PreviewRequest } from "../api/types";
import { haveCommonCode } from "../state/classes";
import { columnOf, type LoadedGraph, type PointColumns, pointColumns } from "../state/loaded-graph";

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

  async get(request: MapRequest, progress: Progress, signal: AbortSignal): Promise<LoadedGraph> {
    const address = await this.client.map(request, progress, signal);
    return keep(this.graphs, address, () => this.fetch(address, request.layer));
  }

  /** Return a preview; null where the graph itself is there soon. */
  async preview(request: PreviewRequest, progress: Progress, signal: AbortSignal): Promise<LoadedGraph | null> {
    const address = await this.client.preview(request, progress, signal);
    return address ? keep(this.graphs, address, () => this.fetch(address, request.layer)) : null;
  }

  private async fetch(address: string, layer: number): Promise<LoadedGraph> {
    const digest = address.split("/")[0];
    const [graph, members, { points, column }] = await Promise.all([
      this.client.graph(address),
      keep(this.members, digest, () => this.client.members(digest)),
      keep(this.points, layer, () => this.pointsOf(layer)),
    ]);
    const [predicted, sure] = ["prediction", "confidence"].map((name) => columnOf(this.layers[layer]?.checkpoint ?? null, name, this.columns));
    const { label, [predicted]: prediction, [sure]: confidence } = this.columns;
    return {
      graph,
      members,
      points,
      column,
      labels: label instanceof Int32Array ? (column("label") as Int32Array) : null,
      predictions: prediction instanceof Int32Array ? (column(predicted) as Int32Array) : null,
      confidence: confidence instanceof Float32Array ? (column(sure) as Float32Array) : null,
      comparable: haveCommonCode(label, prediction),
    };
  }

  private async pointsOf(layer: number): Promise<{ points: Points; column: PointColumns }> {
    const points = await this.client.points(layer);
    return { points, column: pointColumns(this.columns, points) };
  }
}

/** Return what is kept under the key, or make it; what fails is not kept, the oldest makes room. */
function keep<K, T>(kept: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known) return known;
  const made = make();
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value as K);
  return made;
}
