/** Projections of layers to the plane, fetched when they are first looked at. */

import { SvelteMap } from "svelte/reactivity";
import { Cancelled, type Client } from "../api/client";
import type { JobEvent } from "../api/types";
import { pointsInside, toUnitExtent } from "../state/points";
import type { Selection } from "../state/view";

export class Projections {
  private readonly ready = new SvelteMap<string, Float32Array>();
  pending = $state.raw<JobEvent | "asked" | null>(null);
  problem = $state.raw<string | null>(null);
  private asked: { key: string; abort: AbortController } | null = null;

  constructor(private readonly client: Client) {}

  get(layer: number, kind: string): Float32Array | null {
    return this.ready.get(`${layer}/${kind}`) ?? null;
  }

  pointsIn(layer: number, area: Extract<Selection, { kind: "area" }>): Uint32Array | null {
    const xy = this.get(layer, area.projection);
    return xy && pointsInside(xy, area.polygon);
  }

  cancel(): void {
    this.asked?.abort.abort(new Cancelled());
  }

  async want(layer: number, kind: string): Promise<void> {
    const key = `${layer}/${kind}`;
    if (this.ready.has(key) || this.asked?.key === key) return;
    this.cancel();
    const asked = { key, abort: new AbortController() };
    this.asked = asked;
    this.problem = null;
    this.pending = "asked";
    try {
      const report = (event: JobEvent) => {
        if (this.asked === asked) this.pending = event;
      };
      this.ready.set(key, toUnitExtent(await this.client.projection({ layer, kind }, report, asked.abort.signal)));
    } catch (error) {
      if (this.asked === asked) this.problem = error instanceof Cancelled ? "Cancelled." : (error as Error).message;
    } finally {
      if (this.asked === asked) {
        this.pending = null;
        this.asked = null;
      }
    }
  }
}
