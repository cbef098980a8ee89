/** `window.topoact`: a read-only look at the state, for debugging and for tests. */

import { toScreen } from "../../graph/camera";
import type { Explorer } from "../../stores/explorer";

declare global {
  interface Window {
    topoact?: { state: () => unknown; layout: () => string | null; shown: () => string | null };
  }
}

export function exposeDebugHandle(explorer: Explorer): void {
  const layout = () => explorer.session.loaded?.graph.layout ?? null;
  /** Names the graph on screen; a look that costs nothing. */
  const shown = () => explorer.session.loaded?.graph.digest ?? null;
  window.topoact = { state: () => snapshot(explorer), layout, shown };
}

/** Return the state; what is large is made when it is read, because tests look again and again. */
function snapshot(explorer: Explorer) {
  const { session, computed, projections, reports, findings, activationImages, nodeImages, nodeLabels, locator } = explorer;
  const { loaded } = session;
  return {
    get view() {
      return structuredClone(session.view);
    },
    pending: session.graphJob.pending !== null || session.moving || projections.job.pending !== null,
    problem: session.graphJob.problem,
    theme: session.dark ? "dark" : "light",
    get graph() {
      return graphOnScreen(explorer);
    },
    visible: computed.visible && { nodes: computed.visible.nNodes, edges: computed.visible.edges.length, components: computed.visible.nComponents, carried: computed.visible.carried },
    names: nodeLabels.names,
    shape: findings.report,
    stability: reports.stability(loaded?.graph),
    path: computed.path,
    outlines: findings.outlines.map(({ path }) => path),
    get images() {
      const [stored, drawn] = [activationImages.ofNodes(loaded?.graph.digest)?.values() ?? [], nodeImages.drawn];
      return { jobs: activationImages.jobs.length, stored: [...stored], drawn: drawn.map(({ node }) => node) };
    },
    located: {
      known: locator.located,
      nodes: locator.nodes,
      pending: locator.job.pending !== null,
      problem: locator.job.problem,
    },
    get highlighted() {
      return computed.lit ? Array.from(computed.lit.ids) : [];
    },
    get focus() {
      return Array.from(computed.focus);
    },
  };
}

function graphOnScreen({ session, computed }: Explorer) {
  const { view, loaded, viewport } = session;
  if (!loaded) return null;
  const box = document.getElementById("graph-canvas")?.getBoundingClientRect();
  return {
    digest: loaded.graph.digest,
    layout: loaded.graph.layout,
    layer: loaded.graph.layer,
    survivors: loaded.graph.survivors,
    nodes: loaded.graph.nodes.size.map((size, id) => ({
      id,
      size,
      x: session.drawn[2 * id],
      y: session.drawn[2 * id + 1],
      screen: view.camera && box ? pageXy(toScreen(view.camera, viewport, session.drawn[2 * id], session.drawn[2 * id + 1]), box) : null,
      majority: computed.column?.values[computed.classes?.majority[id] ?? -1] ?? null,
      fill: computed.colouring?.nodes[id] ?? null,
      purity: computed.classes?.purity[id] ?? null,
      interval: loaded.graph.nodes.interval[id],
      mode: loaded.graph.nodes.mode?.[id] ?? null,
      prominence: loaded.graph.nodes.prominence?.[id] ?? null,
      group: loaded.graph.nodes.group?.[id] ?? null,
      strength: computed.strength?.[id] ?? 1,
      clarity: computed.clarity?.[id] ?? 1,
      radius: computed.radii[id],
      members: Array.from(loaded.members.indices.subarray(loaded.members.indptr[id], loaded.members.indptr[id + 1])),
    })),
    nEdges: loaded.graph.edges.source.length,
    arrangement: loaded.graph.arrangement,
    edges: loaded.graph.edges,
  };
}

const pageXy = ([x, y]: [number, number], box: DOMRect): [number, number] => [x + box.left, y + box.top];
