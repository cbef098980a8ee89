/** Projections of layers to the plane, fetched when they are first looked at. */

import { SvelteMap } from "svelte/reactivity";
import type { Client } from "../api/client";
import { pointsInside, toUnitExtent } from "../state/points";
import type { Selection } from "../state/view";
import { AsyncJob } from "./async-job.svelte";

export class Projections {
  private readonly ready = new SvelteMap<string, Float32Array>();
  readonly job = new AsyncJob<Float32Array>();
  /** The projection under way. */
  private asked = "";

  constructor(private readonly client: Client) {}

  get(layer: number, kind: string): Float32Array | null {
    return this.ready.get(`${layer}/${kind}`) ?? null;
  }

  pointsIn(layer: number, area: Extract<Selection, { kind: "area" }>): Uint32Array | null {
    const xy = this.get(layer, area.projection);
    return xy && pointsInside(xy, area.polygon);
  }

  async request(layer: number, kind: string): Promise<void> {
    const key = `${layer}/${kind}`;
    if (this.ready.has(key) || this.asked === key) return;
    this.asked = key;
    await this.job.run(
      (progress, signal) => this.client.projection({ layer, kind }, progress, signal),
      (xy) => {
        this.asked = "";
        if (xy) this.ready.set(key, toUnitExtent(xy));
        else this.job.problem ??= "Cancelled.";
      },
    );
  }
}
