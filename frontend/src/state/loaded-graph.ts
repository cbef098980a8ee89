/** A graph with all that is needed to read it. */

import type { Columns, Members, Points } from "../api/client";
import type { Graph } from "../api/types";
import { gather } from "./classes";

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

export type PointColumns = (name: string) => Int32Array | Float32Array | null;

export function isWrong({ labels, predictions, comparable }: LoadedGraph, point: number): boolean {
  return comparable && labels !== null && predictions !== null && labels[point] >= 0 && labels[point] !== predictions[point];
}

/** Return the column that a checkpoint has filled for the examples: the first has the plain name. */
export function columnOf(checkpoint: string | null, name: string, columns: Columns): string {
  return `${name}@${checkpoint}` in columns ? `${name}@${checkpoint}` : name;
}

/** Return the columns of the examples for each point, gathered when they are first asked for. */
export function pointColumns(columns: Columns, { example }: Points): PointColumns {
  const made = new Map<string, Int32Array | Float32Array>();
  return (name) => {
    const column = columns[name];
    if (column && !made.has(name)) made.set(name, gather(column, example));
    return made.get(name) ?? null;
  };
}
