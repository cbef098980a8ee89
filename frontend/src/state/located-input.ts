/** The location of an input of one's own, in words. */

import type { LayerLocation, LocatedInput } from "../api/types";
import { plural } from "./format";

/** Bytes of an image that the server takes. */
export const MAX_IMAGE_BYTES = 50_000_000;

export const locationIn = (located: LocatedInput | null, layer: number): LayerLocation | null => located?.locations.find((location) => location.layer === layer) ?? null;

/** Return the nodes of the graph that is shown that contain an input, those of most vectors first. */
export function locatedNodes(located: LocatedInput | null, graph: { layer: number; digest: string } | null): number[] {
  const location = graph && locationIn(located, graph.layer);
  return location && location.graph === graph.digest ? location.nodes.map(({ node }) => node) : [];
}

export type Verdict = "inside" | "partly" | "outside" | "none";

export function verdictOf({ n, n_inside }: Pick<LayerLocation, "n" | "n_inside">): Verdict {
  if (!n) return "none";
  return n_inside === n ? "inside" : n_inside ? "partly" : "outside";
}

/** Return the location of an input in as few words as a list has room for. */
export function shortText(location: LayerLocation): string {
  const verdict = verdictOf(location);
  if (verdict === "none") return "no graph";
  if (verdict === "outside") return "outside";
  const [first, ...others] = location.nodes.map(({ node }) => node);
  if (!others.length) return `node ${first}`;
  return location.n === 1 ? `nodes ${[first, ...others].join(", ")}` : plural(location.nodes.length, "node");
}

/** Return how far within what is usual an input lies, 0 on a point of the layer and 1 at the limit; more is outside. */
export function remoteness({ reach, usual }: Pick<LayerLocation, "reach" | "usual">): number | null {
  return reach === null || usual === null || !usual ? null : reach / usual;
}

/** Return why a file cannot be sent, or null. */
export function refused(file: Pick<File, "size" | "name">): string | null {
  if (!file.size) return `${file.name} is empty`;
  if (file.size > MAX_IMAGE_BYTES) return `An image may have ${MAX_IMAGE_BYTES / 1e6} MB: ${file.name} has ${Math.round(file.size / 1e6)}`;
  return null;
}

/** Return the node of each word, null where no node contains it. */
export function nodesOfWords({ nodes, spans }: Pick<LayerLocation, "nodes" | "spans">): (number | null)[] {
  const holders: (number | null)[] = spans.map(() => null);
  for (const { node, vectors } of nodes) for (const i of vectors) holders[i] ??= node;
  return holders;
}
