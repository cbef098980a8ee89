/** Activation images: which are stored, which are being made, and how far these have come. */

import { SvelteMap } from "svelte/reactivity";
import { Cancelled, type Client } from "../api/client";
import type { ActivationImage, Graph, JobEvent, NodeImage } from "../api/types";
import { keyOf, singleNode, type Target } from "../state/image-targets";
import type { Session } from "./session.svelte";

/** One job of the server, for all that was asked for together. */
export interface Work {
  graph: string;
  targets: Target[];
  slots: Set<string>;
  digests: string[];
  event: JobEvent | "asked";
  abort: AbortController;
}

/** All that is known of the image of a target. */
export interface Picture {
  digest: string | null;
  image: ActivationImage | null;
  /** Address of the image, or of its newest preview. */
  address: string | null;
  work: Work | null;
  problem: string | null;
}

type Place = Pick<Graph, "digest" | "layer">;

const REFRESH_DELAY = 400;
const slotOf = (graph: string, target: Target) => `${graph} ${keyOf(target)}`;

export class ActivationImages {
  private readonly digests = new SvelteMap<string, string>();
  private readonly images = new SvelteMap<string, ActivationImage>();
  private readonly nodes = new SvelteMap<string, Map<number, NodeImage>>();
  private readonly watched = new Map<string, number>();
  private readonly timers = new Map<AbortController, ReturnType<typeof setTimeout>>();
  works = $state.raw<Work[]>([]);
  /** What went wrong last, and where it was asked for. */
  failed = $state.raw<{ slots: Set<string>; sentence: string } | null>(null);
  /** Whether the image of each node that is opened is made without being asked for. */
  auto = $state(false);

  constructor(private readonly client: Client) {}

  /** Work on more than one image: it is told of where all work is. */
  readonly batches = $derived.by(() => this.works.filter(({ targets }) => targets.length > 1));

  of(graph: string, target: Target): Picture {
    const slot = slotOf(graph, target);
    const digest = this.digests.get(slot) ?? null;
    const image = (digest && this.images.get(digest)) || null;
    const seen = image && (image.done || image.width !== null);
    return {
      digest,
      image,
      address: seen && digest ? this.client.picture(digest, image.done ? null : image.step) : null,
      work: this.works.find(({ slots }) => slots.has(slot)) ?? null,
      problem: this.failed?.slots.has(slot) ? this.failed.sentence : null,
    };
  }

  /** Return the finished images of the nodes of a graph; null before they were looked for. */
  ofNodes(graph: string | undefined): Map<number, NodeImage> | null {
    return this.nodes.get(graph ?? "") ?? null;
  }

  /** Return how many images of a work are known to be there. */
  done({ graph, targets, digests }: Work): number {
    const nodes = this.ofNodes(graph);
    return targets.filter((target, i) => nodes?.has(singleNode(target) ?? -1) || this.images.get(digests[i])?.done).length;
  }

  /** Keep an image up to date as long as it is looked at; returns how to stop. */
  watch(digest: string): () => void {
    this.watched.set(digest, (this.watched.get(digest) ?? 0) + 1);
    void this.keepUp(digest);
    return () => this.watched.set(digest, (this.watched.get(digest) ?? 1) - 1);
  }

  /** Find out which nodes of a graph have an image. */
  async look(graph: string): Promise<void> {
    const found = await this.client.nodeImages(graph).catch(() => []);
    if (found.length === this.nodes.get(graph)?.size) return;
    for (const { node, digest } of found) this.digests.set(slotOf(graph, { kind: "nodes", nodes: [node], minus: [] }), digest);
    this.nodes.set(graph, new Map(found.map((image) => [image.node, image])));
  }

  /** Make images in one job; those that are stored are there at once. */
  async make({ digest: graph, layer }: Place, targets: Target[]): Promise<void> {
    if (!targets.length) return;
    const slots = new Set(targets.map((target) => slotOf(graph, target)));
    const { abort } = this.begin({ graph, targets, slots, digests: [], event: "asked", abort: new AbortController() });
    const begun = (digests: string[]) => {
      targets.forEach((target, i) => this.digests.set(slotOf(graph, target), digests[i]));
      this.change(abort, { digests });
    };
    try {
      await this.client.invert({ layer, graph, targets }, begun, (event) => this.report(abort, event), abort.signal);
      await this.refresh(abort);
    } catch (error) {
      if (!(error instanceof Cancelled)) this.failed = { slots, sentence: (error as Error).message };
      await this.look(graph);
    } finally {
      this.end(abort);
    }
  }

  cancel({ abort }: Work): void {
    this.rest(abort);
    abort.abort(new Cancelled());
  }

  private begin(work: Work): Work {
    this.failed = null;
    this.works = [...this.works, work];
    return work;
  }

  private report(abort: AbortController, event: JobEvent): void {
    this.change(abort, { event });
    if (this.timers.has(abort)) return;
    const refresh = async () => {
      await this.refresh(abort);
      this.timers.delete(abort);
    };
    this.timers.set(abort, setTimeout(() => void refresh(), REFRESH_DELAY));
  }

  private rest(abort: AbortController): void {
    clearTimeout(this.timers.get(abort));
    this.timers.delete(abort);
  }

  /** Forget what did not come to be. */
  private end(abort: AbortController): void {
    this.rest(abort);
    const work = this.works.find((one) => one.abort === abort);
    const stored = new Set([...(this.ofNodes(work?.graph)?.values() ?? [])].map(({ digest }) => digest));
    work?.digests.forEach((digest, i) => {
      if (this.images.get(digest)?.done) return;
      this.images.delete(digest);
      if (stored.has(digest)) void this.keepUp(digest);
      else this.digests.delete(slotOf(work.graph, work.targets[i]));
    });
    this.works = this.works.filter((one) => one !== work);
  }

  private change(abort: AbortController, patch: Partial<Work>): void {
    this.works = this.works.map((work) => (work.abort === abort ? { ...work, ...patch } : work));
  }

  /** Fetch what has become of the images of a work that are looked at, and which of its nodes are done. */
  private async refresh(abort: AbortController): Promise<void> {
    const work = this.works.find((one) => one.abort === abort);
    if (!work) return;
    const list = work.targets.some((target) => singleNode(target) !== null) ? this.look(work.graph) : null;
    await Promise.all([...work.digests.map((digest) => this.keepUp(digest)), list]);
  }

  private async keepUp(digest: string): Promise<void> {
    if (!this.watched.get(digest) || this.images.get(digest)?.done) return;
    const image = await this.client.activationImage(digest).catch(() => null);
    if (image) this.images.set(digest, image);
  }
}

/** Find out which images are stored of each graph that is shown. Call while a component is set up. */
export function followImages(session: Session, activationImages: ActivationImages): void {
  const graph = $derived(session.loaded?.graph.given ? null : session.loaded?.graph.digest);
  $effect(() => {
    if (graph && !session.study.texts) void activationImages.look(graph);
  });
}
