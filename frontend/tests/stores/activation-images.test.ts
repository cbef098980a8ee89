import { beforeEach, describe, expect, it, vi } from "vitest";
import { Cancelled, type Client, type Progress } from "../../src/api/client";
import type { ActivationImage, InversionRequest, JobEvent, NodeImage } from "../../src/api/types";
import { ofNodes, ofPoint } from "../../src/state/image-targets";
import { ActivationImages } from "../../src/stores/activation-images.svelte";

const GRAPH = { digest: "g", layer: 1 };
const EVENT: JobEvent = { job: "j", kind: "invert", state: "running", stage: "painting", done: 1, total: 9, eta: null, error: null };

/** A server whose one job goes on when it is told to. */
class Server {
  stored: NodeImage[] = [];
  images = new Map<string, Partial<ActivationImage>>();
  asked: InversionRequest[] = [];
  progress: Progress = () => undefined;
  finish: () => void = () => undefined;
  fail: (error: Error) => void = () => undefined;
  fetched: string[] = [];

  readonly client = {
    invert: (request: InversionRequest, begun: (digests: string[]) => void, progress: Progress, signal: AbortSignal) => {
      this.asked.push(request);
      begun(request.targets.map((_, i) => `d${i}`));
      this.progress = progress;
      return new Promise<void>((resolve, reject) => {
        this.finish = resolve;
        this.fail = reject;
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
    activationImage: async (digest: string) => {
      this.fetched.push(digest);
      return { digest, done: false, step: 0, steps: 0, width: null, cosine: null, ...this.images.get(digest) };
    },
    nodeImages: async () => this.stored,
    imageAddress: (digest: string, step: number | null) => `${digest}@${step ?? "end"}`,
  } as unknown as Client;
}

let server: Server;
let activationImages: ActivationImages;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  activationImages = new ActivationImages(server.client);
});

const later = () => vi.advanceTimersByTimeAsync(500);

describe("activation images", () => {
  it("sharpen while they are looked at, and are there in the end", async () => {
    const made = activationImages.make(GRAPH, [ofNodes([4])]);
    const stop = activationImages.watch("d0");
    await later();
    expect(activationImages.of("g", ofNodes([4]))).toMatchObject({ digest: "d0", address: null });
    server.images.set("d0", { step: 32, steps: 512, width: 16 });
    server.progress(EVENT);
    await later();
    expect(activationImages.of("g", ofNodes([4])).address).toBe("d0@32");
    server.images.set("d0", { done: true, width: 16, cosine: 0.9 });
    server.stored = [{ node: 4, digest: "d0", cosine: 0.9 }];
    server.finish();
    await made;
    expect(activationImages.of("g", ofNodes([4]))).toMatchObject({ address: "d0@end", job: null, problem: null });
    expect(activationImages.ofNodes("g")?.get(4)?.cosine).toBe(0.9);
    stop();
  });

  it("are not fetched where nobody looks", async () => {
    void activationImages.make(GRAPH, [ofPoint(1), ofPoint(2)]);
    activationImages.watch("d1");
    server.progress(EVENT);
    await later();
    expect(new Set(server.fetched)).toEqual(new Set(["d1"]));
  });

  it("stay when the work is called off, and those that did not come to be are forgotten", async () => {
    const made = activationImages.make(GRAPH, [ofNodes([1]), ofNodes([2])]);
    server.stored = [{ node: 1, digest: "d0", cosine: 0.8 }];
    activationImages.jobs[0].cancel();
    await made;
    expect(activationImages.jobs).toEqual([]);
    expect(activationImages.of("g", ofNodes([1])).digest).toBe("d0");
    expect(activationImages.of("g", ofNodes([2]))).toMatchObject({ digest: null, problem: null });
  });

  it("are told to have failed where they were asked for, until the next attempt", async () => {
    const made = activationImages.make(GRAPH, [ofPoint(1)]);
    server.fail(new Error("the network has no gradients"));
    await made;
    expect(activationImages.of("g", ofPoint(1))).toMatchObject({ digest: null, job: null, problem: "the network has no gradients" });
    expect(activationImages.of("g", ofPoint(2)).problem).toBeNull();
    void activationImages.make(GRAPH, [ofPoint(1)]);
    expect(activationImages.of("g", ofPoint(1)).problem).toBeNull();
  });

  it("belong to their graph, and none is asked for nothing", async () => {
    server.stored = [{ node: 0, digest: "d7", cosine: null }];
    await activationImages.look("g");
    expect(activationImages.of("g", ofNodes([0])).digest).toBe("d7");
    expect(activationImages.of("h", ofNodes([0])).digest).toBeNull();
    await activationImages.make(GRAPH, []);
    expect(server.asked).toEqual([]);
  });

  it("of one work are counted as they come", async () => {
    void activationImages.make(GRAPH, [ofNodes([1]), ofNodes([2]), ofNodes([3])]);
    server.stored = [{ node: 2, digest: "d1", cosine: 0.8 }];
    server.progress(EVENT);
    await later();
    expect(activationImages.done(activationImages.jobs[0])).toBe(1);
  });

  it("that are called off are no failure", async () => {
    const made = activationImages.make(GRAPH, [ofPoint(1)]);
    server.fail(new Cancelled());
    await made;
    expect(activationImages.failed).toBeNull();
  });
});
