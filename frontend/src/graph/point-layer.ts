/**
 * Discs of one radius, drawn as points of the graphics library: one vertex each, where instances of a square are four
 * and cost a draw each on machines without a graphics card.
 */

import { type Accessor, type AccessorFunction, type Color, type DefaultProps, Layer, type LayerDataSource, type LayerProps, type Position, project32, type UpdateParameters } from "@deck.gl/core";
import { Model } from "@luma.gl/engine";
import type { Rgb } from "../state/palette";

interface PointProps<DataT> {
  data: LayerDataSource<DataT>;
  /** In pixels, without the outline. */
  radius: number;
  /** The colour around each disc; null: none. */
  outline: Rgb | null;
  getPosition?: AccessorFunction<DataT, Position>;
  getColor?: Accessor<DataT, Color>;
}

const OUTLINE_WIDTH = 0.75;

const defaultProps: DefaultProps<PointProps<unknown>> = {
  radius: 1,
  outline: { type: "unknown", value: null } as never,
  getPosition: { type: "accessor", value: (point) => point as Position },
  getColor: { type: "accessor", value: [0, 0, 0, 255] },
};

const uniformBlock = `\
layout(std140) uniform pointsUniforms {
  highp vec4 outline;
  highp float radius;
  highp float reach;
} points;
`;

const pointsUniforms = {
  name: "points",
  vs: uniformBlock,
  fs: uniformBlock,
  uniformTypes: { outline: "vec4<f32>", radius: "f32", reach: "f32" },
} as const;

const vs = `\
#version 300 es
in vec2 positions;
in vec4 colors;
out vec4 vColor;
flat out vec3 vPixels;

void main(void) {
  gl_Position = project_position_to_clipspace(vec3(positions, 0.0), vec3(0.0), vec3(0.0));
  vPixels = vec3(points.radius, points.reach, 2.0 * points.reach) * project.devicePixelRatio + vec3(0.5, 0.5, 1.0);
  gl_PointSize = vPixels.z;
  vColor = vec4(colors.rgb, colors.a * layer.opacity);
}
`;

const fs = `\
#version 300 es
precision highp float;
in vec4 vColor;
flat in vec3 vPixels;
out vec4 fragColor;

void main(void) {
  float away = length(gl_PointCoord - 0.5) * vPixels.z;
  vec2 covered = clamp(vPixels.xy - away, 0.0, 1.0);
  fragColor = points.outline.a > 0.0 ? mix(points.outline, vColor, covered.x) : vColor;
  fragColor.a *= covered.y;
  if (fragColor.a <= 0.0) discard;
}
`;

export class PointLayer<DataT = unknown> extends Layer<PointProps<DataT> & LayerProps> {
  static override layerName = "PointLayer";
  static override defaultProps = defaultProps as never;

  declare state: { model?: Model };

  override getShaders(): ReturnType<Layer["getShaders"]> {
    return super.getShaders({ vs, fs, modules: [project32, pointsUniforms] });
  }

  override initializeState(): void {
    this.getAttributeManager()?.add({
      positions: { size: 2, accessor: "getPosition" },
      colors: { size: 4, type: "unorm8", accessor: "getColor", defaultValue: [0, 0, 0, 255] },
    });
  }

  override updateState(params: UpdateParameters<this>): void {
    super.updateState(params);
    this.state.model ??= new Model(this.context.device, {
      ...this.getShaders(),
      id: this.props.id,
      bufferLayout: this.getAttributeManager()?.getBufferLayouts() ?? [],
      topology: "point-list",
      isInstanced: false,
    });
    this.state.model.setVertexCount(this.getNumInstances());
  }

  override draw(): void {
    const { radius, outline } = this.props;
    const colour = outline ? [...outline.map((part) => part / 255), 1] : [0, 0, 0, 0];
    const half = outline ? OUTLINE_WIDTH / 2 : 0;
    this.state.model?.shaderInputs.setProps({ points: { outline: colour, radius: radius - half, reach: radius + half } });
    this.state.model?.draw(this.context.renderPass);
  }
}
