/**
 * Pies as one instance per slice. A slice covers the disc from its start to the end of the turn and the next one is
 * painted over it, so that borders between slices are smooth without a texture and the number of slices has no limit.
 */

import type { Layer } from "@deck.gl/core";
import { ScatterplotLayer } from "@deck.gl/layers";

const TURN = "6.28318530718";

export class PieLayer<DataT = unknown> extends ScatterplotLayer<DataT, { getStart?: number }> {
  static override layerName = "PieLayer";
  static override defaultProps: typeof ScatterplotLayer.defaultProps = { getStart: { type: "accessor", value: 0 } } as object;

  override initializeState(): void {
    super.initializeState();
    this.getAttributeManager()?.addInstanced({ instanceStarts: { size: 1, accessor: "getStart", defaultValue: 0 } });
  }

  override getShaders(): ReturnType<Layer["getShaders"]> {
    const shaders = super.getShaders();
    return {
      ...shaders,
      inject: {
        "vs:#decl": "in float instanceStarts; out float vStart;",
        "vs:#main-end": "vStart = instanceStarts;",
        "fs:#decl": "in float vStart;",
        "fs:#main-end": `
          if (vStart > 0.0) {
            float turn = fract(atan(unitPosition.x, unitPosition.y) / ${TURN} + 1.0);
            float pixel = 1.0 / (${TURN} * max(length(unitPosition) * outerRadiusPixels, 0.5));
            float begun = smoothstep(-0.7 * pixel, 0.7 * pixel, turn - vStart);
            float ended = smoothstep(-0.7 * pixel, 0.7 * pixel, 1.0 - turn);
            fragColor.a *= min(begun, ended);
          }`,
      },
    };
  }
}
