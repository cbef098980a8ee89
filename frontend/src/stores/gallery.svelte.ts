/** The examples of what is selected, in their order, and the one whose card is open. */

import { ordered } from "../state/example-order";
import { isWrong } from "../state/loaded-graph";
import type { ComputedState } from "./computed.svelte";
import type { NodeImages } from "./node-images.svelte";
import { GALLERY_SIDE, type PatchPictures } from "./patch-pictures.svelte";
import type { Session } from "./session.svelte";

/** A point whose card is shown, beside where it is listed. */
export interface Shown {
  point: number;
  box: DOMRect;
  edge: number;
}

const TILE = 60;
export const GAP = 6;

export class Gallery {
  wrongOnly = $state(false);
  /** Whether whole photos are shown, and not what the points see. */
  photos = $state(false);
  hovered = $state.raw<Shown | null>(null);
  /** The example that was opened, and where from. */
  opened = $state.raw<(Shown & { from: HTMLElement }) | null>(null);

  constructor(
    private readonly session: Session,
    private readonly computed: ComputedState,
    private readonly nodeImages: NodeImages,
    private readonly pictures: PatchPictures,
  ) {}

  private readonly wanted = $derived.by(() => this.session.view.order);
  readonly order = $derived.by(() => (this.wanted === "lens" && !this.session.loaded?.members.lens.length ? "stored" : this.wanted));

  /** Whether points see a part of their photos. */
  readonly hasPatches = $derived.by(() => (this.nodeImages.patches?.kind ?? "photo") !== "photo");
  readonly patched = $derived.by(() => this.hasPatches && !this.photos);

  /** Whether examples have several points each, of which the gallery lists one after the other. */
  readonly several = $derived.by(() => (this.session.loaded?.graph.n_points ?? 0) > this.session.study.n_examples);

  private readonly medoid = $derived.by(() => {
    const { selection } = this.computed;
    return this.several && selection.kind === "nodes" && selection.ids.length === 1 ? (this.session.loaded?.graph.nodes.medoid?.[selection.ids[0]] ?? null) : null;
  });

  readonly points: Uint32Array = $derived.by(() => {
    const { loaded } = this.session;
    if (!loaded) return new Uint32Array();
    const searched = this.computed.selected ? this.computed.searched : null;
    const kept = this.computed.focus.filter((point) => (!searched || searched.has(point)) && (!this.wrongOnly || isWrong(loaded, point)));
    return ordered(kept, this.order, loaded, this.computed.codes, this.medoid);
  });

  /** How many are listed before all that is said of the selection. */
  first(width: number): number {
    const { study } = this.session;
    if (!this.computed.selected) return 0;
    if (study.has_thumbnails) return 2 * tiles(width).across;
    return study.texts === "text" ? 2 : 4;
  }

  /** Ask for the pictures of some points; called in an effect. */
  ask(points: number[]): void {
    const { loaded } = this.session;
    if (loaded && this.hasPatches) this.pictures.want(loaded.graph.layer, points, GALLERY_SIDE);
  }

  /** Return the address of what stands for a point: what it sees, or its photo; see `ask`. */
  address(point: number): string | undefined {
    const { loaded, client } = this.session;
    if (!loaded) return undefined;
    return this.hasPatches ? this.pictures.get(loaded.graph.layer, point, GALLERY_SIDE)?.url : client.thumbnail(loaded.points.example[point]);
  }

  look(point: number, element: HTMLElement): void {
    this.hovered = beside(point, element);
  }

  open(point: number, from: HTMLElement): void {
    this.hovered = null;
    this.opened = this.opened?.point === point ? null : { ...beside(point, from), from };
  }

  close(): void {
    this.opened?.from.focus();
    this.opened = null;
  }

  forget(): void {
    this.hovered = null;
    this.opened = null;
  }
}

/** Return how many pictures lie beside each other in a width, and how wide each is. */
export function tiles(width: number): { across: number; side: number } {
  const across = Math.max(1, Math.floor((width + GAP) / (TILE + GAP)));
  return { across, side: Math.max(0, Math.floor((width + GAP) / across) - GAP) };
}

const beside = (point: number, element: HTMLElement): Shown => ({
  point,
  box: element.getBoundingClientRect(),
  edge: element.closest("section")?.getBoundingClientRect().left ?? 0,
});
