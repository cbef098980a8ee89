/** From a scene to the layers of deck.gl. */

import type { Layer } from "@deck.gl/core";
import { IconLayer, LineLayer, ScatterplotLayer } from "@deck.gl/layers";
import type { Camera } from "../state/view";
import { scaleOf } from "./camera";
import { findingLayer, type Outline } from "./finding-layer";
import { PieLayer } from "./pie-layer";
import { RoundImageLayer } from "./round-image-layer";
import type { Scene, Slices } from "./scene";
import { MIN_PIXELS, pixelRadius, radiusFactor } from "./sizes";
import type { Theme } from "./theme";

/** A node that is ringed: selected, hovered, pinned, of a path, or one that contains an input. */
export interface Ring {
  x: number;
  y: number;
  radius: number;
  kind: "selected" | "hovered" | "pinned" | "passed" | "located";
}

export interface NodeSprite {
  node: number;
  url: string;
  x: number;
  y: number;
  radius: number;
  /** Whether it fills the node but for a rim, or is a square inside it. */
  round: boolean;
  /** Between 0 (not seen) and 1. */
  strength: number;
  /** Pixels of the picture's longer side, where they are known. */
  side?: number;
  /** Whether it stands in the place of the node, as wide as it. */
  instead?: boolean;
}

export interface Overlay {
  rings: Ring[];
  images: NodeSprite[];
  /** Edges that are hovered or selected, or of a path. */
  highlights: Highlight[];
  /** The rim or the arms of the finding that is shown. */
  outlines: Outline[];
}

export interface Highlight {
  from: [number, number];
  to: [number, number];
}

const FLAT = { depthCompare: "always", depthWriteEnabled: false } as const;

export function graphLayers(scene: Scene, overlay: Overlay, camera: Camera, theme: Theme): Layer[] {
  const scale = scaleOf(camera);
  const layers: (Layer | null)[] = [
    ...hullLayers(scene, theme),
    edgeLayer(scene, scale),
    overlay.outlines.length ? findingLayer(overlay.outlines, scale) : null,
    overlay.highlights.length ? highlightLayer(overlay.highlights, theme) : null,
    discLayer(scene, scale),
    scene.slices && sliceLayer(scene.slices, scale),
    ...imageLayers(overlay.images, scale, theme),
    overlay.rings.length ? ringLayer(overlay, scale, theme) : null,
  ];
  return layers.filter((layer) => layer !== null);
}

function hullLayers({ hulls }: Scene, theme: Theme): Layer[] {
  const flat = { parameters: FLAT, updateTriggers: { getFillColor: theme.hull.join(), getColor: theme.hull.join() } };
  if (!hulls.radius.length) return [];
  return [
    new LineLayer({
      ...flat,
      id: "ties",
      data: cached(hulls.source, () => ({
        length: hulls.source.length / 2,
        attributes: { getSourcePosition: { value: hulls.source, size: 2 }, getTargetPosition: { value: hulls.target, size: 2 }, getWidth: { value: hulls.width, size: 1 } },
      })),
      getColor: [...theme.hull, 255],
      widthUnits: "common",
    }),
    new ScatterplotLayer({
      ...flat,
      id: "hulls",
      data: cached(hulls, () => ({
        length: hulls.radius.length,
        attributes: { getPosition: { value: hulls.position, size: 2 }, getRadius: { value: hulls.radius, size: 1 } },
      })),
      getFillColor: [...theme.hull, 255],
      radiusUnits: "common",
    }),
  ];
}

function edgeLayer({ lines }: Scene, scale: number): Layer {
  return new LineLayer({
    id: "edges",
    data: cached(lines, () => ({
      length: lines.width.length,
      attributes: {
        getSourcePosition: { value: lines.source, size: 2 },
        getTargetPosition: { value: lines.target, size: 2 },
        getColor: { value: lines.colour, size: 4, normalized: true },
        getWidth: { value: lines.width, size: 1 },
      },
    })),
    widthUnits: "pixels",
    widthScale: Math.min(2, Math.max(0.3, Math.sqrt(scale / 40))),
    widthMinPixels: 0.4,
    parameters: FLAT,
  });
}

function highlightLayer(edges: Highlight[], theme: Theme): Layer {
  return new LineLayer<Highlight>({
    id: "highlights",
    data: edges,
    getSourcePosition: (d) => [...d.from, 0],
    getTargetPosition: (d) => [...d.to, 0],
    getColor: [...theme.accent, 255],
    getWidth: 4,
    widthUnits: "pixels",
    parameters: FLAT,
  });
}

function discLayer({ discs }: Scene, scale: number): Layer {
  return new ScatterplotLayer({
    id: "nodes",
    data: cached(discs, () => ({
      length: discs.ids.length,
      attributes: {
        getPosition: { value: discs.position, size: 2 },
        getRadius: { value: discs.radius, size: 1 },
        getFillColor: { value: discs.fill, size: 4, normalized: true },
        getLineColor: { value: discs.outline, size: 4, normalized: true },
        getLineWidth: { value: discs.outlineWidth, size: 1 },
      },
    })),
    radiusUnits: "pixels",
    radiusScale: radiusFactor(scale),
    radiusMinPixels: MIN_PIXELS,
    stroked: true,
    lineWidthUnits: "pixels",
    lineWidthScale: outlineScale(discs.radius, scale),
    parameters: FLAT,
  });
}

/** Pixels of radius up to which outlines are thinner, so that small nodes keep their colour. */
const OUTLINED = 8;

/** Return the share of their width that outlines have, by the node in the middle of the order of size. */
export const outlineScale = (radii: Float32Array, scale: number): number =>
  radii.length ? Math.min(1, pixelRadius(radii[radii.length >> 1], scale) / OUTLINED) : 1;

/** Pixels of radius from which the slices of a pie can be told apart; smaller nodes show their majority alone. */
const PIE_PIXELS = 3.5;

/** Return how many slices belong to nodes that are large enough; they come first. */
export function readableSlices({ radius }: Slices, scale: number): number {
  const least = radius.findIndex((size) => pixelRadius(size, scale) < PIE_PIXELS);
  return least < 0 ? radius.length : least;
}

function sliceLayer(slices: Slices, scale: number): Layer {
  return new PieLayer({
    id: "pies",
    data: cached(slices, () => ({
      length: slices.start.length,
      attributes: {
        getPosition: { value: slices.position, size: 2 },
        getRadius: { value: slices.radius, size: 1 },
        getFillColor: { value: slices.fill, size: 4, normalized: true },
        getStart: { value: slices.start, size: 1 },
      },
    })),
    numInstances: readableSlices(slices, scale),
    radiusUnits: "pixels",
    radiusScale: radiusFactor(scale),
    radiusMinPixels: MIN_PIXELS,
    parameters: FLAT,
  });
}

/** Side of an image in the texture, and how wide it is drawn beside the node. */
const SQUARE = { side: 64, width: (radius: number) => 1.3 * radius };
const ROUND = { side: 96, width: (radius: number) => 2 * (radius - Math.max(2.5, 0.11 * radius)) };

/** Return the pictures, square and round; beneath those that are faint the ground shows, and not the node's colour. */
function imageLayers(images: NodeSprite[], scale: number, theme: Theme): Layer[] {
  const faint = images.filter(({ strength }) => strength < 1);
  const kinds = [true, false].map((round) => images.filter((sprite) => sprite.round === round));
  return [...(faint.length ? [paperLayer(faint, scale, theme)] : []), ...kinds.filter((kind) => kind.length).map((kind) => imageLayer(kind, scale))];
}

function spriteWidth({ round, radius, instead }: NodeSprite, scale: number): number {
  const pixels = pixelRadius(radius, scale);
  return instead ? 2 * pixels : (round ? ROUND : SQUARE).width(pixels);
}

function paperLayer(sprites: NodeSprite[], scale: number, theme: Theme): Layer {
  return new ScatterplotLayer<NodeSprite>({
    id: "paper",
    data: sprites,
    getPosition: (d) => [d.x, d.y, 0],
    getRadius: (d) => spriteWidth(d, scale) / 2,
    getFillColor: [...theme.background, 255],
    updateTriggers: { getRadius: scale, getFillColor: theme.background.join() },
    radiusUnits: "pixels",
    parameters: FLAT,
  });
}

function imageLayer(images: NodeSprite[], scale: number): Layer {
  const { round } = images[0];
  const { side } = round ? ROUND : SQUARE;
  const ImageLayer = round ? RoundImageLayer<NodeSprite> : IconLayer<NodeSprite>;
  return new ImageLayer({
    id: round ? "round-images" : "images",
    data: images,
    getIcon: (d) => ({ url: d.url, id: d.url, width: d.side ?? side, height: d.side ?? side }),
    getPosition: (d) => [d.x, d.y, 0],
    getSize: (d) => spriteWidth(d, scale),
    getColor: (d) => [0, 0, 0, Math.round(255 * d.strength)],
    updateTriggers: { getSize: scale },
    sizeUnits: "pixels",
    parameters: FLAT,
    textureParameters: { minFilter: "linear", magFilter: "linear", mipmapFilter: "linear" },
  });
}

const RINGS: Record<Ring["kind"], { gap: number; width: number }> = {
  selected: { gap: 3.5, width: 2.5 },
  hovered: { gap: 1.5, width: 1.5 },
  pinned: { gap: 0.5, width: 1 },
  passed: { gap: 2, width: 1.5 },
  located: { gap: 6.5, width: 2 },
};

function ringLayer({ rings }: Overlay, scale: number, theme: Theme): Layer {
  return new ScatterplotLayer<Ring>({
    id: "rings",
    data: rings,
    getPosition: (d) => [d.x, d.y, 0],
    getRadius: (d) => pixelRadius(d.radius, scale) + RINGS[d.kind].gap,
    getLineColor: (d) => [...(d.kind === "selected" || d.kind === "passed" ? theme.accent : theme.text), d.kind === "pinned" ? 150 : 255],
    getLineWidth: (d) => RINGS[d.kind].width,
    updateTriggers: { getRadius: scale },
    radiusUnits: "pixels",
    lineWidthUnits: "pixels",
    filled: false,
    stroked: true,
    parameters: FLAT,
  });
}

const made = new WeakMap<object, unknown>();

/** Give deck.gl the same object for the same arrays, so that a camera move uploads nothing. */
function cached<T>(key: object, make: () => T): T {
  if (!made.has(key)) made.set(key, make());
  return made.get(key) as T;
}
