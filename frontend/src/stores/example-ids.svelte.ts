/** The ids of examples as in the user's data, and their texts, asked for in batches as they come into view. */

import { SvelteMap } from "svelte/reactivity";
import type { Client } from "../api/client";
import type { ExampleId, Passage } from "../api/types";

const BATCH = 500;

export class ExampleIds {
  private readonly known = new SvelteMap<number, ExampleId>();
  private readonly wanted = new Set<number>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly client: Client) {}

  get(row: number): string | null {
    return this.known.get(row)?.id ?? null;
  }

  passage(row: number): Passage | null {
    return this.known.get(row)?.passage ?? null;
  }

  want(rows: Iterable<number>): void {
    for (const row of rows) if (!this.known.has(row)) this.wanted.add(row);
    if (this.wanted.size) this.timer ??= setTimeout(() => void this.flush(), 60);
  }

  private async flush(): Promise<void> {
    this.timer = null;
    const rows = [...this.wanted].slice(0, BATCH);
    rows.forEach((row) => this.wanted.delete(row));
    const ids = await this.client.examples(rows).catch(() => []);
    ids.forEach((one) => this.known.set(one.row, one));
    if (this.wanted.size && ids.length) this.want([]);
  }
}
