/** What lies under the pointer. Looked up on the CPU: exact, and no read-back from the graphics card. */

import type { Graph } from "../api/types";
import type { Camera } from "../state/view";
import type { Visible } from "../state/visible";
import { scaleOf, toScreen, type Viewport } from "./camera";
import { pixelRadius } from "./sizes";

export type Hit = { kind: "node"; id: number } | { kind: "edge"; id: number } | null;

export interface DrawnNodes {
  graph: Graph;
  visible: Visible;
  xy: Float32Array;
  radii: Float32Array;
}

const NODE_REACH = 4;
const EDGE_REACH = 5;

export function pick(nodes: DrawnNodes, camera: Camera, view: Viewport, sx: number, sy: number): Hit {
  return pickNode(nodes, camera, view, sx, sy) ?? pickEdge(nodes, camera, view, sx, sy);
}

function pickNode({ visible, xy, radii }: DrawnNodes, camera: Camera, view: Viewport, sx: number, sy: number): Hit {
  const scale = scaleOf(camera);
  let best: Hit = null;
  let bestGap = NODE_REACH;
  for (let id = 0; id < radii.length; id++) {
    if (!visible.nodes[id]) continue;
    const [x, y] = toScreen(camera, view, xy[2 * id], xy[2 * id + 1]);
    const gap = Math.hypot(x - sx, y - sy) - pixelRadius(radii[id], scale);
    const nearer = gap < bestGap;
    if (nearer) best = { kind: "node", id };
    if (nearer) bestGap = gap;
  }
  return best;
}

function pickEdge({ graph, visible, xy }: DrawnNodes, camera: Camera, view: Viewport, sx: number, sy: number): Hit {
  let best: Hit = null;
  let bestGap = EDGE_REACH;
  for (const edge of visible.edges) {
    const [a, b] = [graph.edges.source[edge], graph.edges.target[edge]];
    const from = toScreen(camera, view, xy[2 * a], xy[2 * a + 1]);
    const to = toScreen(camera, view, xy[2 * b], xy[2 * b + 1]);
    const gap = distanceToSegment([sx, sy], from, to);
    if (gap < bestGap) [best, bestGap] = [{ kind: "edge", id: edge }, gap];
  }
  return best;
}

export function distanceToSegment(point: [number, number], from: [number, number], to: [number, number]): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  const along = length ? ((point[0] - from[0]) * dx + (point[1] - from[1]) * dy) / length : 0;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(point[0] - from[0] - t * dx, point[1] - from[1] - t * dy);
}
