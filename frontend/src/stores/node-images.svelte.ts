/** The images that are drawn in nodes: examples nearest to the mean, or activation images of the mean. */

import type { PatchFacts } from "../api/types";
import type { NodeSprite } from "../graph/layers";
import { scaleOf } from "../graph/camera";
import { nodesInView, ofWidth } from "../graph/on-screen";
import { radiusFactor } from "../graph/sizes";
import { converged } from "../state/fidelity";
import type { LoadedGraph } from "../state/loaded-graph";
import type { NodeImageKind } from "../state/view";
import type { ActivationImages } from "./activation-images.svelte";
import type { ComputedState } from "./computed.svelte";
import type { PatchPictures } from "./patch-pictures.svelte";
import type { Session } from "./session.svelte";

/** Pixels from which a node is wide enough for an image. */
const WIDE_ENOUGH = { none: Infinity, examples: 10, activations: 36 };
/** Pixels that a patch has at least, so that small nodes show theirs as well, where nodes are at most so many. */
const [LEAST_PATCH, FEW] = [14, 250];
const MAX_DRAWN = 400;
/** Sides of the pictures of nodes, in pixels of the screen: of all, and of those that are wider than the first. */
const [SMALL, LARGE] = [48, 144];
const VIEW_MARGIN = 40;
/** How strongly the image of a failed optimisation is drawn. */
const FAILED_STRENGTH = 0.3;

/** Keep the pictures of the nodes in step with what is in view. */
export function followNodes(nodeImages: NodeImages): void {
  $effect(() => nodeImages.ask());
}

export class NodeImages {
  constructor(
    private readonly session: Session,
    private readonly computed: ComputedState,
    private readonly activationImages: ActivationImages,
    private readonly pictures: PatchPictures,
  ) {}

  /** What the pictures of the points of the layer show; null where there are none. */
  readonly patches: PatchFacts | null = $derived.by(() => {
    const { loaded, study } = this.session;
    return loaded && !loaded.graph.imported ? (study.layers.find(({ id }) => id === loaded.graph.layer)?.patches ?? null) : null;
  });

  /** What is drawn in the nodes. */
  readonly kind: NodeImageKind = $derived.by(() => {
    const { images } = this.session.view;
    if (images !== "auto") return images;
    return this.patches && this.patches.kind !== "photo" ? "examples" : "none";
  });
  private readonly camera = $derived.by(() => this.session.view.camera);

  /** Whether the nodes of this graph have activation images, or can have them. */
  readonly offered = $derived.by(() => {
    const { loaded, study } = this.session;
    if (!loaded || loaded.graph.imported || study.texts) return false;
    return study.has_activation_images || (this.activationImages.ofNodes(loaded.graph.digest)?.size ?? 0) > 0;
  });

  /** Nodes in view, the largest first. */
  readonly inView: number[] = $derived.by(() => this.nodesIn(0));

  /** Whether the pictures of small nodes are wider than these. */
  private readonly widened: boolean = $derived.by(() => this.kind === "examples" && this.patches?.kind !== "photo" && (this.computed.visible?.nNodes ?? 0) <= FEW);

  /** Nodes in view that are wide enough for an image of the kind that is asked for. */
  readonly wide: number[] = $derived.by(() => {
    if (this.kind === "none" || !this.camera) return [];
    const near = this.nodesIn(VIEW_MARGIN);
    return this.widened ? near : ofWidth(near, this.computed.radii, this.camera, WIDE_ENOUGH[this.kind]).slice(0, MAX_DRAWN);
  });

  readonly drawn: NodeSprite[] = $derived.by(() => {
    const { loaded, drawn } = this.session;
    if (!loaded || !this.camera) return [];
    const least = this.widened ? LEAST_PATCH / 2 / radiusFactor(scaleOf(this.camera)) : 0;
    return this.wide.flatMap((node) => {
      const image = this.kind === "activations" ? this.activation(loaded.graph.digest, node) : this.example(node);
      return image ? [{ ...image, node, x: drawn[2 * node], y: drawn[2 * node + 1], radius: Math.max(least, this.computed.radii[node]) }] : [];
    });
  });

  private nodesIn(around: number): number[] {
    const { drawn, viewport } = this.session;
    const { visible, radii } = this.computed;
    return visible && this.camera ? nodesInView({ visible, xy: drawn, radii }, this.camera, viewport, around) : [];
  }

  private activation(graph: string, node: number): Pick<NodeSprite, "url" | "round" | "strength"> | null {
    const image = this.activationImages.ofNodes(graph)?.get(node);
    if (!image) return null;
    const seen = this.computed.strength?.[node] ?? 1;
    return { url: this.session.client.imageAddress(image.digest, null), round: true, strength: seen * (converged(image.cosine) ? 1 : FAILED_STRENGTH) };
  }

  private example(node: number): Pick<NodeSprite, "url" | "round" | "strength" | "side" | "instead"> | null {
    const { graph } = this.session.loaded as LoadedGraph;
    const medoid = graph.nodes.medoid?.[node] ?? -1;
    const large = this.sharp.has(node) ? this.pictures.get(graph.layer, medoid, LARGE) : null;
    const picture = large ?? this.pictures.get(graph.layer, medoid, SMALL);
    return picture && { url: picture.url, round: false, instead: this.patches?.kind !== "photo", strength: this.computed.strength?.[node] ?? 1, side: large ? LARGE : SMALL };
  }

  /** Nodes that are wider than the small pictures. */
  private readonly sharp: Set<number> = $derived.by(() => {
    const { camera } = this;
    return new Set(camera && this.kind === "examples" ? ofWidth(this.wide, this.computed.radii, camera, SMALL / devicePixelRatio) : []);
  });

  /** Ask for the pictures that are to be drawn; called in an effect. */
  ask(): void {
    const { loaded } = this.session;
    const medoids = loaded?.graph.nodes.medoid;
    if (!medoids || !this.patches || this.kind !== "examples") return;
    const of = (nodes: Iterable<number>) => [...nodes].map((node) => medoids[node]);
    this.pictures.want(loaded.graph.layer, of(this.wide), SMALL);
    this.pictures.want(loaded.graph.layer, of(this.sharp), LARGE);
  }
}
