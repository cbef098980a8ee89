/** Which nodes are in view, and large enough to hold something. */

import type { Camera } from "../state/view";
import { scaleOf, toScreen, type Viewport } from "./camera";
import type { DrawnNodes } from "./pick";
import { pixelRadius } from "./sizes";

/** Return the visible nodes whose middle is in view or at most `around` pixels out of it, the largest first. */
export function nodesInView({ visible, xy, radii }: Omit<DrawnNodes, "graph">, camera: Camera, { width, height }: Viewport, around = 0): number[] {
  const inView = [...radii.keys()].filter((node) => {
    const [x, y] = toScreen(camera, { width, height }, xy[2 * node], xy[2 * node + 1]);
    return visible.nodes[node] && x >= -around && y >= -around && x <= width + around && y <= height + around;
  });
  return inView.sort((a, b) => radii[b] - radii[a] || a - b);
}

/** Return those of the nodes that are at least so wide on the screen. */
export function ofWidth(nodes: number[], radii: Float32Array, camera: Camera, pixels: number): number[] {
  const scale = scaleOf(camera);
  return nodes.filter((node) => 2 * pixelRadius(radii[node], scale) >= pixels);
}
