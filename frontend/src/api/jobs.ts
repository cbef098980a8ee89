/** The event stream of long work: one per page, with the last event of every job kept. */

import type { JobEvent } from "./types";

type Listener = (event: JobEvent | "reconnected") => void;

export const isOver = (event: JobEvent): boolean => ["done", "failed", "cancelled"].includes(event.state);

export class JobStream {
  private readonly last = new Map<string, JobEvent>();
  private readonly listeners = new Set<Listener>();
  private source: EventSource | null = null;

  /** Open the stream; later calls do nothing. Resolves when it is open, or after a second at the latest. */
  open(address: string): Promise<void> {
    if (this.source) return Promise.resolve();
    const source = new EventSource(address);
    this.source = source;
    source.addEventListener("job", (message) => this.receive(JSON.parse((message as MessageEvent<string>).data)));
    let opened = false;
    return new Promise((resolve) => {
      source.addEventListener("open", () => {
        if (opened) this.tell("reconnected");
        opened = true;
        resolve();
      });
      setTimeout(resolve, 1000);
    });
  }

  receive(event: JobEvent): void {
    this.last.set(event.job, event);
    this.tell(event);
  }

  /** Resolve with the job's last event; with null when events may have been missed and the question must be put again. */
  finished(job: string, progress: (event: JobEvent) => void, signal: AbortSignal): Promise<JobEvent | null> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.listeners.delete(listener);
        signal.removeEventListener("abort", abort);
      };
      const abort = () => {
        stop();
        reject(signal.reason);
      };
      const listener: Listener = (event) => {
        if (event !== "reconnected" && event.job !== job) return;
        if (event !== "reconnected" && !isOver(event)) return progress(event);
        stop();
        resolve(event === "reconnected" ? null : event);
      };
      this.listeners.add(listener);
      signal.addEventListener("abort", abort);
      const known = this.last.get(job);
      if (known) listener(known);
    });
  }

  private tell(event: JobEvent | "reconnected"): void {
    for (const listener of [...this.listeners]) listener(event);
  }
}
