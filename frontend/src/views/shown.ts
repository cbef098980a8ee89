/** A graph with all that is needed to read it, fetched once and kept. */

import type { Client, Columns, Members, Points, Progress } from "../api/client";
import type { Anchor, Graph, MapRequest, Settings } from "../api/types";
import { gather, haveCommonCode } from "../state/classes";

export interface Shown {
  graph: Graph;
  members: Members;
  points: Points;
  labels: Int32Array | null;
  predictions: Int32Array | null;
  confidence: Float32Array | null;
  /** Whether labels and predictions name the same things, so that a prediction can be right or wrong. */
  comparable: boolean;
}

export function isWrong({ labels, predictions, comparable }: Shown, point: number): boolean {
  return comparable && labels !== null && predictions !== null && labels[point] >= 0 && labels[point] !== predictions[point];
}

export interface Wanted {
  layer: number;
  settings: Settings;
  anchor: Anchor | null;
  layout: string | null;
}

const KEPT = 32;

export class Shelf {
  private readonly graphs = new Map<string, Promise<Shown>>();
  private readonly members = new Map<string, Promise<Members>>();
  private readonly points = new Map<number, Promise<Points>>();

  constructor(
    private readonly client: Client,
    private readonly columns: Columns,
  ) {}

  async get(wanted: Wanted, progress: Progress, signal: AbortSignal): Promise<Shown> {
    const request: MapRequest = { layer: wanted.layer, settings: wanted.settings };
    if (wanted.anchor) request.anchor = wanted.anchor;
    if (wanted.layout) request.layout = wanted.layout;
    const address = await this.client.map(request, progress, signal);
    return keep(this.graphs, address, () => this.fetch(address, wanted.layer));
  }

  private async fetch(address: string, layer: number): Promise<Shown> {
    const digest = address.split("/")[0];
    const [graph, members, points] = await Promise.all([
      this.client.graph(address),
      keep(this.members, digest, () => this.client.members(digest)),
      keep(this.points, layer, () => this.client.points(layer)),
    ]);
    const { label, prediction, confidence } = this.columns;
    const ofPoints = <T extends Int32Array | Float32Array>(column: T) => gather(column, points.example);
    return {
      graph,
      members,
      points,
      labels: label instanceof Int32Array ? ofPoints(label) : null,
      predictions: prediction instanceof Int32Array ? ofPoints(prediction) : null,
      confidence: confidence instanceof Float32Array ? ofPoints(confidence) : null,
      comparable: haveCommonCode(label, prediction),
    };
  }
}

/** Return what is kept under the key, or make it; what fails is not kept, the oldest makes room. */
export function keep<K, T>(kept: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known) return known;
  const made = make();
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  if (kept.size > KEPT) kept.delete(kept.keys().next().value as K);
  return made;
}
