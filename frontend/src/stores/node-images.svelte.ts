/** The images that are drawn in nodes: examples nearest to the mean, or activation images of the mean. */

import type { NodeImage } from "../graph/layers";
import { nodesInView, ofWidth } from "../graph/on-screen";
import { converged } from "../state/fidelity";
import type { Pictures } from "./activation-images.svelte";
import type { Reading } from "./derived.svelte";
import type { Session } from "./session.svelte";

/** Pixels from which a node is wide enough for an image. */
const WIDE_ENOUGH = { none: Infinity, examples: 22, activations: 36 };
const MOST_DRAWN = 240;
const BORDER = 40;
/** How strongly the image of a failed optimisation is drawn. */
const FAILED = 0.3;

export class NodeImages {
  constructor(
    private readonly session: Session,
    private readonly reading: Reading,
    private readonly pictures: Pictures,
  ) {}

  private readonly kind = $derived.by(() => this.session.view.images);
  private readonly camera = $derived.by(() => this.session.view.camera);

  /** Whether the nodes of this graph have activation images, or can have them. */
  readonly offered = $derived.by(() => {
    const { shown, study } = this.session;
    if (!shown || shown.graph.given || study.texts) return false;
    return study.pictures || (this.pictures.ofNodes(shown.graph.digest)?.size ?? 0) > 0;
  });

  /** Nodes in view, the largest first. */
  readonly inView: number[] = $derived.by(() => this.nodesIn(0));

  /** Nodes in view that are wide enough for an image of the kind that is asked for. */
  readonly wide: number[] = $derived.by(() => {
    if (this.kind === "none" || !this.camera) return [];
    return ofWidth(this.nodesIn(BORDER), this.reading.radii, this.camera, WIDE_ENOUGH[this.kind]).slice(0, MOST_DRAWN);
  });

  readonly drawn: NodeImage[] = $derived.by(() => {
    const { shown, drawn } = this.session;
    if (!shown) return [];
    return this.wide.flatMap((node) => {
      const image = this.kind === "activations" ? this.activation(shown.graph.digest, node) : this.example(node);
      return image ? [{ ...image, node, x: drawn[2 * node], y: drawn[2 * node + 1], radius: this.reading.radii[node] }] : [];
    });
  });

  private nodesIn(around: number): number[] {
    const { drawn, viewport } = this.session;
    const { visible, radii } = this.reading;
    return visible && this.camera ? nodesInView({ visible, xy: drawn, radii }, this.camera, viewport, around) : [];
  }

  private activation(graph: string, node: number): Pick<NodeImage, "url" | "round" | "strength"> | null {
    const image = this.pictures.ofNodes(graph)?.get(node);
    if (!image) return null;
    const seen = this.reading.strength?.[node] ?? 1;
    return { url: this.session.client.picture(image.digest, null), round: true, strength: seen * (converged(image.cosine) ? 1 : FAILED) };
  }

  private example(node: number): Pick<NodeImage, "url" | "round" | "strength"> | null {
    const { shown, study, client } = this.session;
    const medoid = shown?.graph.nodes.medoid?.[node];
    if (!study.has_thumbnails || medoid === undefined) return null;
    return { url: client.thumbnail(shown?.points.example[medoid] ?? 0), round: false, strength: 1 };
  }
}
