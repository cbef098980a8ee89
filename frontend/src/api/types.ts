/* Generated from src/topoact/wire.py by scripts/generate_types.py: do not edit. */

export interface WireMessages {
  StudySummary: StudySummary;
  MapRequest: MapRequest;
  Ticket: Ticket;
  Graph: Graph;
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
 * All that the explorer needs before it draws anything.
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
   * What an example is, in a study of texts.
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
 * One layer of the study; `id` is its place in the list and its name in every address.
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
   * Numeric columns of this layer's points: what was measured, its place.
   */
  columns: string[];
}
/**
 * A column of the examples table. Categories are coded by their place in `categories`, −1 is missing.
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
 * One setting of the mapper graph and how to show it.
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
 * A value that a knob may take, in words, and the heading below which it is offered.
 */
export interface Choice {
  value: string;
  label: string;
  group: string;
}
/**
 * What determines a mapper graph of a layer.
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
   * A number, or the rule by which it is read from the distances.
   */
  eps: number | string;
  min_samples: number;
}
/**
 * Settings that go together, in words.
 */
export interface Preset {
  name: string;
  label: string;
  help: string;
  settings: Settings;
}
/**
 * Ask for the graph of a layer; with `layout`, for a layout that was drawn before, if it is still stored.
 */
export interface MapRequest {
  layer: number;
  settings: Settings;
  anchor?: Anchor | null;
  layout?: string | null;
}
/**
 * A drawn graph beside whose nodes the nodes of the next are to be placed.
 */
export interface Anchor {
  graph: string;
  layout: string;
}
/**
 * Answer to a request for something that may take long: `job` is null when the result is there already.
 */
export interface Ticket {
  result: string;
  job: string | null;
}
/**
 * A mapper graph as drawn: its settings, intervals, nodes, edges, and what it leaves out.
 *
 * An imported graph has no settings, ε, lens values of points or medoids.
 */
export interface Graph {
  digest: string;
  layout: string;
  layer: number;
  settings: Settings | null;
  imported: ImportedFacts | null;
  /**
   * The ε in use, resolved; the least and the greatest where each interval has its own.
   */
  eps: number | [number, number] | null;
  /**
   * Other ε that are answered at once, in ascending order.
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
   * For each node the node of the anchor that it continues and whose place it keeps, or −1. Graphs of one layout are cuts of one tree: there nodes with the same interval and mode are the same.
   */
  survivors: number[];
  warnings: Caution[];
}
/**
 * What an imported graph has in the place of what only vectors tell; a node's `interval` is its cube's number.
 */
export interface ImportedFacts {
  /**
   * What the lens_mean of a node is: the mean of a lens, or 'cube'.
   */
  lens: string;
  /**
   * Name of each node in the file.
   */
  names: string[];
  /**
   * Names of all classes that the file tells, those of most members first.
   */
  classes: string[];
  /**
   * Largest classes of each node; empty if the file tells none.
   */
  shares: ClassShare[][];
  /**
   * Whether n_points counts all points, not only up to the last in some node.
   */
  is_whole: boolean;
}
/**
 * A class, by its place among the names, and its share of the members of a node.
 */
export interface ClassShare {
  code: number;
  share: number;
}
/**
 * The sorted k-NN distance of a sample of points, at even steps of rank, and where its knee lies.
 */
export interface EpsilonCurve {
  k: number;
  distances: number[];
  elbow: number;
  n_sampled: number;
}
/**
 * Nodes by column; row i is node i. `x`, `y` are layout units: the mean edge is about 1 long.
 */
export interface Nodes {
  interval: number[];
  size: number[];
  lens_min: number[] | null;
  lens_mean: number[];
  lens_max: number[] | null;
  /**
   * Point nearest to the node's mean vector.
   */
  medoid: number[] | null;
  component: number[];
  /**
   * How far the mode of each node stands out, in multiples of the noise; null: no denser one is near.
   */
  prominence: (number | null)[] | null;
  /**
   * Point that is the mode: with the interval it names the node.
   */
  mode: number[] | null;
  /**
   * Node that each belongs to in the skeleton, among these.
   */
  group: number[] | null;
  x: number[];
  y: number[];
}
/**
 * Edges by column.
 */
export interface Edges {
  source: number[];
  target: number[];
  shared: number[];
  jaccard: number[];
}
/**
 * Something that a reader of the graph must know, in one sentence.
 */
export interface Caution {
  code: "low_coverage" | "one_blob" | "bare_path" | "little_structure" | "fragments" | "empty";
  text: string;
}
/**
 * What the shape of a graph says; its features are those that live longest, these first.
 */
export interface ShapeReport {
  counts: FeatureCount[];
  features: Feature[];
  n_features: number;
}
/**
 * How many there are of a kind, or in a sentence why that cannot be told.
 */
export interface FeatureCount {
  kind: "component" | "loop" | "branch";
  value: number | null;
  /**
   * How many are sure.
   */
  least: number;
  reason: string;
}
/**
 * A component, a loop or a branching node of the skeleton, and the prominence over which it lives.
 */
export interface Feature {
  kind: "component" | "loop" | "branch";
  nodes: number[];
  /**
   * Null where nodes have no prominence.
   */
  birth: number | null;
  /**
   * Null where it never ends, or nodes have no prominence.
   */
  death: number | null;
  /**
   * Whether it is hardly chance.
   */
  sure: boolean;
}
/**
 * Ask how much of the graph of a layer returns when it is built from some of the points.
 */
export interface StabilityRequest {
  layer: number;
  settings: Settings;
}
/**
 * How much of a graph returned over some resamples: a share of them for each node and edge.
 */
export interface Stability {
  nodes: number[];
  edges: number[];
  /**
   * Adjusted Rand index of memberships; null where no interval has groups.
   */
  rand: number | null;
  verdict: "none" | "weak" | "clear";
  sentence: string;
  /**
   * What five other covers agree on; null if not asked.
   */
  panel: FeatureCount[] | null;
}
/**
 * Ask for activation images of a layer, for targets that are spoken of in a graph of it.
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
 * The mean of all members of some nodes, minus that of others if there are any.
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
 * Answer to a request for images: their names, in order; `job` is null when all are there already.
 */
export interface InversionTicket {
  results: string[];
  job: string | null;
}
/**
 * What is known of an activation image; while it is being made, no more than how far it is.
 */
export interface ActivationImage {
  digest: string;
  /**
   * As it was asked for first: another graph may number its nodes otherwise.
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
   * Between the target and what the layer answers.
   */
  cosine: number | null;
  /**
   * Of that answer, over that of the target; null where it has no meaning.
   */
  length: number | null;
  /**
   * Whether that answer lies in the node; null where that cannot be told.
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
 * A class that the network sees in an image, and how sure it is of it, 0 to 1.
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
 * What a node stands for in words: texts nearest to its mean, and words that are over-represented in it.
 */
export interface KeyTerms {
  unit: "text" | "word";
  metric: "euclidean" | "cosine";
  nearest: NearText[];
  words: KeyTerm[];
  /**
   * How many words are over-represented; the surest are listed.
   */
  n_key_terms: number;
  /**
   * How many words were tested.
   */
  n_words: number;
  n_inside: number;
  n_texts: number;
  /**
   * Share of false discoveries among the words.
   */
  level: number;
  /**
   * How many words of each text are looked at; null: all.
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
   * Points of the node that say the same.
   */
  inside: number;
  /**
   * Points of the layer that say the same.
   */
  total: number;
}
/**
 * A word between what stands around it, or as `focus` the beginning of a whole text.
 */
export interface Passage {
  before: string;
  focus: string;
  after: string;
}
/**
 * A word that more texts of the node hold than chance would have it.
 */
export interface KeyTerm {
  word: string;
  /**
   * Texts of the node that hold it.
   */
  inside: number;
  /**
   * Texts of the layer that hold it.
   */
  total: number;
  /**
   * How many of the node would, were it drawn blindly.
   */
  expected: number;
  log_odds: number;
  /**
   * Least share of false discoveries at which it is listed.
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
   * Whether the outputs depend on the input by ways around the layer too.
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
   * Its place among all classes, by its attribution; 0 is the first.
   */
  rank: number;
  /**
   * To its score, of what sets the node's mean apart from the layer's.
   */
  attribution: number;
  /**
   * By how much its score at the node's mean differs from that at the layer's.
   */
  effect: number;
  /**
   * Of the node's members that are of the class.
   */
  share: number;
}
/**
 * The likeliest next words of a language model whose last state is the mean of a node, the likeliest first.
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
   * How many locations there will be; 0 before the network has run.
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
 * Where an input lies in the graph of a layer.
 */
export interface LayerLocation {
  layer: number;
  name: string;
  graph: string;
  sentence: string;
  /**
   * How many vectors the input has in this layer; 0 where there is no graph.
   */
  n: number;
  n_inside: number;
  /**
   * Those of most vectors first.
   */
  nodes: NodeDistance[];
  nearest: Neighbour[];
  /**
   * The nearest node, where no node holds the input.
   */
  closest: number | null;
  /**
   * From the nearest node, where there is one vector.
   */
  distance: number | null;
  reach: number | null;
  /**
   * What reach is at most where a node holds the input.
   */
  usual: number | null;
  /**
   * The example that is identical to the input.
   */
  same: number | null;
  y: number[];
  x: number[];
  /**
   * Where words or tokens begin and end in the text.
   */
  spans: [number, number][];
}
/**
 * A node that holds vectors of an input.
 */
export interface NodeDistance {
  node: number;
  /**
   * From its nearest member.
   */
  distance: number;
  /**
   * How much nearer than the next node of the interval; null without one.
   */
  margin: number | null;
  /**
   * Which of the input's vectors.
   */
  vectors: number[];
}
/**
 * An example near to an input.
 */
export interface Neighbour {
  point: number;
  example: number;
  distance: number;
}
/**
 * A text to locate; an image travels as it is.
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
 * Ask for the identities of some examples.
 */
export interface RowsRequest {
  /**
   * @maxItems 1000
   */
  rows: number[];
}
/**
 * Ask which examples say something; with `whole` as a word of its own; by default in their texts.
 */
export interface SearchRequest {
  query: string;
  whole: boolean;
  column?: string | null;
}
/**
 * The identity of one example, as in the user's data, and what it says.
 */
export interface ExampleId {
  row: number;
  id: string;
  passage: Passage | null;
}
/**
 * One step of a long piece of work, sent over the event stream.
 */
export interface JobEvent {
  job: string;
  kind: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  stage: string;
  done: number;
  total: number;
  /**
   * Seconds left, when they can be told.
   */
  eta: number | null;
  error: string | null;
}
/**
 * Why a request was refused, in one sentence that can be shown as it is.
 */
export interface Problem {
  error: string;
}
