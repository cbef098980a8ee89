/** `window.topoact`: a read-only look at the state, for debugging and for tests. */

import { toScreen } from "../../graph/camera";
import type { Explorer } from "../../stores/explorer";

declare global {
  interface Window {
    topoact?: { state: () => unknown; layout: () => string | null };
  }
}

export function exposeHandle(explorer: Explorer): void {
  const layout = () => explorer.session.shown?.graph.layout ?? null;
  window.topoact = { state: () => snapshot(explorer), layout };
}

function snapshot({ session, reading, planes, findings, pictures, nodeImages, probing }: Explorer) {
  const { view, shown, viewport } = session;
  const box = document.getElementById("graph-canvas")?.getBoundingClientRect();
  return {
    view: structuredClone(view),
    pending: session.pending !== null || session.moving || planes.pending !== null,
    problem: session.problem,
    theme: session.dark ? "dark" : "light",
    graph: shown && {
      digest: shown.graph.digest,
      layout: shown.graph.layout,
      layer: shown.graph.layer,
      survivors: shown.graph.survivors,
      nodes: shown.graph.nodes.size.map((size, id) => ({
        id,
        size,
        x: session.drawn[2 * id],
        y: session.drawn[2 * id + 1],
        screen: view.camera && box ? pageXy(toScreen(view.camera, viewport, session.drawn[2 * id], session.drawn[2 * id + 1]), box) : null,
        majority: reading.column?.values[reading.classes?.majority[id] ?? -1] ?? null,
        fill: reading.colouring?.nodes[id] ?? null,
        purity: reading.classes?.purity[id] ?? null,
        interval: shown.graph.nodes.interval[id],
        mode: shown.graph.nodes.mode?.[id] ?? null,
        prominence: shown.graph.nodes.prominence?.[id] ?? null,
        group: shown.graph.nodes.group?.[id] ?? null,
        strength: reading.strength?.[id] ?? 1,
        members: Array.from(shown.members.indices.subarray(shown.members.indptr[id], shown.members.indptr[id + 1])),
      })),
      nEdges: shown.graph.edges.source.length,
    },
    visible: reading.visible && { nodes: reading.visible.nNodes, edges: reading.visible.edges.length },
    found: findings.found(shown?.graph),
    stability: findings.stability(shown?.graph),
    path: reading.path,
    images: {
      works: pictures.works.length,
      stored: [...(pictures.ofNodes(shown?.graph.digest)?.values() ?? [])],
      drawn: nodeImages.drawn.map(({ node }) => node),
    },
    probe: {
      known: probing.probe,
      nodes: probing.nodes,
      pending: probing.pending !== null,
      problem: probing.problem,
    },
    highlighted: reading.lit ? Array.from(reading.lit.ids) : [],
    focus: Array.from(reading.focus),
  };
}

const pageXy = ([x, y]: [number, number], box: DOMRect): [number, number] => [x + box.left, y + box.top];
