/** Work that takes time, one piece after the other: of several requests only the newest counts. */

import { Cancelled, type Progress } from "../api/client";
import type { Pending } from "../state/progress";

export type Work<T> = (progress: Progress, signal: AbortSignal) => Promise<T>;

export class AsyncJob<T> {
  /** How far the newest request has come; null when none is under way. */
  pending = $state.raw<Pending | null>(null);
  /** Why the newest request failed, in one sentence. */
  problem = $state.raw<string | null>(null);
  /** What the last request that succeeded gave. */
  result = $state.raw<T | null>(null);
  private abort: AbortController | null = null;

  /**
   * Do some work in the place of what is under way. `finished` is called with its result, or with null when it failed or
   * was cancelled; it is not called when a newer request took its place.
   */
  async run(work: Work<T>, finished?: (result: T | null) => void): Promise<void> {
    this.cancel();
    const abort = new AbortController();
    this.abort = abort;
    this.problem = null;
    this.pending = "asked";
    const report: Progress = (event) => {
      if (this.abort === abort) this.pending = event;
    };
    const result = await work(report, abort.signal).catch((error: unknown) => this.fail(abort, error));
    if (this.abort !== abort) return;
    const counts = !abort.signal.aborted && result !== null;
    if (counts) this.result = result;
    finished?.(counts ? result : null);
    this.pending = null;
  }

  cancel(): void {
    this.abort?.abort(new Cancelled());
  }

  /** Cancel, and forget the result. */
  reset(): void {
    this.cancel();
    this.abort = this.pending = this.problem = this.result = null;
  }

  private fail(abort: AbortController, error: unknown): null {
    if (this.abort === abort && !(error instanceof Cancelled)) this.problem = error instanceof Error ? error.message : String(error);
    return null;
  }
}
