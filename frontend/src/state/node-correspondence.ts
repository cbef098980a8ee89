/** The nodes of one graph that correspond to those of another, and what becomes of a view that names them. */

import type { Graph } from "../api/types";
import type { LoadedGraph } from "./loaded-graph";
import { membersOf } from "./members";
import { sameNodes, sameTree, successorIn } from "./mode-tree";
import { continued } from "./transition";
import { NONE_KEPT, NOTHING, type Selection, type ViewState } from "./view";

type Drawn = Pick<LoadedGraph, "graph" | "members">;

/** Return the node that a node has become, or nothing. */
export type NodeMap = (id: number) => number | undefined;

/** The fields of a view that name nodes of its graph. */
export type NodeReferences = Pick<ViewState, "selection" | "pins" | "path" | "kept">;

export const NO_REFERENCES: NodeReferences & Pick<ViewState, "finding"> = { selection: NOTHING, pins: [], path: null, kept: NONE_KEPT, finding: null };

/** Return for each node of a graph the node of the one before that it continues, or −1. */
export const survivorsOf = (next: Graph, before: Graph): number[] => (sameTree(next, before) ? sameNodes(next, before) : next.survivors);

/** Return what becomes of a node: of two cuts of one tree, the node that contains it where it is not there itself. */
export function correspondence(before: Drawn, next: Drawn, survivors: number[]): NodeMap {
  if (!sameTree(before.graph, next.graph)) return (id) => continued([id], survivors)[0];
  return (id) => successorIn(next.graph, next.members, before.graph, membersOf(before.members, id)[0], id);
}

/** Return what is left of the nodes that a view names. */
export function carriedOver({ selection, pins, path, kept }: NodeReferences, nodeMap: NodeMap): NodeReferences {
  return { selection: selectionOf(selection, nodeMap), pins: pinsOf(pins, nodeMap), path: pathOf(path, nodeMap), kept: { a: idsOf(kept.a, nodeMap), b: idsOf(kept.b, nodeMap) } };
}

/** Return what a view names, without nodes that the graph does not have. */
export function existing({ selection, ...named }: NodeReferences, { graph }: Pick<Drawn, "graph">): NodeReferences {
  const self: NodeMap = (id) => (id < graph.nodes.size.length ? id : undefined);
  const lost = selection.kind === "edge" && [selection.source, selection.target].some((id) => self(id) === undefined);
  const left = carriedOver({ ...named, selection: selection.kind === "edge" ? NOTHING : selection }, self);
  return selection.kind === "edge" && !lost ? { ...left, selection } : left;
}

const idsOf = (ids: number[], nodeMap: NodeMap): number[] => [...new Set(ids.flatMap((id) => nodeMap(id) ?? []))];

function selectionOf(selection: Selection, nodeMap: NodeMap): Selection {
  if (selection.kind === "edge") return NOTHING;
  if (selection.kind !== "nodes") return selection;
  const ids = idsOf(selection.ids, nodeMap);
  return ids.length ? { kind: "nodes", ids } : NOTHING;
}

function pathOf(path: ViewState["path"], nodeMap: NodeMap): ViewState["path"] {
  const [from, to] = path?.map(nodeMap) ?? [];
  return from === undefined || to === undefined || from === to ? null : [from, to];
}

/** Return the pins at the nodes of the next graph; of those that have become one, the first keeps its place. */
function pinsOf(pins: ViewState["pins"], nodeMap: NodeMap): ViewState["pins"] {
  const moved = new Map<number, ViewState["pins"][number]>();
  for (const [node, x, y] of pins) {
    const to = nodeMap(node);
    if (to !== undefined && !moved.has(to)) moved.set(to, [to, x, y]);
  }
  return [...moved.values()];
}
