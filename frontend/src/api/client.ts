/** What the explorer asks of its data source. `http.ts` answers over HTTP; a notebook or a static page may too. */

import type { ActivationImage, AttributionRequest, ExampleId, FirstScreen, Graph, InversionRequest, JobEvent, KeyTerms, Labels, LocatedInput, LogitLens, MapRequest, NodeAttribution, NodeImage, ProjectionRequest, SearchRequest, Settings, ShapeReport, Stability, StabilityRequest, StudySummary } from "./types";

/** The members of a graph's nodes, row by row (CSR), and what belongs to no node. */
export interface Members {
  indptr: Uint32Array;
  indices: Uint32Array;
  uncovered: Uint32Array;
  lens: Float32Array;
}

/** Where the points of a layer come from. */
export interface Points {
  example: Uint32Array;
  y: Int32Array;
  x: Int32Array;
  /** Numbers that were measured of each point, by name. */
  measured: Record<string, Float32Array>;
}

/** Pictures of points, one after the other. */
export interface Patches {
  /** Where the bytes of each picture end; none where it ends where the one before does. */
  end: Uint32Array;
  /** Left, top, right and bottom of the part of the photo that each shows, as shares of the photo's sides. */
  region: Float32Array;
  content: Uint8Array<ArrayBuffer>;
}

export type Columns = Record<string, Int32Array | Float32Array>;
export type Progress = (event: JobEvent) => void;

export interface Client {
  study(): Promise<StudySummary>;
  /** Resolve to the address of the graph once it is there. */
  map(request: MapRequest, progress: Progress, signal: AbortSignal): Promise<string>;
  /** The settings of a layer's first screen. */
  firstScreen(layer: number, settings: Settings, progress: Progress, signal: AbortSignal): Promise<FirstScreen>;
  graph(address: string): Promise<Graph>;
  /** Values of a column that are over-represented in the nodes of a graph. */
  labels(graph: string, column: string): Promise<Labels>;
  /** The most telling words of nodes, as their labels. */
  words(graph: string): Promise<Labels>;
  members(digest: string): Promise<Members>;
  /** Components, loops and branches of a graph. */
  shape(digest: string, column: string): Promise<ShapeReport>;
  /** How much of a graph returns when it is built from some of the points. */
  stability(request: StabilityRequest, progress: Progress, signal: AbortSignal): Promise<Stability>;
  /** Over-represented words of a node, and texts or words near its mean. */
  keyTerms(graph: string, node: number): Promise<KeyTerms>;
  /** Compute the attribution of the nodes of a graph to classes or words. */
  attribute(request: AttributionRequest, progress: Progress, signal: AbortSignal): Promise<void>;
  nodeAttribution(graph: string, node: number): Promise<NodeAttribution | LogitLens>;
  points(layer: number): Promise<Points>;
  projection(request: ProjectionRequest, progress: Progress, signal: AbortSignal): Promise<Float32Array>;
  columns(): Promise<Columns>;
  examples(rows: number[]): Promise<ExampleId[]>;
  /** Rows of the examples whose text holds a query. */
  search(request: SearchRequest): Promise<Uint32Array>;
  thumbnail(row: number): string;
  /** What points of a layer see of their photos, as pictures of at most so many pixels a side. */
  patches(layer: number, points: number[], side: number): Promise<Patches>;
  /** Make activation images; `begun` is called at once with their digests, in the order of the targets. */
  invert(request: InversionRequest, begun: (digests: string[]) => void, progress: Progress, signal: AbortSignal): Promise<void>;
  activationImage(digest: string): Promise<ActivationImage>;
  /** The finished activation images of the nodes of a graph. */
  nodeImages(graph: string): Promise<NodeImage[]>;
  /** Locate an image or a text in the graphs of all layers, one layer first; `begun` is called at once with its digest. */
  locate(input: Blob | string, settings: Settings, layer: number, begun: (name: string) => void, progress: Progress, signal: AbortSignal): Promise<void>;
  /** What is known of an input. */
  locatedInput(name: string): Promise<LocatedInput>;
  /** Address of an activation image; of a preview, by its step. */
  imageAddress(digest: string, step: number | null): string;
}

/** The person, or a newer request, called the work off. */
export class Cancelled extends Error {
  constructor() {
    super("cancelled");
  }
}
