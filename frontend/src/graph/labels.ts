/** Names beside the largest nodes, where they touch neither a node nor each other and repeat no name nearby. */

import type { Camera } from "../state/view";
import { scaleOf, toScreen, type Viewport } from "./camera";
import type { DrawnNodes } from "./pick";
import { pixelRadius } from "./sizes";

export interface Label {
  node: number;
  text: string;
  /** Middle of the text's upper edge. */
  x: number;
  y: number;
}

export type Box = [left: number, top: number, right: number, bottom: number];

interface Disc {
  x: number;
  y: number;
  r: number;
}

const LABEL_HEIGHT = 15;
const LETTER_WIDTH = 6.4;
const LABEL_GAP = 3;
const REPEAT_DISTANCE = 150;
const MAX_TRIED = 300;
const CELL_SIZE = 48;
const MAX_COLUMNS = 4096;
/** Square pixels of the view for each label: nearer to the nodes, more of them are named. */
const ROOM = 16_000;

/** Return how many labels a view has room for. */
export const mostLabels = ({ width, height }: Viewport): number => Math.max(8, Math.round((width * height) / ROOM));

/** Return at most `most` labels, the largest nodes first, none of them over what is `reserved`. */
export function placeLabels(nodes: DrawnNodes, names: (string | null)[], camera: Camera, view: Viewport, most: number, reserved: Box[] = []): Label[] {
  const discs = discsOnScreen(nodes, camera, view);
  const order = [...discs.keys()].filter((id) => names[id]);
  order.sort((a, b) => nodes.radii[b] - nodes.radii[a] || a - b);
  const grid = gridOf(discs);
  const taken = [...reserved];
  const labels: Label[] = [];
  for (const node of order.slice(0, MAX_TRIED)) {
    if (labels.length >= most) break;
    const text = names[node] as string;
    const disc = discs.get(node) as Disc;
    if (labels.some((other) => other.text === text && Math.hypot(other.x - disc.x, other.y - disc.y) < REPEAT_DISTANCE)) continue;
    const box = seats(disc, text.length * LETTER_WIDTH + 4).find((seat) => isFree(seat, taken, grid, view));
    if (!box) continue;
    taken.push(box);
    labels.push({ node, text, x: (box[0] + box[2]) / 2, y: box[1] });
  }
  return labels;
}

function discsOnScreen({ visible, xy, radii }: DrawnNodes, camera: Camera, view: Viewport): Map<number, Disc> {
  const scale = scaleOf(camera);
  const discs = new Map<number, Disc>();
  for (let id = 0; id < radii.length; id++) {
    if (!visible.nodes[id]) continue;
    const [x, y] = toScreen(camera, view, xy[2 * id], xy[2 * id + 1]);
    if (x > -50 && y > -50 && x < view.width + 50 && y < view.height + 50) discs.set(id, { x, y, r: pixelRadius(radii[id], scale) });
  }
  return discs;
}

/** Above, below, right, left, at the corners, and further above and below. */
function seats({ x, y, r }: Disc, width: number): Box[] {
  const out = r + LABEL_GAP;
  const corner = 0.7 * r + 1;
  const at = (left: number, top: number): Box => [left, top, left + width, top + LABEL_HEIGHT];
  const [centred, middle] = [x - width / 2, y - LABEL_HEIGHT / 2];
  const [above, below] = [y - out - LABEL_HEIGHT, y + out];
  return [
    at(centred, above),
    at(centred, below),
    at(x + out, middle),
    at(x - out - width, middle),
    at(x + corner, y - corner - LABEL_HEIGHT),
    at(x - corner - width, y - corner - LABEL_HEIGHT),
    at(x + corner, y + corner),
    at(x - corner - width, y + corner),
    at(centred, above - LABEL_HEIGHT / 2),
    at(centred, below + LABEL_HEIGHT / 2),
  ];
}

/** Discs by the cells of the screen that they touch. */
function gridOf(discs: Map<number, Disc>): Map<number, Disc[]> {
  const grid = new Map<number, Disc[]>();
  for (const disc of discs.values()) {
    const { x, y, r } = disc;
    for (const cell of cellsOf([x - r, y - r, x + r, y + r])) {
      const there = grid.get(cell);
      if (there) there.push(disc);
      else grid.set(cell, [disc]);
    }
  }
  return grid;
}

function cellsOf([left, top, right, bottom]: Box): number[] {
  const cells: number[] = [];
  for (let column = Math.floor(left / CELL_SIZE); column <= Math.floor(right / CELL_SIZE); column++) {
    for (let row = Math.floor(top / CELL_SIZE); row <= Math.floor(bottom / CELL_SIZE); row++) cells.push(row * MAX_COLUMNS + column);
  }
  return cells;
}

function isFree(box: Box, taken: Box[], grid: Map<number, Disc[]>, view: Viewport): boolean {
  const [left, top, right, bottom] = box;
  if (left < 0 || top < 0 || right > view.width || bottom > view.height) return false;
  if (taken.some((other) => left < other[2] && other[0] < right && top < other[3] && other[1] < bottom)) return false;
  const touches = ({ x, y, r }: Disc) =>
    Math.hypot(x - Math.min(right, Math.max(left, x)), y - Math.min(bottom, Math.max(top, y))) < r;
  return !cellsOf(box).some((cell) => grid.get(cell)?.some(touches));
}
