/** Projections of layers to the plane, fetched when they are first looked at. */

import { SvelteMap } from "svelte/reactivity";
import type { Client } from "../api/client";
import { pointsInside, toUnitExtent } from "../state/points";
import type { Selection } from "../state/view";
import { AsyncJob } from "./async-job.svelte";

export const CANCELLED = "Cancelled.";

export class Projections {
  private readonly ready = new SvelteMap<string, Float32Array>();
  /** Why some are not there: they are not asked for again by themselves. */
  private readonly problems = new SvelteMap<string, string>();
  readonly job = new AsyncJob<Float32Array>();
  /** The projection under way. */
  private asked = "";

  constructor(private readonly client: Client) {}

  get(layer: number, kind: string): Float32Array | null {
    return this.ready.get(`${layer}/${kind}`) ?? null;
  }

  problem(layer: number, kind: string): string | null {
    return this.problems.get(`${layer}/${kind}`) ?? null;
  }

  pointsIn(layer: number, area: Extract<Selection, { kind: "area" }>): Uint32Array | null {
    const xy = this.get(layer, area.projection);
    return xy && pointsInside(xy, area.polygon);
  }

  /** Ask for a projection, unless it is there, or was cancelled or failed. */
  async request(layer: number, kind: string): Promise<void> {
    const key = `${layer}/${kind}`;
    if (this.ready.has(key) || this.problems.has(key) || this.asked === key) return;
    this.asked = key;
    await this.job.run(
      (progress, signal) => this.client.projection({ layer, kind }, progress, signal),
      (xy) => {
        this.asked = "";
        if (xy) this.ready.set(key, toUnitExtent(xy));
        else this.problems.set(key, this.job.problem ?? CANCELLED);
      },
    );
  }

  /** Ask for a projection that was cancelled or failed. */
  async retry(layer: number, kind: string): Promise<void> {
    this.problems.delete(`${layer}/${kind}`);
    await this.request(layer, kind);
  }
}
