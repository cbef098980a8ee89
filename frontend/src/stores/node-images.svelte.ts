/** The images that are drawn in nodes: examples nearest to the mean, or activation images of the mean. */

import type { NodeSprite } from "../graph/layers";
import { nodesInView, ofWidth } from "../graph/on-screen";
import { converged } from "../state/fidelity";
import type { ActivationImages } from "./activation-images.svelte";
import type { ComputedState } from "./computed.svelte";
import type { Session } from "./session.svelte";

/** Pixels from which a node is wide enough for an image. */
const WIDE_ENOUGH = { none: Infinity, examples: 22, activations: 36 };
const MAX_DRAWN = 240;
const VIEW_MARGIN = 40;
/** How strongly the image of a failed optimisation is drawn. */
const FAILED_STRENGTH = 0.3;

export class NodeImages {
  constructor(
    private readonly session: Session,
    private readonly computed: ComputedState,
    private readonly activationImages: ActivationImages,
  ) {}

  private readonly kind = $derived.by(() => this.session.view.images);
  private readonly camera = $derived.by(() => this.session.view.camera);

  /** Whether the nodes of this graph have activation images, or can have them. */
  readonly offered = $derived.by(() => {
    const { whole, study } = this.session;
    if (!whole || whole.imported || study.texts) return false;
    return study.has_activation_images || (this.activationImages.ofNodes(whole.digest)?.size ?? 0) > 0;
  });

  /** Nodes in view, the largest first. */
  readonly inView: number[] = $derived.by(() => this.nodesIn(0));

  /** Nodes in view that are wide enough for an image of the kind that is asked for. */
  readonly wide: number[] = $derived.by(() => {
    if (this.kind === "none" || !this.camera) return [];
    return ofWidth(this.nodesIn(VIEW_MARGIN), this.computed.radii, this.camera, WIDE_ENOUGH[this.kind]).slice(0, MAX_DRAWN);
  });

  readonly drawn: NodeSprite[] = $derived.by(() => {
    const { loaded, drawn } = this.session;
    if (!loaded) return [];
    return this.wide.flatMap((node) => {
      const image = this.kind === "activations" ? this.activation(loaded.graph.digest, node) : this.example(node);
      return image ? [{ ...image, node, x: drawn[2 * node], y: drawn[2 * node + 1], radius: this.computed.radii[node] }] : [];
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

  private example(node: number): Pick<NodeSprite, "url" | "round" | "strength"> | null {
    const { loaded, study, client } = this.session;
    const medoid = loaded?.graph.nodes.medoid?.[node];
    if (!study.has_thumbnails || medoid === undefined) return null;
    return { url: client.thumbnail(loaded?.points.example[medoid] ?? 0), round: false, strength: 1 };
  }
}
