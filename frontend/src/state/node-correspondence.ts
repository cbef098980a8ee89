/** What becomes of that which names nodes, when a graph replaces another. */

import type { Members } from "../api/client";
import type { Graph } from "../api/types";
import { membersOf } from "./members";
import { heirIn, sameNodes, sameTree } from "./mode-tree";
import { continued } from "./transition";
import { NONE_KEPT, NOTHING, type Selection, type ViewState } from "./view";

interface Drawn {
  graph: Graph;
  members: Members;
}

/** Return the node that a node has become, or nothing. */
export type Heir = (id: number) => number | undefined;

/** The fields of a view that name nodes of its graph. */
export type Named = Pick<ViewState, "selection" | "pins" | "path" | "kept">;

export const NONE_NAMED: Named = { selection: NOTHING, pins: [], path: null, kept: NONE_KEPT };

/** Return for each node of a graph the node of the one before that it continues, or −1. */
export const survivorsOf = (next: Graph, before: Graph): number[] => (sameTree(next, before) ? sameNodes(next, before) : next.survivors);

/** Return what becomes of a node: of two cuts of one tree, the node that contains it where it is not there itself. */
export function heirs(before: Drawn, next: Drawn, survivors: number[]): Heir {
  if (!sameTree(before.graph, next.graph)) return (id) => continued([id], survivors)[0];
  return (id) => heirIn(next.graph, next.members, before.graph, membersOf(before.members, id)[0], id);
}

/** Return what is left of the nodes that a view names. */
export function inherited({ selection, pins, path, kept }: Named, heir: Heir): Named {
  return { selection: selectionOf(selection, heir), pins: pinsOf(pins, heir), path: pathOf(path, heir), kept: { a: idsOf(kept.a, heir), b: idsOf(kept.b, heir) } };
}

/** Return what a view names, without nodes that the graph does not have. */
export function known({ selection, ...named }: Named, { graph }: Pick<Drawn, "graph">): Named {
  const self: Heir = (id) => (id < graph.nodes.size.length ? id : undefined);
  const lost = selection.kind === "edge" && [selection.source, selection.target].some((id) => self(id) === undefined);
  const left = inherited({ ...named, selection: selection.kind === "edge" ? NOTHING : selection }, self);
  return selection.kind === "edge" && !lost ? { ...left, selection } : left;
}

const idsOf = (ids: number[], heir: Heir): number[] => [...new Set(ids.flatMap((id) => heir(id) ?? []))];

function selectionOf(selection: Selection, heir: Heir): Selection {
  if (selection.kind === "edge") return NOTHING;
  if (selection.kind !== "nodes") return selection;
  const ids = idsOf(selection.ids, heir);
  return ids.length ? { kind: "nodes", ids } : NOTHING;
}

function pathOf(path: ViewState["path"], heir: Heir): ViewState["path"] {
  const [from, to] = path?.map(heir) ?? [];
  return from === undefined || to === undefined || from === to ? null : [from, to];
}

/** Return the pins of the heirs; of those that have become one, the first keeps its place. */
function pinsOf(pins: ViewState["pins"], heir: Heir): ViewState["pins"] {
  const moved = new Map<number, ViewState["pins"][number]>();
  for (const [node, x, y] of pins) {
    const to = heir(node);
    if (to !== undefined && !moved.has(to)) moved.set(to, [to, x, y]);
  }
  return [...moved.values()];
}
