/** The frame around the graph: the camera that shows all of it, and how the camera goes on when graph or stage change. */

import { bounds, cameraBetween, fit, type Place, scaleOf, shareInView, steady, type Viewport } from "../graph/camera";
import type { Camera } from "../state/view";

export type Stage = Viewport & Place;

/** Share of continued nodes below which there is nothing to hold on to. */
const FEW_SURVIVORS = 0.1;
/** Share of what was in view that must stay in view for the camera to stay. */
const KEPT_IN_VIEW = 0.8;
/** Pixels by which a stage may change before a graph that filled it is fitted anew. */
const SLIGHT = 64;
/** Pixels around a graph that fits; below it is the axis of the lens, on the right the toolbar. */
export const MARGINS = { left: 36, right: 60, top: 26, bottom: 64 };
/** Layout units around the middles of the outermost nodes. */
const BRIM = 0.5;
/** Share of the stage from which a part of the graph is seen well, and how much of what is around is shown with one that is not. */
const [LARGE, AROUND] = [0.3, 0.6];

export class Framing {
  private stage: Stage = { width: 0, height: 0, left: 0, top: 0 };
  private lastFit: Camera | null = null;
  private fittedFor: Viewport = this.stage;
  /** A camera that was made for the stage as it is once the graph is there, with the lines around it. */
  private awaiting: Camera | null = null;
  /** A way of the camera; given up when somebody else moves it. */
  private way: { from: Camera; to: Camera; at: Camera } | null = null;

  /** Return the camera that shows all the positions; null before there is a stage. */
  fit(xy: Float32Array): Camera | null {
    this.fittedFor = this.stage;
    this.lastFit = this.stage.width ? fit(xy, this.stage, MARGINS, BRIM) : null;
    return this.lastFit;
  }

  /** Take a camera as it was stored. */
  restored(camera: Camera | null): Camera | null {
    return (this.awaiting = camera);
  }

  /** Set off from one camera to another, and return where the way begins. */
  travel(from: Camera | null, to: Camera | null): Camera | null {
    this.way = from && to && from !== to ? { from, to, at: from } : null;
    return this.way ? from : to;
  }

  /** Return the camera at a share of the way, if it is still on it. */
  along(camera: Camera | null, share: number): Camera | null {
    if (!this.way || this.way.at !== camera) return camera;
    return (this.way.at = cameraBetween(this.way.from, this.way.to, share));
  }

  /** Return the camera on another stage: the graph keeps its place on the page, unless it filled a stage that was quite another. */
  on(stage: Stage, camera: Camera | null, xy: Float32Array): Camera | null {
    const [before, { way }] = [this.stage, this];
    this.stage = stage;
    if (!way || way.at !== camera) return this.moved(camera, before, stage, xy);
    const to = this.moved(way.to, before, stage, xy) ?? way.to;
    this.way = { from: steady(way.from, before, stage), to, at: steady(way.at, before, stage) };
    return this.way.at;
  }

  private moved(camera: Camera | null, before: Stage, stage: Stage, xy: Float32Array): Camera | null {
    const arrived = camera === this.awaiting;
    this.awaiting = null;
    if (!camera || !before.width || arrived) return camera;
    if (camera !== this.lastFit) return steady(camera, before, stage);
    if (!alike(this.fittedFor, stage)) return this.fit(xy);
    return (this.lastFit = steady(camera, before, stage));
  }

  /** Return the camera that shows a part of the graph well: the same where it does already. */
  closer(camera: Camera, part: Float32Array): Camera {
    const [left, bottom, right, top] = bounds(part, 0);
    const share = Math.max((right - left) / this.stage.width, (top - bottom) / this.stage.height) * scaleOf(camera);
    if (share >= LARGE && shareInView(part, camera, this.stage) === 1) return camera;
    return fit(part, this.stage, MARGINS, AROUND * Math.max(right - left, top - bottom));
  }

  /** Return the camera for a graph that takes the place of another: the same, unless that would lose the graph from sight. */
  continue(camera: Camera | null, from: Float32Array, to: Float32Array, survivors: number[], ofOneTree: boolean): Camera | null {
    if (!camera) return this.fit(to);
    const [before, after] = [from, to].map((xy) => shareInView(xy, camera, this.stage));
    if (ofOneTree) return camera !== this.lastFit || after === 1 ? camera : this.fit(to);
    const continues = survivors.filter((old) => old >= 0).length >= FEW_SURVIVORS * survivors.length;
    return continues && after >= KEPT_IN_VIEW * before ? camera : this.fit(to);
  }
}

/** Tell whether two stages differ by no more than a line of text or two. */
const alike = (a: Viewport, b: Viewport): boolean => Math.abs(a.width - b.width) < SLIGHT && Math.abs(a.height - b.height) < SLIGHT;
