/** Images clipped to the circle that touches their edges. */

import type { Layer } from "@deck.gl/core";
import { IconLayer } from "@deck.gl/layers";

export class RoundImageLayer<DataT = unknown> extends IconLayer<DataT> {
  static override layerName = "RoundImageLayer";

  override getShaders(): ReturnType<Layer["getShaders"]> {
    const inject = {
      "fs:#main-end": `
        float away = length(uv);
        fragColor.a *= 1.0 - smoothstep(1.0 - 1.5 * fwidth(away), 1.0, away);`,
    };
    return { ...super.getShaders(), inject };
  }
}
