/** What points see of their photos, as pictures: asked for in batches, kept by point, so that a new graph asks for few. */

import { SvelteMap } from "svelte/reactivity";
import type { Client } from "../api/client";
import type { Region } from "../state/region";

export interface Picture {
  url: string;
  /** The part of the photo that it shows. */
  region: Region;
}

/** Pixels of the pictures of the gallery. */
export const GALLERY_SIDE = 96;
/** Points of one request; the addresses of more would be long. */
const BATCH = 128;
/** Pictures that are kept; those that came first go first. */
const MOST = 4_000;
const PNG = 0x89;

export class PatchPictures {
  private readonly known = new SvelteMap<string, Picture | null>();
  private readonly asked = new Set<string>();
  private readonly waiting = new Map<string, number[]>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly client: Client) {}

  /** Return a picture of at most so many pixels a side; null while it is not there, or if there is none. */
  get(layer: number, point: number, side: number): Picture | null {
    return this.known.get(`${layer} ${side} ${point}`) ?? null;
  }

  /** Ask for pictures that are not there yet; an effect may call this. */
  want(layer: number, points: Iterable<number>, side: number): void {
    const missing = [...points].filter((point) => !this.asked.has(`${layer} ${side} ${point}`));
    if (!missing.length) return;
    missing.forEach((point) => this.asked.add(`${layer} ${side} ${point}`));
    const key = `${layer} ${side}`;
    this.waiting.set(key, [...(this.waiting.get(key) ?? []), ...missing]);
    this.timer ??= setTimeout(() => this.flush(), 0);
  }

  private flush(): void {
    this.timer = null;
    for (const [key, points] of this.waiting) {
      const [layer, side] = key.split(" ").map(Number);
      for (let start = 0; start < points.length; start += BATCH) void this.fetch(layer, side, points.slice(start, start + BATCH));
    }
    this.waiting.clear();
  }

  private async fetch(layer: number, side: number, points: number[]): Promise<void> {
    const keys = points.map((point) => `${layer} ${side} ${point}`);
    const found = await this.client.patches(layer, points, side).catch(() => null);
    if (!found) keys.forEach((key) => this.asked.delete(key));
    else keys.forEach((key, i) => this.known.set(key, pictureOf(found.content.subarray(found.end[i - 1] ?? 0, found.end[i]), found.region.subarray(4 * i, 4 * i + 4))));
    this.forget();
  }

  private forget(): void {
    for (const [key, picture] of this.known) {
      if (this.known.size <= MOST) return;
      if (picture) URL.revokeObjectURL(picture.url);
      this.known.delete(key);
      this.asked.delete(key);
    }
  }
}

function pictureOf(bytes: Uint8Array<ArrayBuffer>, region: Float32Array): Picture | null {
  if (!bytes.length) return null;
  const type = bytes[0] === PNG ? "image/png" : "image/jpeg";
  return { url: URL.createObjectURL(new Blob([bytes], { type })), region: [...region] as unknown as Region };
}
