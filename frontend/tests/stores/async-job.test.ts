import { describe, expect, it, vi } from "vitest";
import { Cancelled, type Progress } from "../../src/api/client";
import type { JobEvent } from "../../src/api/types";
import { AsyncCache } from "../../src/stores/async-cache.svelte";
import { AsyncJob } from "../../src/stores/async-job.svelte";

const EVENT: JobEvent = { job: "j", kind: "map", state: "running", stage: "", done: 1, total: 2, eta: null, error: null };

/** Work that ends when the test says so; `deaf` work does not end when it is cancelled. */
class Work {
  progress: Progress = () => undefined;
  signal: AbortSignal | null = null;
  resolve: (result: string) => void = () => undefined;
  reject: (error: Error) => void = () => undefined;

  constructor(private readonly deaf = false) {}

  readonly run = (progress: Progress, signal: AbortSignal) => {
    Object.assign(this, { progress, signal });
    return new Promise<string>((resolve, reject) => {
      Object.assign(this, { resolve, reject });
      if (!this.deaf) signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
}

describe("a job", () => {
  it("tells how far it is, and keeps its result", async () => {
    const job = new AsyncJob<string>();
    const [work, finished] = [new Work(), vi.fn()];
    const done = job.run(work.run, finished);
    expect(job.pending).toBe("asked");
    work.progress(EVENT);
    expect(job.pending).toBe(EVENT);
    work.resolve("graph");
    await done;
    expect([job.pending, job.problem, job.result]).toEqual([null, null, "graph"]);
    expect(finished.mock.calls).toEqual([["graph"]]);
  });

  it("says why it failed, until the next request; the result before stays", async () => {
    const job = new AsyncJob<string>();
    await job.run(async () => "first");
    const finished = vi.fn();
    await job.run(() => Promise.reject(new Error("no vectors")), finished);
    expect([job.pending, job.problem, job.result]).toEqual([null, "no vectors", "first"]);
    expect(finished.mock.calls).toEqual([[null]]);
    void job.run(new Work().run);
    expect(job.problem).toBeNull();
  });

  it("has no problem when it is cancelled, even if its work goes on", async () => {
    const job = new AsyncJob<string>();
    const finished = vi.fn();
    const done = job.run(new Work().run, finished);
    job.cancel();
    await done;
    const deaf = job.run(async () => "late", finished);
    job.cancel();
    await deaf;
    expect([job.pending, job.problem, job.result]).toEqual([null, null, null]);
    expect(finished.mock.calls).toEqual([[null], [null]]);
  });

  it.each(["resolve", "reject"] as const)("counts its newest request alone, though an older one may %s later", async (end) => {
    const job = new AsyncJob<string>();
    const [old, finished] = [new Work(true), vi.fn()];
    const first = job.run(old.run, finished);
    const second = job.run(async () => "new");
    expect(old.signal?.reason).toBeInstanceOf(Cancelled);
    old.progress(EVENT);
    expect(job.pending).toBe("asked");
    await second;
    if (end === "resolve") old.resolve("old");
    else old.reject(new Error("old"));
    await first;
    expect([job.pending, job.problem, job.result]).toEqual([null, null, "new"]);
    expect(finished).not.toHaveBeenCalled();
  });

  it("forgets everything when it is reset", async () => {
    const job = new AsyncJob<string>();
    await job.run(async () => "there");
    const finished = vi.fn();
    const done = job.run(new Work().run, finished);
    job.reset();
    expect([job.pending, job.problem, job.result]).toEqual([null, null, null]);
    await done;
    expect(finished).not.toHaveBeenCalled();
  });
});

describe("a cache of jobs", () => {
  it("asks for each key once, and again only after a failure", async () => {
    const cache = new AsyncCache<number>();
    const ask = vi.fn(async () => 7);
    expect(cache.get("a")).toBeNull();
    await Promise.all([cache.ask("a", ask), cache.ask("a", ask)]);
    await cache.ask("a", ask);
    expect(ask).toHaveBeenCalledTimes(1);
    await cache.ask("b", () => Promise.reject(new Error("not yet")));
    expect(cache.get("b")?.problem).toBe("not yet");
    await cache.ask("b", ask);
    expect([cache.get("a")?.result, cache.get("b")?.result, cache.get("b")?.problem]).toEqual([7, 7, null]);
  });
});
