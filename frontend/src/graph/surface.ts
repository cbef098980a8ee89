/** A WebGL surface of deck.gl that only draws: pointer and camera belong to the views. */

import { Deck, type Layer, OrthographicView } from "@deck.gl/core";
import type { Camera } from "../state/view";

export function hasWebGl2(): boolean {
  if (new URLSearchParams(location.search).has("no-webgl")) return false;
  return document.createElement("canvas").getContext("webgl2") !== null;
}

export class Surface {
  private readonly deck: Deck<OrthographicView>;

  constructor(canvas: HTMLCanvasElement, onError: (message: string) => void) {
    this.deck = new Deck({
      canvas,
      width: canvas.clientWidth || 1,
      height: canvas.clientHeight || 1,
      views: new OrthographicView({ id: "plane", flipY: false, controller: false }),
      viewState: { target: [0, 0, 0], zoom: 0 },
      layers: [],
      pickingRadius: 0,
      onError: (error) => onError(error.message),
    });
  }

  draw(layers: Layer[], camera: Camera, width: number, height: number): void {
    const viewState = { target: [camera.x, camera.y, 0] as [number, number, number], zoom: camera.zoom };
    this.deck.setProps({ layers, viewState: viewState as never, width, height });
  }

  close(): void {
    this.deck.finalize();
  }
}
