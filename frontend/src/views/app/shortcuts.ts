/** Keys that work anywhere on the page, in one table that "?" shows. */

import { flushSync } from "svelte";
import { neighbours, neighbourTowards } from "../../state/visible";
import type { Explorer } from "../../stores/explorer";

export const SHORTCUTS: [keys: string, meaning: string][] = [
  ["Esc", "Clear the selection, the path and the class search"],
  ["F", "Fit the graph into the view"],
  ["L", "Recompute the layout; pins are released"],
  ["P", "Pies of classes in the nodes"],
  ["I · A", "Examples · activation images in the nodes, once they are large enough"],
  ["T", "Table of nodes"],
  ["B", "Locate an input of your own in the graph"],
  ["/", "Search a class or another value"],
  ["← ↑ → ↓", "Walk from the selected node to a neighbour"],
  ["Ctrl Z · Ctrl ⇧ Z", "Undo · redo"],
  ["[ · ]", "Previous · next layer"],
  ["?", "This list"],
];

export const GESTURES: [gesture: string, meaning: string][] = [
  ["Drag, wheel", "Move and zoom the graph"],
  ["Click a node", "Select it; with Shift, add it or take it away"],
  ["Two nodes selected", "“Path between them” shows the nodes of the shortest path as a strip"],
  ["Keep as A, as B", "Compare two selections and their difference"],
  ["Click an edge", "Select the points that its two nodes share"],
  ["Drag a node", "Pin it there; double-click to release it"],
  ["Draw in the projection", "Select points and highlight the nodes that contain them"],
  ["Click a point there", "Select the nodes that contain it"],
  ["Drop or paste an image", "Locate it in every layer, if started with --model"],
  ["Click an example", "Keep its card open, for the activation image of the point"],
];

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/**
 * What lies over the page, which Escape closes first; asked of the document, because events tell of it too late. A browser
 * without popovers does not know the second part, and `:is` leaves it out.
 */
const OPEN = ":is(dialog[open], :popover-open)";

export function shortcut(event: KeyboardEvent, explorer: Explorer, help: () => void): void {
  const target = event.target as HTMLElement;
  if (event.key === "Escape") return document.querySelector(OPEN) ? undefined : explorer.session.clear();
  const typing = target.closest("input[type=number], input[type=search], select, textarea, dialog");
  if (typing || event.altKey) return;
  if (event.ctrlKey || event.metaKey) return undoOrRedo(event, explorer);
  if (ARROWS[event.key]) return target.closest("[data-arrows], input") ? undefined : walk(event, explorer);
  const act = actions(explorer, help)[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function actions({ session, computed, nodeImages, locator }: Explorer, help: () => void): Record<string, () => unknown> {
  const { view } = session;
  return {
    f: () => session.fitView(),
    l: () => session.relayout(),
    p: () => computed.column && session.update({ colour: "majority", pies: !computed.pies }),
    i: () => session.update({ images: nodeImages.kind === "examples" ? "none" : "examples" }),
    a: () => session.update({ images: nodeImages.kind === "activations" ? "none" : "activations" }),
    t: () => session.update({ panels: { ...view.panels, table: !view.panels.table } }),
    b: () => locator.toggle(),
    "/": () => {
      session.update({ panels: { ...view.panels, left: true } }, false);
      flushSync();
      document.getElementById("class-search")?.focus();
    },
    "?": help,
    "[": () => stepLayer(session, -1),
    "]": () => stepLayer(session, 1),
  };
}

function stepLayer(session: Explorer["session"], by: number): void {
  const { layers } = session.study;
  const index = layers.findIndex((layer) => layer.id === session.view.layer);
  const next = layers[index + by];
  if (next) session.switchLayer(next.id);
}

function undoOrRedo(event: KeyboardEvent, { session }: Explorer): void {
  if (event.key.toLowerCase() !== "z") return;
  event.preventDefault();
  if (event.shiftKey) session.redo();
  else session.undo();
}

function walk(event: KeyboardEvent, { session, computed }: Explorer): void {
  const { loaded } = session;
  const node = [...computed.selectedNodes].at(-1);
  if (!loaded || !computed.visible || node === undefined) return;
  event.preventDefault();
  const candidates = neighbours(loaded.graph, computed.visible).get(node) ?? [];
  const [dx, dy] = ARROWS[event.key];
  const next = neighbourTowards(node, candidates, session.drawn, dx, dy);
  if (next === null) return;
  session.select({ kind: "nodes", ids: [next] });
  session.reveal(next);
}
