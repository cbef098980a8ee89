/** A study and a graph small enough to check by hand: 3 nodes over 8 points, 3 classes. */

import type { Graph, StudySummary } from "../src/api/types";

export const STUDY: StudySummary = {
  name: "tiny",
  version: "0",
  n_examples: 8,
  layers: [0, 1].map((id) => ({
    id,
    name: `layer${id}`,
    module: `layer${id}`,
    policy: "mean",
    n_points: 8,
    n_channels: 4,
    has_vectors: true,
    grid: null,
    checkpoint: null,
    lenses: ["l2", "l1"],
    columns: id ? ["attribution"] : [],
    patches: null,
  })),
  classes: ["ant", "bee", "cat"],
  columns: [
    { name: "label", kind: "category", categories: ["ant", "bee", "cat"], classes: true },
    { name: "prediction@late", kind: "category", categories: ["ant", "bee", "cat"], classes: true },
    { name: "genre", kind: "category", categories: ["essay", "fiction", "letter", "news"], classes: false },
    { name: "loss", kind: "number", categories: null, classes: false },
  ],
  knobs: [],
  defaults: { lens: "l2", cover: "uniform", n_intervals: 30, overlap: 0.3, metric: "euclidean", clusterer: "dbscan", k: 15, prominence: 0.25, eps: "elbow", min_samples: 5 },
  presets: [],
  projections: ["pca"],
  has_predictions: false,
  has_thumbnails: false,
  texts: null,
  text_columns: [],
  model: null,
  preprocessing: null,
  has_network: false,
  has_activation_images: false,
  reader_token: "for-reading",
  is_reader: false,
};

export const MEMBERS = {
  indptr: Uint32Array.of(0, 4, 7, 9),
  indices: Uint32Array.of(0, 1, 2, 3, 2, 3, 4, 5, 6),
};

export const LABELS = Int32Array.of(0, 0, 0, 1, 1, 2, 2, -1);

export const GRAPH: Graph = {
  digest: "0".repeat(16),
  layout: "1".repeat(16),
  layer: 0,
  settings: STUDY.defaults,
  imported: null,
  eps: 1,
  stops: [],
  curve: null,
  n_points: 8,
  n_covered: 7,
  lens_range: [0, 3],
  intervals: [[0, 1], [1, 2], [2, 3]],
  nodes: {
    interval: [0, 1, 2],
    size: [4, 3, 2],
    lens_min: [0, 1, 2],
    lens_mean: [0.5, 1.5, 2.5],
    lens_max: [1, 2, 3],
    medoid: [1, 3, 5],
    component: [0, 0, 1],
    prominence: null,
    mode: null,
    group: null,
    x: [0, 1, 5],
    y: [0, 0, 5],
    radius: null,
    agreement: null,
  },
  edges: { source: [0], target: [1], shared: [2], jaccard: [0.4], drawn: [true], weight: [0.5] },
  arrangement: "free",
  drawn_share: 1,
  survivors: [-1, -1, -1],
  warnings: [],
};
