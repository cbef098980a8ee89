/** The lens below the columns: an axis of the intervals where x is the lens. */

import type { Graph } from "../api/types";
import type { Camera } from "../state/view";
import { scaleOf, toScreen, type Viewport } from "./camera";

export interface Tick {
  interval: number;
  /** Pixels from the left. */
  x: number;
  /** Whether there is room for its bounds. */
  named: boolean;
}

/** Return the middle of each column that has nodes, in layout units, in ascending order of the intervals. */
export function columnsOf({ nodes, arrangement, intervals }: Graph): Map<number, number> {
  if (arrangement !== "lens" || !intervals.length) return new Map();
  const columns = new Map<number, number>();
  for (const node of [...nodes.interval.keys()].sort((a, b) => nodes.interval[a] - nodes.interval[b])) {
    if (!columns.has(nodes.interval[node])) columns.set(nodes.interval[node], nodes.x[node]);
  }
  return columns;
}

/** Return a tick for each column in view; evenly spaced ones are named, so far apart that texts of `width` pixels fit. */
export function ticksOf(columns: Map<number, number>, camera: Camera, view: Viewport, width: number): Tick[] {
  const every = Math.max(1, Math.ceil(width / Math.max(1e-6, spacing(columns) * scaleOf(camera))));
  const first = columns.keys().next().value ?? 0;
  return [...columns]
    .map(([interval, at]) => ({ interval, x: toScreen(camera, view, at, 0)[0], named: (interval - first) % every === 0 }))
    .filter(({ x }) => x >= 0 && x <= view.width);
}

/** Return the distance between the columns of neighbouring intervals. */
function spacing(columns: Map<number, number>): number {
  const [first, ...others] = [...columns];
  const last = others.at(-1);
  return last ? Math.abs(last[1] - first[1]) / (last[0] - first[0]) : Infinity;
}
