/** Images whose longer side has the size that is asked for, so that a wide one stays inside its square. */

import type { Layer } from "@deck.gl/core";
import { IconLayer } from "@deck.gl/layers";

export class FittedImageLayer<DataT = unknown> extends IconLayer<DataT> {
  static override layerName = "FittedImageLayer";

  override getShaders(): ReturnType<Layer["getShaders"]> {
    const inject = {
      "vs:#main-end": `
        float fitted = min(1.0, instanceIconFrames.w / max(instanceIconFrames.z, 1.0));
        vec4 middle = project_position_to_clipspace(instancePositions, instancePositions64Low, vec3(0.0));
        gl_Position.xy = middle.xy + (gl_Position.xy - middle.xy) * fitted;`,
    };
    return { ...super.getShaders(), inject };
  }
}
