/** Pointer and wheel on a projection: lasso, box, move, zoom, and the point under the pointer. */

import { pan, toWorld, type Viewport, zoomAt } from "../../graph/camera";
import { membersOf, transpose } from "../../state/members";
import { nearestPoint } from "../../state/points";
import { type Camera, NOTHING, type Polygon } from "../../state/view";
import type { Explorer } from "../../stores/explorer";

export type Tool = "lasso" | "box" | "pan";
type Pixel = [number, number];

export interface PlotView {
  xy: Float32Array | null;
  camera: Camera | null;
  size: Viewport;
  kind: string;
}

const CLICK_SLACK = 6;
const REACH = 7;
/** Corners of a lasso at most, so that the address stays short. */
const MAX_CORNERS = 120;

export class ProjectionPointer {
  tool = $state<Tool>("lasso");
  /** Pixels of the line being drawn. */
  trace = $state.raw<Pixel[]>([]);
  /** A camera other than the fitted one, for these positions. */
  moved = $state.raw<{ of: Float32Array; camera: Camera } | null>(null);
  /** The point under the pointer, and where the pointer is on the page. */
  near = $state.raw<{ point: number; x: number; y: number } | null>(null);
  readonly rubber = $derived.by(() => (this.tool === "box" && this.trace.length > 1 ? corners(this.trace[0], this.trace[1]) : this.trace));

  constructor(
    private readonly explorer: Explorer,
    private readonly plane: () => PlotView,
  ) {}

  down = (event: PointerEvent): void => {
    if (event.button !== 0 || !this.plane().camera) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.trace = [pixel(event)];
  };

  move = (event: PointerEvent): void => {
    const { xy, camera } = this.plane();
    if (!camera || !xy) return;
    if (!this.trace.length) return this.look(event);
    this.near = null;
    const at = pixel(event);
    const last = this.trace.at(-1) as Pixel;
    if (this.tool === "pan") this.moved = { of: xy, camera: pan(camera, at[0] - last[0], at[1] - last[1]) };
    this.trace = this.tool === "lasso" ? [...this.trace, at] : [this.tool === "pan" ? at : this.trace[0], at];
  };

  up = (event: PointerEvent): void => {
    const { rubber, tool } = this;
    this.trace = [];
    const { camera, size, kind } = this.plane();
    if (!camera || !rubber.length) return;
    if (rubber.length < 3 || spread(rubber) < CLICK_SLACK) return this.click(event);
    if (tool === "pan") return;
    const polygon = thin(rubber).map(([sx, sy]) => toWorld(camera, size, sx, sy).map((value) => Number(value.toPrecision(5))));
    this.explorer.session.select({ kind: "area", projection: kind, polygon: polygon as Polygon });
  };

  leave = (): void => {
    this.near = null;
  };

  cancel = (): void => {
    this.trace = [];
  };

  wheel = (event: WheelEvent): void => {
    const { xy, camera, size } = this.plane();
    if (!camera || !xy) return;
    event.preventDefault();
    this.near = null;
    const by = Math.max(-1, Math.min(1, -event.deltaY / 300));
    this.moved = { of: xy, camera: zoomAt(camera, size, ...pixel(event), by) };
  };

  fit = (): void => {
    this.moved = null;
  };

  private look(event: PointerEvent): void {
    const point = this.pointAt(event);
    if (point !== (this.near?.point ?? null)) this.near = point === null ? null : { point, x: event.clientX, y: event.clientY };
  }

  /** Select the nodes that hold the point, or let an area go. */
  private click(event: PointerEvent): void {
    const { session } = this.explorer;
    const point = this.pointAt(event);
    const { loaded } = session;
    const holders = point !== null && loaded ? membersOf(transpose(loaded.members, loaded.graph.n_points), point) : [];
    if (holders.length) session.select({ kind: "nodes", ids: Array.from(holders) });
    else if (session.view.selection.kind === "area") session.select(NOTHING);
  }

  private pointAt(event: PointerEvent): number | null {
    const { xy, camera, size } = this.plane();
    if (!xy || !camera) return null;
    const [x, y] = toWorld(camera, size, ...pixel(event));
    return nearestPoint(xy, x, y, REACH / 2 ** camera.zoom);
  }
}

function pixel(event: MouseEvent): Pixel {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

const corners = (a: Pixel, b: Pixel): Pixel[] => [a, [b[0], a[1]], b, [a[0], b[1]]];

const spread = (points: Pixel[]) => points.reduce((most, [x, y]) => Math.max(most, Math.hypot(x - points[0][0], y - points[0][1])), 0);

function thin(points: Pixel[]): Pixel[] {
  const step = Math.ceil(points.length / MAX_CORNERS);
  return points.filter((_, i) => i % step === 0);
}
