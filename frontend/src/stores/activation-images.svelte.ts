/** Activation images: which are stored, which are being made, and how far these have come. */

import { SvelteMap } from "svelte/reactivity";
import type { Client } from "../api/client";
import type { ActivationImage, Graph, JobEvent, NodeImage } from "../api/types";
import { keyOf, ofNodes, singleNode, type Target } from "../state/image-targets";
import { AsyncJob } from "./async-job.svelte";
import type { Session } from "./session.svelte";
import { Throttle } from "./throttle";

const REFRESH_DELAY = 400;
const slotOf = (graph: string, target: Target) => `${graph} ${keyOf(target)}`;

/** One job of the server, for all images that were asked for together. */
export class ImageJob extends AsyncJob<void> {
  readonly slots: Set<string>;
  digests = $state.raw<string[]>([]);

  constructor(
    readonly graph: string,
    readonly targets: Target[],
  ) {
    super();
    this.slots = new Set(targets.map((target) => slotOf(graph, target)));
  }
}

/** All that is known of the image of a target. */
export interface TargetImage {
  digest: string | null;
  image: ActivationImage | null;
  /** Address of the image, or of its newest preview. */
  address: string | null;
  job: ImageJob | null;
  problem: string | null;
}

export class ActivationImages {
  private readonly digests = new SvelteMap<string, string>();
  private readonly images = new SvelteMap<string, ActivationImage>();
  private readonly nodes = new SvelteMap<string, Map<number, NodeImage>>();
  private readonly watched = new Map<string, number>();
  jobs = $state.raw<ImageJob[]>([]);
  /** The job that failed last, until the next one begins. */
  failed = $state.raw<ImageJob | null>(null);
  /** Whether the image of each node that is opened is made without being asked for. */
  auto = $state(false);

  constructor(private readonly client: Client) {}

  /** Jobs for more than one image: their progress is shown with that of all work. */
  readonly batches = $derived.by(() => this.jobs.filter(({ targets }) => targets.length > 1));

  of(graph: string, target: Target): TargetImage {
    const slot = slotOf(graph, target);
    const digest = this.digests.get(slot) ?? null;
    const image = (digest && this.images.get(digest)) || null;
    const seen = image && (image.done || image.width !== null);
    return {
      digest,
      image,
      address: seen && digest ? this.client.imageAddress(digest, image.done ? null : image.step) : null,
      job: this.jobs.find(({ slots }) => slots.has(slot)) ?? null,
      problem: this.failed?.slots.has(slot) ? this.failed.problem : null,
    };
  }

  /** Return the finished images of the nodes of a graph; null before they were asked for. */
  ofNodes(graph: string | undefined): Map<number, NodeImage> | null {
    return this.nodes.get(graph ?? "") ?? null;
  }

  /** Return how many images of a job are known to be there. */
  done({ graph, targets, digests }: ImageJob): number {
    const nodes = this.ofNodes(graph);
    return targets.filter((target, i) => nodes?.has(singleNode(target) ?? -1) || this.images.get(digests[i])?.done).length;
  }

  /** Keep an image up to date as long as it is looked at; returns how to stop. */
  watch(digest: string): () => void {
    this.watched.set(digest, (this.watched.get(digest) ?? 0) + 1);
    void this.update(digest);
    return () => this.watched.set(digest, (this.watched.get(digest) ?? 1) - 1);
  }

  /** Find out which nodes of a graph have an image. */
  async look(graph: string): Promise<void> {
    const stored = await this.client.nodeImages(graph).catch(() => []);
    if (stored.length === this.nodes.get(graph)?.size) return;
    for (const { node, digest } of stored) this.digests.set(slotOf(graph, ofNodes([node])), digest);
    this.nodes.set(graph, new Map(stored.map((image) => [image.node, image])));
  }

  /** Make images in one job; those that are stored are there at once. */
  async make({ digest: graph, layer }: Pick<Graph, "digest" | "layer">, targets: Target[]): Promise<void> {
    if (!targets.length) return;
    const job = new ImageJob(graph, targets);
    const refreshes = new Throttle(REFRESH_DELAY, () => this.refresh(job));
    const begun = (digests: string[]) => {
      targets.forEach((target, i) => this.digests.set(slotOf(graph, target), digests[i]));
      job.digests = digests;
    };
    this.failed = null;
    this.jobs = [...this.jobs, job];
    await job.run(async (progress, signal) => {
      const report = (event: JobEvent) => (progress(event), refreshes.call());
      try {
        await this.client.invert({ layer, graph, targets }, begun, report, signal);
        await this.refresh(job);
      } catch (error) {
        await this.look(graph);
        throw error;
      } finally {
        refreshes.stop();
        this.end(job);
      }
    });
    if (job.problem) this.failed = job;
  }

  /** Forget what did not come to be. */
  private end(job: ImageJob): void {
    const stored = new Set([...(this.ofNodes(job.graph)?.values() ?? [])].map(({ digest }) => digest));
    job.digests.forEach((digest, i) => {
      if (this.images.get(digest)?.done) return;
      this.images.delete(digest);
      if (stored.has(digest)) void this.update(digest);
      else this.digests.delete(slotOf(job.graph, job.targets[i]));
    });
    this.jobs = this.jobs.filter((one) => one !== job);
  }

  /** Fetch what has become of the images of a job that are looked at, and which of its nodes are done. */
  private async refresh({ graph, targets, digests }: ImageJob): Promise<void> {
    const list = targets.some((target) => singleNode(target) !== null) ? this.look(graph) : null;
    await Promise.all([...digests.map((digest) => this.update(digest)), list]);
  }

  private async update(digest: string): Promise<void> {
    if (!this.watched.get(digest) || this.images.get(digest)?.done) return;
    const image = await this.client.activationImage(digest).catch(() => null);
    if (image) this.images.set(digest, image);
  }
}

/** Find out which images are stored of each graph that is shown. Call while a component is set up. */
export function followImages(session: Session, activationImages: ActivationImages): void {
  const graph = $derived(session.whole?.imported ? null : session.whole?.digest);
  $effect(() => {
    if (graph && !session.study.texts) void activationImages.look(graph);
  });
}
