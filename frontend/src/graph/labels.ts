/** Names beside the largest nodes, left out where they would touch one another. */

import type { Camera } from "../state/view";
import { scaleOf, toScreen, type Viewport } from "./camera";
import type { Places } from "./pick";
import { pixelRadius } from "./sizes";

export interface Label {
  node: number;
  text: string;
  x: number;
  y: number;
}

type Box = [left: number, top: number, right: number, bottom: number];

const HEIGHT = 15;
const LETTER = 6.6;

/** Return at most `most` labels, the largest nodes first. */
export function placeLabels(places: Places, names: (string | null)[], camera: Camera, view: Viewport, most: number): Label[] {
  const scale = scaleOf(camera);
  const order = [...places.radii.keys()].filter((id) => places.visible.nodes[id] && names[id]);
  order.sort((a, b) => places.radii[b] - places.radii[a] || a - b);
  const taken: Box[] = [];
  const labels: Label[] = [];
  for (const node of order) {
    if (labels.length >= most) break;
    const [x, centre] = toScreen(camera, view, places.xy[2 * node], places.xy[2 * node + 1]);
    const text = names[node] as string;
    const y = centre + pixelRadius(places.radii[node], scale) + 3;
    const half = (text.length * LETTER) / 2 + 3;
    const box: Box = [x - half, y, x + half, y + HEIGHT];
    if (!inside(box, view) || taken.some((other) => overlap(box, other))) continue;
    taken.push(box);
    labels.push({ node, text, x, y });
  }
  return labels;
}

const inside = ([left, top, right, bottom]: Box, view: Viewport) =>
  left >= 0 && top >= 0 && right <= view.width && bottom <= view.height;

const overlap = (a: Box, b: Box) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
