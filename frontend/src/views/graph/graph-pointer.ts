/** Pointer and wheel on the graph: move, zoom, hover, select, pin. */

import { pan, toScreen, toWorld, zoomAt } from "../../graph/camera";
import { type Hit, pick } from "../../graph/pick";
import { NOTHING, type ViewState } from "../../state/view";
import type { Explorer } from "../../stores/explorer";

interface Drag {
  hit: Hit;
  startX: number;
  startY: number;
  x: number;
  y: number;
  moved: boolean;
  before: ViewState;
  /** From the pointer to the node's centre, in pixels. */
  grip: [number, number];
}

const CLICK_SLACK = 4;
/** Milliseconds without a turn of the wheel after which the graph is at rest. */
const REST = 180;

export function graphPointer(canvas: HTMLCanvasElement, explorer: Explorer) {
  const { session, computed } = explorer;
  let drag: Drag | null = null;
  let resting: ReturnType<typeof setTimeout> | undefined;

  const pixel = (event: MouseEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  const hitAt = (x: number, y: number): Hit => {
    const { loaded, drawn, viewport, view } = session;
    if (!loaded || !computed.visible || !view.camera) return null;
    return pick({ graph: loaded.graph, visible: computed.visible, xy: drawn, radii: computed.radii }, view.camera, viewport, x, y);
  };

  function hover(hit: Hit) {
    if (hit?.kind !== session.hovered?.kind || hit?.id !== session.hovered?.id) session.hovered = hit;
  }

  function down(event: PointerEvent) {
    if (event.button !== 0 || !session.view.camera) return;
    const [x, y] = pixel(event);
    const hit = hitAt(x, y);
    drag = { hit, startX: x, startY: y, x, y, moved: false, before: session.view, grip: gripOn(hit, x, y) };
    canvas.setPointerCapture(event.pointerId);
  }

  function gripOn(hit: Hit, x: number, y: number): [number, number] {
    if (hit?.kind !== "node" || !session.view.camera) return [0, 0];
    const [cx, cy] = toScreen(session.view.camera, session.viewport, session.drawn[2 * hit.id], session.drawn[2 * hit.id + 1]);
    return [cx - x, cy - y];
  }

  function move(event: PointerEvent) {
    const [x, y] = pixel(event);
    if (!drag) {
      clearTimeout(resting);
      return hover(hitAt(x, y));
    }
    drag.moved ||= Math.hypot(x - drag.startX, y - drag.startY) > CLICK_SLACK;
    if (!drag.moved) return;
    hover(null);
    if (drag.hit?.kind === "node") pinAt(drag.hit.id, x + drag.grip[0], y + drag.grip[1]);
    else if (session.view.camera) session.update({ camera: pan(session.view.camera, x - drag.x, y - drag.y) }, false);
    drag.x = x;
    drag.y = y;
  }

  function pinAt(node: number, x: number, y: number) {
    if (!session.view.camera) return;
    const [wx, wy] = toWorld(session.view.camera, session.viewport, x, y);
    const others = session.view.pins.filter(([other]) => other !== node);
    session.update({ pins: [...others, [node, wx, wy]] }, false);
  }

  function up(event: PointerEvent) {
    const ended = drag;
    drag = null;
    if (!ended) return;
    if (!ended.moved) click(ended.hit, event.shiftKey || event.ctrlKey || event.metaKey);
    else if (ended.hit?.kind === "node") session.recordSince(ended.before);
  }

  function click(hit: Hit, adding: boolean) {
    if (hit?.kind === "node") {
      if (adding) session.toggleNode(hit.id);
      else session.select({ kind: "nodes", ids: [hit.id] });
    } else if (hit?.kind === "edge" && session.loaded) {
      const { source, target } = session.loaded.graph.edges;
      session.select({ kind: "edge", source: source[hit.id], target: target[hit.id] });
    } else if (!adding && (session.view.selection.kind !== "none" || session.view.finding)) {
      session.update({ selection: NOTHING, finding: null });
    }
  }

  function unpin(event: MouseEvent) {
    const hit = hitAt(...pixel(event));
    if (hit?.kind === "node") session.update({ pins: session.view.pins.filter(([node]) => node !== hit.id) });
    else session.fitView();
  }

  function wheel(event: WheelEvent) {
    event.preventDefault();
    if (!session.view.camera) return;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    const by = Math.max(-1, Math.min(1, (-event.deltaY * lines * (event.ctrlKey ? 4 : 1)) / 300));
    const [x, y] = pixel(event);
    session.update({ camera: zoomAt(session.view.camera, session.viewport, x, y, by) }, false);
    rest(x, y);
  }

  /** Show nothing of what lies under the pointer until the graph has come to rest below it. */
  function rest(x: number, y: number) {
    hover(null);
    clearTimeout(resting);
    resting = setTimeout(() => hover(hitAt(x, y)), REST);
  }

  const leave = () => {
    clearTimeout(resting);
    hover(null);
  };
  const listeners: [string, EventListener, AddEventListenerOptions?][] = [
    ["pointerdown", down as EventListener],
    ["pointermove", move as EventListener],
    ["pointerup", up as EventListener],
    ["pointercancel", () => (drag = null)],
    ["pointerleave", leave],
    ["dblclick", unpin as EventListener],
    ["wheel", wheel as EventListener, { passive: false }],
  ];
  for (const [name, listener, options] of listeners) canvas.addEventListener(name, listener, options);
  return {
    destroy: () => {
      for (const [name, listener] of listeners) canvas.removeEventListener(name, listener);
    },
  };
}
