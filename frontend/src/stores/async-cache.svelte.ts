/** Results by key: each is asked for once, and again only after a failure. */

import { untrack } from "svelte";
import { SvelteMap } from "svelte/reactivity";
import { AsyncJob, type Work } from "./async-job.svelte";

export class AsyncCache<T> {
  private readonly jobs = new SvelteMap<string, AsyncJob<T>>();

  get(key: string): AsyncJob<T> | null {
    return this.jobs.get(key) ?? null;
  }

  /** An effect may call this: it does not run again when the job changes. */
  async ask(key: string, work: Work<T>): Promise<void> {
    const job = untrack(() => this.get(key)) ?? new AsyncJob<T>();
    if (untrack(() => job.result !== null || job.pending !== null)) return;
    this.jobs.set(key, job);
    await job.run(work);
  }
}
