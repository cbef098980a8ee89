/* Generated from src/topoact/wire.py by scripts/generate_types.py: do not edit. */

export interface WireMessages {
  StudySummary: StudySummary;
  FirstScreenRequest: FirstScreenRequest;
  FirstScreen: FirstScreen;
  MapRequest: MapRequest;
  Ticket: Ticket;
  Graph: Graph;
  Labels: Labels;
  ShapeReport: ShapeReport;
  StabilityRequest: StabilityRequest;
  Stability: Stability;
  InversionRequest: InversionRequest;
  InversionTicket: InversionTicket;
  ActivationImage: ActivationImage;
  NodeImage: NodeImage;
  KeyTerms: KeyTerms;
  AttributionRequest: AttributionRequest;
  NodeAttribution: NodeAttribution;
  LogitLens: LogitLens;
  LocatedInput: LocatedInput;
  TextInput: TextInput;
  ProjectionRequest: ProjectionRequest;
  RowsRequest: RowsRequest;
  SearchRequest: SearchRequest;
  ExampleId: ExampleId;
  JobEvent: JobEvent;
  Problem: Problem;
}
/**
 * All that the explorer needs before it draws.
 */
export interface StudySummary {
  name: string;
  version: string;
  n_examples: number;
  layers: LayerSummary[];
  /**
   * Names that the codes of the label and prediction columns refer to.
   */
  classes: string[];
  columns: Column[];
  knobs: Knob[];
  defaults: Settings;
  presets: Preset[];
  /**
   * Projections that can be asked for: always 'pca', 'umap' if installed.
   */
  projections: string[];
  has_predictions: boolean;
  has_thumbnails: boolean;
  /**
   * Kind of the examples of a study of texts.
   */
  texts: ("text" | "word") | null;
  /**
   * Columns that can be searched: the texts, and texts of many values.
   */
  text_columns: string[];
  model: string | null;
  preprocessing: string | null;
  /**
   * Whether the network was loaded with the study: new inputs can be located.
   */
  has_network: boolean;
  /**
   * Whether activation images can be made.
   */
  has_activation_images: boolean;
}
/**
 * A layer of the study; `id` is its number in the list and in every address.
 */
export interface LayerSummary {
  id: number;
  name: string;
  module: string;
  policy: string;
  n_points: number;
  n_channels: number;
  /**
   * Without vectors the layer is one graph, which was imported.
   */
  has_vectors: boolean;
  /**
   * Height and width of the layer's map, when it has positions.
   */
  grid: [number, number] | null;
  /**
   * Name of the network's weights, if they have one.
   */
  checkpoint: string | null;
  /**
   * Lenses offered for this layer, the first is the default.
   */
  lenses: string[];
  /**
   * Numeric columns of this layer's points: measured values, position.
   */
  columns: string[];
  /**
   * What the pictures of points show; null in a study without photos.
   */
  patches: PatchFacts | null;
}
/**
 * What the pictures of a layer's points show of their photos, and the sentence that says it.
 */
export interface PatchFacts {
  kind: "receptive field" | "region" | "photo";
  sentence: string;
}
/**
 * A column of the examples table. Categories are coded by their index in `categories`, −1 is missing.
 */
export interface Column {
  name: string;
  kind: "category" | "number";
  categories: string[] | null;
  /**
   * Whether the categories are the classes of the study.
   */
  classes: boolean;
}
/**
 * A setting of the mapper graph: its label, help, kind and bounds.
 */
export interface Knob {
  name: string;
  label: string;
  help: string;
  kind: "choice" | "int" | "float" | "epsilon" | "prominence";
  default: number | string;
  minimum: number | null;
  maximum: number | null;
  step: number | null;
  /**
   * All values of a choice; none where they depend on the layer.
   */
  choices: Choice[];
  /**
   * The clusterers that have this setting; empty if all have it.
   */
  clusterers: string[];
}
/**
 * A value that a knob may take, its label, and the heading of the menu under which it is offered.
 */
export interface Choice {
  value: string;
  label: string;
  group: string;
}
/**
 * All that determines the mapper graph of a layer.
 */
export interface Settings {
  lens: string;
  cover: string;
  n_intervals: number;
  overlap: number;
  metric: string;
  clusterer: string;
  k: number;
  prominence: number;
  /**
   * A number, or the rule by which it is chosen from the distances.
   */
  eps: number | string;
  min_samples: number;
}
/**
 * Settings that go together, their label and help.
 */
export interface Preset {
  name: string;
  label: string;
  help: string;
  settings: Settings;
}
/**
 * Ask for the finest cut of a layer's graph, from which the settings of the first screen follow.
 */
export interface FirstScreenRequest {
  layer: number;
  settings: Settings;
}
/**
 * The settings under which a layer is seen first, and a sentence that says by which rule.
 */
export interface FirstScreen {
  settings: Settings;
  rule: string;
}
/**
 * Ask for the graph of a layer; with `layout`, for an earlier layout if it is still stored and so arranged.
 */
export interface MapRequest {
  layer: number;
  settings: Settings;
  /**
   * 'lens': each interval in a column of its own; 'free': by the edges alone.
   */
  arrangement?: "lens" | "free";
  anchor?: Anchor | null;
  layout?: string | null;
}
/**
 * A drawn graph whose nodes keep their positions in the next drawing.
 */
export interface Anchor {
  graph: string;
  layout: string;
}
/**
 * Answer to a request for a result that may take long; `job` is null if the result is stored already.
 */
export interface Ticket {
  result: string;
  job: string | null;
}
/**
 * A mapper graph and one drawing of it: settings, intervals, nodes, edges, cautions.
 *
 * An imported graph has no settings, ε, lens values of points or medoids.
 */
export interface Graph {
  digest: string;
  layout: string;
  layer: number;
  /**
   * 'free' also where the lens has but one column.
   */
  arrangement: "lens" | "free";
  settings: Settings | null;
  imported: ImportedFacts | null;
  /**
   * The ε in use; the smallest and the largest where each interval has its own.
   */
  eps: number | [number, number] | null;
  /**
   * ε of which graphs need no further distances, ascending.
   */
  stops: number[];
  curve: EpsilonCurve | null;
  n_points: number;
  n_covered: number;
  lens_range: [number, number] | null;
  intervals: [number, number][];
  nodes: Nodes;
  edges: Edges;
  /**
   * Share of the points shared along all edges that the drawn ones carry.
   */
  drawn_share: number;
  /**
   * For each node the node of the anchor that it continues and whose position it keeps, by lens whose height, or −1. Graphs of one layout are cuts of one tree: there nodes with the same interval and mode are the same.
   */
  survivors: number[];
  warnings: Caution[];
}
/**
 * Facts of a graph imported without vectors; the `interval` of a node is the number of its cube.
 */
export interface ImportedFacts {
  /**
   * Lens whose mean is the lens_mean of a node, or 'cube'.
   */
  lens: string;
  /**
   * Name of each node in the file.
   */
  names: string[];
  /**
   * Names of all classes in the file, those of most members first.
   */
  classes: string[];
  /**
   * Largest classes of each node; empty if the file has none.
   */
  shares: ClassShare[][];
  /**
   * Whether n_points counts all points, not only up to the last in some node.
   */
  is_whole: boolean;
}
/**
 * A class, by its index among the names, and its share of the members of a node.
 */
export interface ClassShare {
  code: number;
  share: number;
}
/**
 * The sorted distances to the k-th neighbour of a sample of points, at even steps of rank, and their knee.
 */
export interface EpsilonCurve {
  k: number;
  distances: number[];
  elbow: number;
  n_sampled: number;
}
/**
 * Nodes by column; row i is node i.
 *
 * `x`, `y` and `radius` are layout units: in the free arrangement the mean edge is about 1 long; by lens columns are
 * at least 1 apart, and the nodes of an interval have one `x`.
 */
export interface Nodes {
  interval: number[];
  size: number[];
  lens_min: number[] | null;
  lens_mean: number[];
  lens_max: number[] | null;
  /**
   * Member nearest to the node's mean vector.
   */
  medoid: number[] | null;
  /**
   * Connected component along drawn edges, from the largest.
   */
  component: number[];
  /**
   * How far the mode of each node stands out, in multiples of the noise; null: no denser one is near.
   */
  prominence: (number | null)[] | null;
  /**
   * Point of the mode; it and the interval identify the node.
   */
  mode: number[] | null;
  /**
   * Node that each belongs to in the skeleton, among these.
   */
  group: number[] | null;
  x: number[];
  y: number[];
  /**
   * Radius of each disc; null in the free arrangement.
   */
  radius: number[] | null;
  /**
   * How far the members of a node point the same way: 1 if all do, near 0 in all directions.
   */
  agreement: number[] | null;
}
/**
 * Edges by column. Drawn are those of a weight of 0.25 or more; a weight of 1 has the spanning forest.
 */
export interface Edges {
  source: number[];
  target: number[];
  shared: number[];
  jaccard: number[];
  drawn: boolean[];
  /**
   * How much of what its ends share an edge carries, in [0, 1].
   */
  weight: number[];
}
/**
 * A caution for a reader of the graph, in one sentence.
 */
export interface Caution {
  code: "low_coverage" | "one_blob" | "bare_path" | "little_structure" | "fragments" | "empty";
  text: string;
}
/**
 * Labels of some nodes by a column of the examples, and a sentence that says what they are.
 */
export interface Labels {
  nodes: number[];
  texts: string[];
  /**
   * Share of the value in the node over its share in the layer.
   */
  lifts: number[];
  /**
   * Share of the value among the members of the node that have one.
   */
  shares: number[];
  sentence: string;
}
/**
 * Counts and features of the shape of a graph; the features of the largest persistence, in descending order.
 */
export interface ShapeReport {
  /**
   * What the graph supports, in words for a first reader.
   */
  summary: string;
  counts: FeatureCount[];
  features: Feature[];
  n_features: number;
}
/**
 * Number of features of a kind, or in a sentence why it is unknown; of branches where none is seen, too.
 */
export interface FeatureCount {
  kind: "component" | "loop" | "branch";
  value: number | null;
  /**
   * Number of sure ones.
   */
  least: number;
  /**
   * Number of those that are seen, sure or not.
   */
  seen: number;
  reason: string;
  /**
   * Length of arms below which a branch would be missed, if known.
   */
  missed_below: number | null;
  /**
   * Number of points of an arm of that length.
   */
  missed_points: number | null;
}
/**
 * A component, a loop or a branching node of the skeleton, and the range of prominence over which it persists.
 */
export interface Feature {
  kind: "component" | "loop" | "branch";
  name: string;
  nodes: number[];
  /**
   * Of a loop: a closed cycle around it, in order, joined by edges or as one skeleton node, or empty.
   */
  rim: number[];
  /**
   * Of a branch: three or more; empty if the graph has fewer.
   */
  arms: Arm[];
  /**
   * Null if nodes have no prominence.
   */
  birth: number | null;
  /**
   * Null if it never ends, or nodes have no prominence.
   */
  death: number | null;
  /**
   * Sure if it persists up to twice the prominence that chance makes; untested without prominence.
   */
  standing: "sure" | "doubtful" | "untested";
}
/**
 * An arm of a branch.
 */
export interface Arm {
  nodes: number[];
  /**
   * Along the arm, from the node where the arms meet on, joined like a rim.
   */
  path: number[];
  name: string;
}
/**
 * Ask how much of the graph of a layer recurs when it is built from a part of the points.
 */
export interface StabilityRequest {
  layer: number;
  settings: Settings;
}
/**
 * How much of a graph recurs over resamples: for each node and edge the share of resamples with it.
 */
export interface Stability {
  nodes: number[];
  edges: number[];
  /**
   * Adjusted Rand index of memberships; null if no interval has groups.
   */
  rand: number | null;
  verdict: "none" | "weak" | "clear";
  sentence: string;
  /**
   * Components and loops on which other covers agree, branches of the points; null if not measured.
   */
  panel: FeatureCount[] | null;
  /**
   * Loops by persistence of the points; null if not measured.
   */
  persistence: FeatureCount | null;
}
/**
 * Ask for activation images of a layer, for targets of one of its graphs.
 */
export interface InversionRequest {
  layer: number;
  graph: string;
  /**
   * @maxItems 512
   */
  targets: (NodesTarget | PointTarget | ChannelTarget)[];
}
/**
 * The mean of the members of one or more nodes, minus that of others if there are any.
 */
export interface NodesTarget {
  kind: "nodes";
  nodes: number[];
  minus: number[];
}
/**
 * The vector of a point.
 */
export interface PointTarget {
  kind: "point";
  point: number;
}
/**
 * The direction of a channel.
 */
export interface ChannelTarget {
  kind: "channel";
  channel: number;
}
/**
 * Answer to a request for images: their names, in order; `job` is null if all are finished.
 */
export interface InversionTicket {
  results: string[];
  job: string | null;
}
/**
 * The facts of an activation image; until it is finished only its target and progress.
 */
export interface ActivationImage {
  digest: string;
  /**
   * Target of the first request: another graph may number its nodes otherwise.
   */
  target: NodesTarget | PointTarget | ChannelTarget;
  /**
   * The target in words.
   */
  label: string;
  done: boolean;
  step: number;
  /**
   * 0 before the first preview.
   */
  steps: number;
  /**
   * Cosine between the image's vector in the layer and the target.
   */
  cosine: number | null;
  /**
   * Length of that vector over that of the target; null for a direction.
   */
  length: number | null;
  /**
   * Whether that vector is in a node of the target; null for a direction.
   */
  lands: boolean | null;
  /**
   * At most three; empty where the network is no classifier.
   */
  predictions: SeenClass[];
  width: number | null;
  height: number | null;
}
/**
 * A class that the network predicts for an image, and its probability.
 */
export interface SeenClass {
  name: string;
  share: number;
}
/**
 * A finished image of a single node.
 */
export interface NodeImage {
  node: number;
  digest: string;
  cosine: number | null;
}
/**
 * The key terms of a node, which are over-represented words, and the texts nearest to its mean.
 */
export interface KeyTerms {
  unit: "text" | "word";
  metric: "euclidean" | "cosine";
  nearest: NearText[];
  words: KeyTerm[];
  /**
   * Number of key terms; those of the smallest q are listed.
   */
  n_key_terms: number;
  /**
   * Number of tested words.
   */
  n_words: number;
  n_inside: number;
  n_texts: number;
  /**
   * Expected share of false discoveries among the key terms.
   */
  level: number;
  /**
   * Words of each text that are counted; null: all.
   */
  first: number | null;
}
/**
 * A text, or a word whatever its case, near the mean of a node: its nearest occurrence.
 */
export interface NearText {
  /**
   * The example that is the nearest occurrence.
   */
  row: number;
  passage: Passage | null;
  distance: number;
  /**
   * Whether that occurrence is in the node.
   */
  is_member: boolean;
  /**
   * Points of the node with the same text.
   */
  inside: number;
  /**
   * Points of the layer with the same text.
   */
  total: number;
}
/**
 * A word and its context on either side, or as `focus` the beginning of a whole text.
 */
export interface Passage {
  before: string;
  focus: string;
  after: string;
}
/**
 * A word that is over-represented in the texts of the node.
 */
export interface KeyTerm {
  word: string;
  /**
   * Texts of the node that contain it.
   */
  inside: number;
  /**
   * Texts of the layer that contain it.
   */
  total: number;
  /**
   * Expected number of texts of the node in a random draw.
   */
  expected: number;
  log_odds: number;
  /**
   * Smallest false discovery rate at which it is a key term.
   */
  q: number;
}
/**
 * Ask for the class attributions of the nodes of a graph.
 */
export interface AttributionRequest {
  layer: number;
  graph: string;
}
/**
 * The class attribution of a node, beside the classes of its members.
 */
export interface NodeAttribution {
  /**
   * In the order of their rank.
   */
  classes: AttributedClass[];
  n_classes: number;
  members_by: "label" | "prediction";
  /**
   * The likeliest class at the node's mean.
   */
  prediction: string;
  prediction_share: number;
  /**
   * Whether the outputs depend on the inputs by paths around the layer, too.
   */
  is_bypassed: boolean;
}
/**
 * A class with its attribution at a node, and its share of the members.
 */
export interface AttributedClass {
  output: number;
  name: string;
  /**
   * Rank among all classes by attribution; 0 is the largest.
   */
  rank: number;
  /**
   * Attribution to its score of the node's mean minus the layer's.
   */
  attribution: number;
  /**
   * Its score at the node's mean minus that at the layer's mean.
   */
  effect: number;
  /**
   * Share of the node's members that are of the class.
   */
  share: number;
}
/**
 * The likeliest next tokens of a language model whose last state is the mean of a node, the likeliest first.
 */
export interface LogitLens {
  words: OutputWord[];
}
/**
 * A token of a language model, as it is written, and its probability.
 */
export interface OutputWord {
  word: string;
  share: number;
}
/**
 * An input and its locations; while its job runs, of the layers that are done.
 */
export interface LocatedInput {
  digest: string;
  kind: "image" | "text";
  text: string | null;
  /**
   * A small image, as a data: address.
   */
  thumbnail: string | null;
  /**
   * At most three; empty where the network is no classifier.
   */
  predictions: Prediction[];
  notices: string[];
  locations: LayerLocation[];
  /**
   * Number of locations when all are known; 0 before the network has run.
   */
  n_layers: number;
}
/**
 * A class that the network predicts for an input, and its probability.
 */
export interface Prediction {
  name: string;
  share: number;
}
/**
 * The location of an input in the graph of a layer.
 */
export interface LayerLocation {
  layer: number;
  name: string;
  graph: string;
  sentence: string;
  /**
   * Number of vectors of the input in this layer; 0 if there is no graph.
   */
  n: number;
  n_inside: number;
  /**
   * Those of most vectors first.
   */
  nodes: NodeDistance[];
  nearest: Neighbour[];
  /**
   * The nearest node, if no node contains the input.
   */
  closest: number | null;
  /**
   * From the nearest node, if there is one vector.
   */
  distance: number | null;
  reach: number | null;
  /**
   * Largest reach of a vector that a node contains.
   */
  usual: number | null;
  /**
   * The example that is identical to the input.
   */
  same: number | null;
  y: number[];
  x: number[];
  /**
   * Start and end in the text of the word or token of each vector.
   */
  spans: [number, number][];
}
/**
 * A node that contains vectors of an input.
 */
export interface NodeDistance {
  node: number;
  /**
   * From its nearest member, the smallest among these vectors.
   */
  distance: number;
  /**
   * How much nearer than the interval's next node, 0 to 1; null without one.
   */
  margin: number | null;
  /**
   * Numbers of these vectors among those of the input.
   */
  vectors: number[];
}
/**
 * An example near an input.
 */
export interface Neighbour {
  point: number;
  example: number;
  distance: number;
}
/**
 * A text to locate; an image is sent as the bytes of its file.
 */
export interface TextInput {
  text: string;
}
/**
 * Ask for a projection of a layer's points to the plane.
 */
export interface ProjectionRequest {
  layer: number;
  kind: string;
}
/**
 * Ask for the identities of examples.
 */
export interface RowsRequest {
  /**
   * @maxItems 1000
   */
  rows: number[];
}
/**
 * Ask which examples match a query, with `whole` as whole words, in a column or by default in their texts.
 */
export interface SearchRequest {
  query: string;
  whole: boolean;
  column?: string | null;
}
/**
 * The identity of an example in the user's data, and its text.
 */
export interface ExampleId {
  row: number;
  id: string;
  passage: Passage | null;
}
/**
 * The status of a job, sent over the event stream.
 */
export interface JobEvent {
  job: string;
  kind: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  stage: string;
  done: number;
  total: number;
  /**
   * Estimated seconds left; null if unknown.
   */
  eta: number | null;
  error: string | null;
}
/**
 * Why a request was refused, in one sentence for display.
 */
export interface Problem {
  error: string;
}
