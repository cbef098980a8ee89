import { describe, expect, it } from "vitest";
import { Cancelled, type Client } from "../../src/api/client";
import type { ProjectionRequest } from "../../src/api/types";
import { CANCELLED, Projections } from "../../src/stores/projections.svelte";

/** A server that answers as it is told. */
class Server {
  asked = 0;
  answer: (xy: Float32Array) => void = () => undefined;
  fail: (error: Error) => void = () => undefined;

  readonly client = {
    projection: (_request: ProjectionRequest, _progress: unknown, signal: AbortSignal) => {
      this.asked++;
      return new Promise<Float32Array>((resolve, reject) => {
        this.answer = resolve;
        this.fail = reject;
        signal.addEventListener("abort", () => reject(new Cancelled()));
      });
    },
  } as unknown as Client;
}

describe("a projection", () => {
  it("is computed again after it was cancelled, when it is asked for", async () => {
    const server = new Server();
    const projections = new Projections(server.client);
    const first = projections.request(0, "umap");
    projections.job.cancel();
    await first;
    expect([projections.problem(0, "umap"), projections.get(0, "umap")]).toEqual([CANCELLED, null]);
    await projections.request(0, "umap");
    expect(server.asked).toBe(1);
    const second = projections.retry(0, "umap");
    expect(projections.problem(0, "umap")).toBeNull();
    server.answer(Float32Array.of(0, 0, 1, 1));
    await second;
    expect([server.asked, projections.get(0, "umap")?.length]).toEqual([2, 4]);
  });

  it("says why it failed, and can be tried again", async () => {
    const server = new Server();
    const projections = new Projections(server.client);
    const first = projections.request(0, "tsne");
    server.fail(new Error("tsne needs more than 10 points: got 3"));
    await first;
    expect(projections.problem(0, "tsne")).toBe("tsne needs more than 10 points: got 3");
    expect(projections.problem(1, "tsne")).toBeNull();
    void projections.retry(0, "tsne");
    expect(server.asked).toBe(2);
  });

  it("is asked for once", async () => {
    const server = new Server();
    const projections = new Projections(server.client);
    const first = projections.request(0, "pca");
    void projections.request(0, "pca");
    server.answer(Float32Array.of(0, 0, 1, 1));
    await first;
    await projections.request(0, "pca");
    expect(server.asked).toBe(1);
  });
});
