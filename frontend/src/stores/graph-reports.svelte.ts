/** What was found out about graphs: their shape, and how much of them returns. Asked for when it is looked at. */

import { SvelteMap } from "svelte/reactivity";
import { Cancelled, type Client } from "../api/client";
import type { Found, Graph, JobEvent, Stability } from "../api/types";

export class GraphReports {
  private readonly founds = new SvelteMap<string, Found>();
  private readonly measured = new SvelteMap<string, Stability>();
  private readonly asked = new Set<string>();
  /** What is being measured. */
  pending = $state.raw<JobEvent | "asked" | null>(null);
  problem = $state.raw<string | null>(null);
  private abort: AbortController | null = null;

  constructor(private readonly client: Client) {}

  found(graph: Graph | undefined): Found | null {
    return this.founds.get(graph?.digest ?? "") ?? null;
  }

  stability(graph: Graph | undefined): Stability | null {
    return this.measured.get(graph?.digest ?? "") ?? null;
  }

  async look(digest: string): Promise<void> {
    if (this.founds.has(digest) || this.asked.has(digest)) return;
    this.asked.add(digest);
    this.problem = null;
    try {
      this.founds.set(digest, await this.client.found(digest));
    } catch (error) {
      this.problem = (error as Error).message;
    } finally {
      this.asked.delete(digest);
    }
  }

  async measure({ digest, layer, settings }: Graph): Promise<void> {
    if (!settings) return;
    this.cancel();
    const abort = new AbortController();
    this.abort = abort;
    this.problem = null;
    this.pending = "asked";
    try {
      const report = (event: JobEvent) => {
        if (this.abort === abort) this.pending = event;
      };
      this.measured.set(digest, await this.client.stability({ layer, settings }, report, abort.signal));
    } catch (error) {
      if (this.abort === abort && !(error instanceof Cancelled)) this.problem = (error as Error).message;
    } finally {
      if (this.abort === abort) this.pending = null;
    }
  }

  cancel(): void {
    this.abort?.abort(new Cancelled());
  }
}
