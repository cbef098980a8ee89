/** The whole state of what is on screen, as one plain value that can be stored, compared and restored. */

import type { Graph, LayerSummary, Settings, StudySummary } from "../api/types";
import { firstCategory, isCategory } from "./columns";
import { type FindingChoice, isChoice } from "./findings";
import { CLASS_COLOURS } from "./palette";

export interface Camera {
  x: number;
  y: number;
  /** Binary logarithm of the pixels per layout unit. */
  zoom: number;
}

export type Polygon = [number, number][];

export type Selection =
  | { kind: "none" }
  | { kind: "nodes"; ids: number[] }
  | { kind: "edge"; source: number; target: number }
  | { kind: "area"; projection: string; polygon: Polygon }
  | { kind: "uncovered" };

export type ThemeChoice = "auto" | "light" | "dark";
/** What is drawn in nodes that are large enough: what the point nearest to the mean sees, or the mean's activation image. */
export type NodeImageKind = "none" | "examples" | "activations";
export type DrawerTab = "nodes" | "shape" | "path" | "difference";
/** Whether x is the lens, one column an interval, or free. */
export type Arrangement = Graph["arrangement"];
export type ExampleOrder = "stored" | "confident" | "doubtful" | "lens" | "label";

export interface ViewState {
  layer: number;
  settings: Settings;
  /** Whether the prominence is that of the layer's first screen, or was chosen; null until the first screen is known. */
  cut: "first" | "chosen" | null;
  arrangement: Arrangement;
  /** The layout that is drawn; asked for again when the view is restored. */
  layout: string | null;
  /** Null until the graph has been fitted into the view. */
  camera: Camera | null;
  selection: Selection;
  /** The categorical column whose values are the classes; empty if the study has none. */
  column: string;
  /** Chosen classes, by code, and their column where it is another one. */
  classes: number[];
  classColumn: string | null;
  /** The column whose shares the inspector shows, where it is another one. */
  barColumn: string | null;
  /** Chosen classes of an imported graph, by name. */
  named: string[];
  /** The query of the text search, whether it is a whole word, and its column if not that of the texts. */
  find: string;
  wholeWord: boolean;
  findColumn: string | null;
  /** `lens`, `majority`, `purity`, `stability`, or `column:` or `point:` and the name of a number of the examples or of the points. */
  colour: string;
  /** Whether nodes that are coloured by class are pies. */
  pies: boolean;
  /** `auto` is what the points see where they are positions of photos, and nothing elsewhere. */
  images: NodeImageKind | "auto";
  labels: boolean;
  /** Whether nodes are faded whose members disagree. */
  fade: boolean;
  radius: "sqrt" | "log";
  /** Share of the edges that are not drawn at first which is brought in, the strongest first. */
  weaker: number;
  minJaccard: number;
  minSize: number;
  pins: [node: number, x: number, y: number][];
  projection: string;
  order: ExampleOrder;
  theme: ThemeChoice;
  /** What lies in the drawer below the graph. */
  drawer: DrawerTab;
  /** The nodes between which a path is shown. */
  path: [from: number, to: number] | null;
  /** The finding that is shown: a loop, a branch or one of its arms, a piece. */
  finding: FindingChoice | null;
  /** Nodes that were kept to be set against each other. */
  kept: { a: number[]; b: number[] };
  /** Open panels. */
  panels: { left: boolean; right: boolean; projection: boolean; table: boolean };
}

export const NOTHING: Selection = { kind: "none" };
export const NONE_KEPT: ViewState["kept"] = { a: [], b: [] };

/** Pixels of a page up to which its panels are sheets over the graph, closed at first. */
export const NARROW = 760;

export function initialView(study: StudySummary, narrow = false): ViewState {
  const layer = study.layers.at(-1)?.id ?? 0;
  const column = firstCategory(study);
  const nClasses = study.columns.find(({ name }) => name === column)?.categories?.length ?? Infinity;
  const byClass = nClasses <= CLASS_COLOURS.length;
  return {
    layer,
    settings: study.defaults,
    cut: null,
    arrangement: "lens",
    layout: null,
    camera: null,
    selection: NOTHING,
    column,
    classes: [],
    classColumn: null,
    barColumn: null,
    named: [],
    find: "",
    wholeWord: false,
    findColumn: null,
    colour: byClass ? "majority" : "lens",
    pies: byClass,
    images: "auto",
    labels: column !== "" || study.texts !== null,
    fade: true,
    radius: "sqrt",
    weaker: 0,
    minJaccard: 0,
    minSize: 1,
    pins: [],
    projection: study.projections[0] ?? "",
    order: "stored",
    theme: "auto",
    drawer: "nodes",
    path: null,
    finding: null,
    kept: NONE_KEPT,
    panels: { left: !narrow, right: !narrow, projection: true, table: false },
  };
}

/** Return the lens for a layer: the same if it is offered there, or if none is. */
export function lensFor(layer: LayerSummary | undefined, lens: string): string {
  const offered = layer?.lenses ?? [];
  return offered.includes(lens) ? lens : (offered[0] ?? lens);
}

/** Return the fields of `view` that differ from `base`, for a short address. */
export function difference(view: ViewState, base: ViewState): Partial<ViewState> {
  const keys = Object.keys(base) as (keyof ViewState)[];
  const changed = keys.filter((key) => JSON.stringify(view[key]) !== JSON.stringify(base[key]));
  return Object.fromEntries(changed.map((key) => [key, view[key]]));
}

/** Lay a view from an address over `base`; a field of the wrong kind, or an unknown layer, is left out. */
export function restore(base: ViewState, saved: unknown, study: StudySummary): ViewState {
  if (typeof saved !== "object" || saved === null) return base;
  const stored = saved as Partial<ViewState>;
  const view = { ...base };
  if (typeof stored.images === "boolean") view.images = stored.images ? "examples" : "none";
  for (const key of Object.keys(base) as (keyof ViewState)[]) {
    if (fits(key, stored[key], base[key])) Object.assign(view, { [key]: stored[key] });
  }
  const layer = study.layers.find((known) => known.id === view.layer);
  if (!layer) return base;
  const early = stored.settings && !("clusterer" in stored.settings) ? { clusterer: "dbscan" } : {};
  view.settings = { ...base.settings, ...early, ...view.settings };
  Object.assign(view, asEarlier(stored, view));
  view.settings.lens = lensFor(layer, view.settings.lens);
  view.panels = { ...base.panels, ...view.panels };
  return { ...view, ...knownColumns(view, base, study) };
}

/** Return what an address of before the first screens meant: its own prominence, and the layout that it names was free. */
function asEarlier(stored: Partial<ViewState>, { cut, layout }: ViewState): Partial<ViewState> {
  if (cut || !(stored.settings || layout)) return {};
  return layout && !stored.arrangement ? { cut: "chosen", arrangement: "free" } : { cut: "chosen" };
}

/** Return the columns of a view that the study has, and the classes that belong to them. */
function knownColumns(view: ViewState, base: ViewState, study: StudySummary): Partial<ViewState> {
  const known = (name: string | null) => (name !== null && isCategory(study, name) ? name : null);
  const column = known(view.column) ?? base.column;
  const classColumn = known(view.classColumn);
  const n = study.columns.find(({ name }) => name === (classColumn ?? column))?.categories?.length ?? 0;
  const findColumn = study.text_columns.find((name) => name === view.findColumn) ?? null;
  return { column, classColumn, barColumn: known(view.barColumn), findColumn, classes: view.classes.filter((code) => code < n) };
}

/** Return what changes when the values of a column become the classes; the chosen classes stay chosen. */
export function colourBy(view: ViewState, column: string): Partial<ViewState> {
  const soughtIn = view.classes.length ? (view.classColumn ?? view.column) : view.classColumn;
  const other = (name: string | null) => (name === column ? null : name);
  return { column, colour: "majority", classColumn: other(soughtIn), barColumn: other(view.barColumn) };
}

/** Return what changes when classes of a column are chosen. */
export function lookIn(view: ViewState, column: string, classes: number[] = []): Partial<ViewState> {
  return { classes, classColumn: column === view.column ? null : column };
}

/** Return what changes when a class is chosen, or no longer. */
export function toggled(view: ViewState, column: string, code: number): Partial<ViewState> {
  const chosen = (view.classColumn ?? view.column) === column ? view.classes : [];
  return lookIn(view, column, chosen.includes(code) ? chosen.filter((other) => other !== code) : [...chosen, code]);
}

function fits(key: keyof ViewState, value: unknown, base: unknown): boolean {
  if (value === undefined) return false;
  if (key === "layout") return value === null || (typeof value === "string" && /^[0-9a-f]{16}$/.test(value));
  if (key === "camera") return isCamera(value);
  if (key === "selection") return isSelection(value);
  if (key === "classes") return isIds(value);
  if (key === "named") return Array.isArray(value) && value.every((name) => typeof name === "string");
  if (key === "pins") return Array.isArray(value) && value.every((pin) => Array.isArray(pin) && pin.every(Number.isFinite));
  if (key === "classColumn" || key === "barColumn" || key === "findColumn") return value === null || typeof value === "string";
  if (key === "theme") return ["auto", "light", "dark"].includes(value as string);
  if (key === "drawer") return ["nodes", "shape", "path", "difference"].includes(value as string);
  if (key === "images") return ["auto", "none", "examples", "activations"].includes(value as string);
  if (key === "path") return value === null || (isIds(value) && value.length === 2);
  if (key === "finding") return isChoice(value);
  if (key === "kept") return isKept(value);
  if (key === "cut") return value === "first" || value === "chosen";
  if (key === "arrangement") return value === "lens" || value === "free";
  if (key === "weaker") return Number.isFinite(value) && (value as number) >= 0 && (value as number) <= 1;
  if (key === "radius") return value === "sqrt" || value === "log";
  return typeof value === typeof base && value !== null;
}

const isIds = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((id) => Number.isInteger(id) && id >= 0);

function isKept(value: unknown): boolean {
  const { a, b } = (value ?? {}) as Partial<ViewState["kept"]>;
  return isIds(a) && isIds(b);
}

function isCamera(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === null;
  const { x, y, zoom } = value as Camera;
  return [x, y, zoom].every(Number.isFinite);
}

function isSelection(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const stored = value as Selection;
  if (stored.kind === "nodes") return isIds(stored.ids);
  if (stored.kind === "edge") return isIds([stored.source, stored.target]);
  if (stored.kind === "area") return Array.isArray(stored.polygon) && typeof stored.projection === "string";
  return stored.kind === "none" || stored.kind === "uncovered";
}
