/** What is asked for when a graph is taken away as it is seen. */

import type { ExportRequest, Graph } from "../api/types";
import type { NodeImageKind, ViewState } from "./view";

export type FileKind = ExportRequest["kind"];

/** Millimetres of the columns of a paper. */
export const PAPER_WIDTHS: [label: string, width: number][] = [
  ["one column", 89],
  ["two columns", 183],
];

/** What of the view is derived: the mode of the colours, the column of the classes, empty without any, and what is drawn in nodes. */
export interface Seen {
  colourMode: string;
  column: string;
  images: NodeImageKind;
}

/** Return the request for a file of a graph as it is seen. */
export function exportRequest(kind: FileKind, graph: Graph, view: ViewState, seen: Seen, width: number): ExportRequest {
  const byClass = COLOURED_BY_CLASS.includes(seen.colourMode);
  return {
    graph: graph.digest,
    layout: graph.layout,
    kind,
    colour: byClass ? seen.column || null : seen.colourMode.replace(/^(column|point):/, ""),
    pies: view.pies,
    labels: view.labels,
    fade: view.fade,
    images: seen.images !== "none",
    weaker: view.weaker,
    min_jaccard: view.minJaccard,
    min_size: view.minSize,
    pins: view.pins,
    width,
  };
}

const COLOURED_BY_CLASS = ["majority", "purity", "stability"];

/** Say what of the view pictures do not show, or return null. */
export function leftBehind(view: ViewState, seen: Seen): string | null {
  const things = [
    ...(["purity", "stability"].includes(seen.colourMode) ? [`the colours of ${seen.colourMode} (they show classes)`] : []),
    ...(seen.images === "activations" ? ["activation images (they show the nearest example)"] : []),
    ...(view.selection.kind !== "none" || view.classes.length || view.find ? ["what is selected or searched"] : []),
  ];
  return things.length ? `Pictures leave out ${things.join(", and ")}.` : null;
}
