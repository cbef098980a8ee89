/** The state of the page: the view that the person made, the graph that is on screen, and what is on its way. */

import type { Client, Columns, Progress } from "../api/client";
import type { Settings, StudySummary } from "../api/types";
import { toScreen, type Viewport } from "../graph/camera";
import type { Hit } from "../graph/pick";
import { categoriesOf, type Category } from "../state/columns";
import { emptyHistory, type History, redo, remember, undo } from "../state/history";
import type { LoadedGraph } from "../state/loaded-graph";
import { sameTree } from "../state/mode-tree";
import { carriedOver, correspondence, existing, NO_REFERENCES, survivorsOf } from "../state/node-correspondence";
import { between, ease, restingPositions, startPositions } from "../state/transition";
import { type Arrangement, type Camera, initialView, lensFor, NOTHING, type Selection, toggled, type ViewState } from "../state/view";
import { AsyncJob } from "./async-job.svelte";
import { Framing, MARGINS, type Stage } from "./framing";
import { GraphCache } from "./graph-cache";

interface GraphRequest {
  anchored: boolean;
  layout: string | null;
  /** Return what else of the view changes when the graph is there. */
  changes: (next: LoadedGraph, survivors: number[] | null) => Partial<ViewState>;
}

export class Session {
  view = $state.raw<ViewState>() as ViewState;
  loaded = $state.raw<LoadedGraph | null>(null);
  /** The graph on screen, unless it is a preview: only of it more can be asked. */
  readonly whole = $derived.by(() => (this.loaded && this.loaded.graph.sample === null ? this.loaded.graph : null));
  readonly graphJob = new AsyncJob<LoadedGraph>();
  /** Whether a whole view waits for its graph: what is on screen until then is not all of it. */
  restoring = $state(false);
  hovered = $state.raw<Hit>(null);
  /** How the prominence of the first screen was found, in a sentence. */
  rule = $state.raw("");
  /** Examples whose text holds what is searched; null when nothing is. */
  searchHits = $state.raw<Uint32Array | null>(null);
  viewport = $state.raw<Viewport>({ width: 0, height: 0 });
  history = $state.raw<History<ViewState>>(emptyHistory());
  systemDark = $state(false);
  dark = $derived.by(() => (this.view.theme === "auto" ? this.systemDark : this.view.theme === "dark"));

  /** Positions of the nodes at rest: the layout, then the pins. */
  xy = $derived.by(() => restingPositions(this.loaded?.graph, this.pins));
  private pins = $derived.by(() => this.view.pins);
  private origin = $state.raw<Float32Array | null>(null);
  private progress = $state(1);
  /** Positions of the nodes as drawn, also while they move. */
  drawn = $derived(this.origin && this.progress < 1 ? between(this.origin, this.xy, this.progress) : this.xy);

  readonly initial: ViewState;
  readonly categories: Map<string, Category>;
  private readonly graphs: GraphCache;
  private readonly framing = new Framing();
  /** What the prominence of the graph on screen is. */
  private cut: ViewState["cut"] = null;

  constructor(
    readonly client: Client,
    readonly study: StudySummary,
    readonly columns: Columns,
    /** Whether the page opens with its panels closed. */
    narrow = false,
  ) {
    this.initial = initialView(study, narrow);
    this.categories = categoriesOf(study, columns);
    this.view = this.initial;
    this.graphs = new GraphCache(client, columns, study.layers);
  }

  /** Change the view; with `undoable` the change can be undone. */
  update(patch: Partial<ViewState>, undoable = true): void {
    if (undoable) this.history = remember(this.history, this.view);
    this.view = { ...this.view, ...patch };
  }

  /** Make the change since `before` one step that can be undone. */
  recordSince(before: ViewState): void {
    this.history = remember(this.history, before);
  }

  select(selection: Selection): void {
    this.update({ selection });
  }

  toggleNode(id: number): void {
    const { selection } = this.view;
    const ids = selection.kind === "nodes" ? selection.ids : [];
    const next = ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];
    this.select(next.length ? { kind: "nodes", ids: next } : NOTHING);
  }

  toggleClass(column: string, code: number): void {
    this.update(toggled(this.view, column, code));
  }

  toggleNamed(name: string): void {
    const { named } = this.view;
    this.update({ named: named.includes(name) ? named.filter((other) => other !== name) : [...named, name] });
  }

  clear(): void {
    const { selection, classes, named, find, path, finding } = this.view;
    if (selection.kind === "none" && !classes.length && !named.length && !find && !path && !finding) return;
    this.update({ selection: NOTHING, classes: [], named: [], find: "", path: null, finding: null });
  }

  changeSettings(patch: Partial<Settings>, undoable = true): void {
    const { settings, cut } = this.view;
    this.update({ settings: { ...settings, ...patch }, cut: "prominence" in patch ? "chosen" : cut }, undoable);
    void this.requestGraph({ anchored: true, layout: null, changes: this.carried });
  }

  /** Show the first screen of the layer under some settings. */
  showFirst(settings: Settings): void {
    this.update({ settings, cut: null });
    void this.requestGraph({ anchored: true, layout: null, changes: this.carried });
  }

  /** Ask for the graph whose preview is on screen. */
  complete(): void {
    void this.requestGraph({ anchored: true, layout: null, changes: this.carried });
  }

  arrange(arrangement: Arrangement): void {
    this.update({ arrangement });
    const changes = (next: LoadedGraph) => ({ pins: [], camera: this.fitted(next) });
    void this.requestGraph({ anchored: false, layout: null, changes });
  }

  switchLayer(layer: number): void {
    if (layer === this.view.layer) return;
    const { settings, cut } = this.view;
    const lens = lensFor(this.study.layers.find((known) => known.id === layer), settings.lens);
    const eps = typeof settings.eps === "number" ? this.study.defaults.eps : settings.eps;
    this.update({ layer, settings: { ...settings, lens, eps }, cut: cut === "chosen" ? cut : null });
    const changes = (next: LoadedGraph) => ({ ...NO_REFERENCES, camera: this.fitted(next) });
    void this.requestGraph({ anchored: false, layout: null, changes });
  }

  relayout(): void {
    this.update({});
    const changes = (next: LoadedGraph) => ({ pins: [], camera: this.fitted(next) });
    void this.requestGraph({ anchored: false, layout: null, changes });
  }

  /** Put a whole view on screen, its graph included. */
  restore(target: ViewState): void {
    const now = this.loaded?.graph;
    const there = now && now.layer === target.layer && now.layout === target.layout && sameSettings(now.settings ?? target.settings, target.settings);
    if (there) {
      this.view = target;
      return;
    }
    this.view = { ...target, ...NO_REFERENCES, camera: this.view.camera };
    const changes = (next: LoadedGraph) => ({ ...existing(target, next), finding: target.finding, camera: this.framing.restored(target.camera) ?? this.fitted(next) });
    this.restoring = true;
    void this.requestGraph({ anchored: false, layout: target.layout, changes }).finally(() => (this.restoring = false));
  }

  undo(): void {
    this.restoreStep(undo(this.history, this.view));
  }

  redo(): void {
    this.restoreStep(redo(this.history, this.view));
  }

  fitView(): void {
    if (this.loaded) this.update({ camera: this.framing.fit(this.xy) }, false);
  }

  /** Move the camera to a node that is out of sight. */
  reveal(node: number): void {
    const { camera } = this.view;
    const position = this.xy.slice(2 * node, 2 * node + 2);
    if (!camera || position.length < 2) return;
    const [x, y] = toScreen(camera, this.viewport, position[0], position[1]);
    const { left, right, top, bottom } = MARGINS;
    const seen = x > left && x < this.viewport.width - right && y > top && y < this.viewport.height - bottom;
    if (!seen) this.update({ camera: { ...camera, x: position[0], y: position[1] } }, false);
  }

  /** Bring nodes that are small on screen, or out of sight, closer, with some of what is around them. */
  frame(nodes: number[]): void {
    const { camera } = this.view;
    if (!camera || nodes.length < 2) return nodes.forEach((node) => this.reveal(node));
    const to = this.framing.closer(camera, Float32Array.from(nodes.flatMap((node) => [this.xy[2 * node], this.xy[2 * node + 1]])));
    if (to === camera) return;
    this.origin = this.drawn;
    this.progress = 0;
    this.view = { ...this.view, camera: this.framing.travel(camera, to) };
  }

  /** Take the new size and place of the stage. */
  resize(stage: Stage): void {
    this.viewport = { width: stage.width, height: stage.height };
    const camera = this.framing.on(stage, this.view.camera, this.xy);
    if (camera !== this.view.camera) this.update({ camera }, false);
  }

  /** Move on by a share of the way; returns whether there is more to go. */
  advance(progress: number): boolean {
    this.progress = Math.min(1, progress);
    const camera = this.framing.along(this.view.camera, ease(this.progress));
    if (camera !== this.view.camera) this.view = { ...this.view, camera };
    if (this.progress >= 1) this.origin = null;
    return this.progress < 1;
  }

  get moving(): boolean {
    return this.origin !== null;
  }

  private restoreStep([view, history]: [ViewState, History<ViewState>]): void {
    this.history = history;
    if (view === this.view) return;
    const { camera, panels, theme, layout } = this.view;
    this.restore({ ...view, panels, theme, camera: layout === view.layout ? camera : view.camera });
  }

  private fitted(loaded: LoadedGraph): Camera | null {
    return this.framing.fit(restingPositions(loaded.graph, []));
  }

  /** Return what of the view goes over to a graph that is drawn beside the one on screen. */
  private readonly carried = (next: LoadedGraph, survivors: number[] | null): Partial<ViewState> => {
    const { selection, camera } = this.view;
    if (!survivors || !this.loaded) return { ...NO_REFERENCES, selection: selection.kind === "area" ? selection : NOTHING };
    const isSameTree = sameTree(this.loaded.graph, next.graph);
    const named = carriedOver(this.view, correspondence(this.loaded, next, survivors));
    const finding = isSameTree ? this.view.finding : null;
    const xy = restingPositions(next.graph, named.pins);
    return { ...named, finding, camera: this.framing.continue(camera, this.xy, xy, survivors, isSameTree) };
  }

  private async requestGraph(request: GraphRequest): Promise<void> {
    const { layer, cut, arrangement } = this.view;
    let from = request.anchored && this.loaded?.graph.layer === layer ? this.loaded : null;
    await this.graphJob.run(
      async (progress, signal) => {
        from ??= await this.showPreview(request, progress, signal);
        const anchor = from && { graph: from.graph.digest, layout: from.graph.layout };
        const settings = await this.settingsToShow(progress, signal);
        return this.graphs.get({ layer, settings, anchor, layout: request.layout, arrangement }, progress, signal);
      },
      (next) => {
        this.cut = next ? (cut ?? "first") : this.cut;
        if (next) this.applyGraph(next, this.survivorsIn(next, from), from?.graph.sample && !request.layout ? this.carried : request.changes);
        else this.revert();
      },
    );
  }

  /** Return the settings of the view, with the prominence of the layer's first screen where none was chosen. */
  private async settingsToShow(progress: Progress, signal: AbortSignal): Promise<Settings> {
    const { layer, settings, cut } = this.view;
    if (cut) return settings;
    const first = await this.client.firstScreen(layer, settings, progress, signal);
    this.rule = first.rule;
    return first.settings;
  }

  private survivorsIn(next: LoadedGraph, from: LoadedGraph | null): number[] | null {
    if (this.loaded?.graph.digest === next.graph.digest) return [...next.graph.nodes.size.keys()];
    return from && from === this.loaded ? survivorsOf(next.graph, from.graph) : null;
  }

  /** Show a preview of a large graph that is not there soon, beside which it is drawn later; returns the preview. */
  private async showPreview(request: GraphRequest, progress: Progress, signal: AbortSignal): Promise<LoadedGraph | null> {
    const { layer, settings, cut, arrangement } = this.view;
    const preview = await this.graphs.preview({ layer, settings, arrangement, first: !cut }, progress, signal);
    signal.throwIfAborted();
    if (!preview) return null;
    this.cut = cut;
    this.applyGraph(preview, null, request.changes);
    return preview;
  }

  private applyGraph(next: LoadedGraph, survivors: number[] | null, changes: GraphRequest["changes"]): void {
    const before = this.loaded;
    const { drawn } = this;
    const from = this.view.camera;
    this.hovered = null;
    const settings = next.graph.settings ?? this.view.settings;
    this.view = { ...this.view, settings, cut: this.cut, layout: next.graph.layout, ...changes(next, survivors) };
    this.loaded = next;
    if (!before || before.graph.layer !== next.graph.layer || before === next) return;
    const none = next.graph.nodes.size.map(() => -1);
    const members = { xy: this.xy, members: next.members };
    this.origin = startPositions(members, survivors ?? none, { xy: drawn, members: before.members }, next.graph.n_points);
    this.progress = 0;
    this.view = { ...this.view, camera: this.framing.travel(from, this.view.camera) };
  }

  /** Return to the graph that is on screen. */
  private revert(): void {
    if (!this.loaded) return;
    const { graph } = this.loaded;
    this.view = { ...this.view, layer: graph.layer, layout: graph.layout, cut: this.cut, settings: graph.settings ?? this.view.settings };
  }
}

function sameSettings(a: Settings, b: Settings): boolean {
  return (Object.keys(a) as (keyof Settings)[]).every((name) => a[name] === b[name]);
}
