/** Reports on graphs, each made when it is asked for: the shape, and how much of the graph resamples return. */

import { SvelteMap } from "svelte/reactivity";
import type { Client } from "../api/client";
import type { Graph, ShapeReport, Stability } from "../api/types";
import { AsyncCache } from "./async-cache.svelte";
import { AsyncJob } from "./async-job.svelte";

export class GraphReports {
  private readonly shapes = new AsyncCache<ShapeReport>();
  private readonly stabilities = new SvelteMap<string, Stability>();
  readonly stabilityJob = new AsyncJob<Stability>();

  constructor(private readonly client: Client) {}

  /** The shape of a graph, its features named by the classes of a column; by their lens where it is empty. */
  shape(graph: Graph | undefined, column: string): AsyncJob<ShapeReport> | null {
    return this.shapes.get(`${graph?.digest} ${column}`);
  }

  stability(graph: Graph | undefined): Stability | null {
    return this.stabilities.get(graph?.digest ?? "") ?? null;
  }

  async requestShape(digest: string, column: string): Promise<void> {
    await this.shapes.ask(`${digest} ${column}`, () => this.client.shape(digest, column));
  }

  async requestStability({ digest, layer, settings }: Graph): Promise<void> {
    if (!settings) return;
    await this.stabilityJob.run(
      (progress, signal) => this.client.stability({ layer, settings }, progress, signal),
      (stability) => stability && this.stabilities.set(digest, stability),
    );
  }
}
