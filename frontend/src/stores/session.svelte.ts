/** The state of the page: the view that the person made, the graph that is on screen, and what is on its way. */

import { Cancelled, type Client, type Columns } from "../api/client";
import type { JobEvent, Settings, StudySummary } from "../api/types";
import { cameraBetween, fit, shareInView, toScreen, type Viewport } from "../graph/camera";
import type { Hit } from "../graph/pick";
import { type Category, categoriesOf } from "../state/columns";
import { emptyHistory, type History, redo, remember, undo } from "../state/history";
import { heirs, inherited, known, NONE_NAMED, survivorsOf } from "../state/node-correspondence";
import { sameTree } from "../state/mode-tree";
import { between, ease, startPlaces } from "../state/transition";
import { type Camera, initialView, lensFor, NOTHING, type Selection, toggled, type ViewState } from "../state/view";
import { Shelf, type Shown } from "../state/loaded-graph";

interface Trip {
  anchored: boolean;
  layout: string | null;
  /** Return what else of the view changes when the graph is there. */
  arrive: (next: Shown, survivors: number[] | null) => Partial<ViewState>;
}

/** Share of continued nodes below which there is nothing to hold on to. */
const FEW_SURVIVORS = 0.1;
/** Share of what was in view that must stay in view for the camera to stay. */
const KEPT_IN_VIEW = 0.8;
const MARGINS = { left: 48, right: 64, top: 44, bottom: 88 };

export class Session {
  view = $state.raw<ViewState>() as ViewState;
  shown = $state.raw<Shown | null>(null);
  pending = $state.raw<JobEvent | "asked" | null>(null);
  problem = $state.raw<string | null>(null);
  hovered = $state.raw<Hit>(null);
  /** Examples that say what is looked for; null when nothing is. */
  found = $state.raw<Uint32Array | null>(null);
  viewport = $state.raw<Viewport>({ width: 0, height: 0 });
  history = $state.raw<History<ViewState>>(emptyHistory());
  systemDark = $state(false);
  dark = $derived.by(() => (this.view.theme === "auto" ? this.systemDark : this.view.theme === "dark"));

  /** Places of the nodes at rest: the layout, then the pins. */
  xy = $derived.by(() => restingPlaces(this.shown, this.pins));
  private pins = $derived.by(() => this.view.pins);
  private origin = $state.raw<Float32Array | null>(null);
  private progress = $state(1);
  /** Places of the nodes as drawn, also while they move. */
  drawn = $derived(this.origin && this.progress < 1 ? between(this.origin, this.xy, this.progress) : this.xy);

  readonly initial: ViewState;
  readonly categories: Map<string, Category>;
  private readonly shelf: Shelf;
  private abort: AbortController | null = null;
  private lastFit: Camera | null = null;
  /** A way of the camera; given up when somebody else moves it. */
  private glide: { from: Camera; to: Camera; at: Camera } | null = null;

  constructor(
    readonly client: Client,
    readonly study: StudySummary,
    readonly columns: Columns,
  ) {
    this.initial = initialView(study);
    this.categories = categoriesOf(study, columns);
    this.view = this.initial;
    this.shelf = new Shelf(client, columns, study.layers);
  }

  /** Change the view; with `memorable` the change can be undone. */
  update(patch: Partial<ViewState>, memorable = true): void {
    if (memorable) this.history = remember(this.history, this.view);
    this.view = { ...this.view, ...patch };
  }

  /** Make the change since `before` one step that can be undone. */
  recall(before: ViewState): void {
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
    const { selection, classes, named, find } = this.view;
    if (selection.kind === "none" && !classes.length && !named.length && !find) return;
    this.update({ selection: NOTHING, classes: [], named: [], find: "" });
  }

  changeSettings(patch: Partial<Settings>, memorable = true): void {
    this.update({ settings: { ...this.view.settings, ...patch } }, memorable);
    void this.travel({ anchored: true, layout: null, arrive: (next, survivors) => this.inherit(next, survivors) });
  }

  switchLayer(layer: number): void {
    if (layer === this.view.layer) return;
    const { settings } = this.view;
    const lens = lensFor(this.study.layers.find((known) => known.id === layer), settings.lens);
    const eps = typeof settings.eps === "number" ? this.study.defaults.eps : settings.eps;
    this.update({ layer, settings: { ...settings, lens, eps } });
    const arrive = (next: Shown) => ({ ...NONE_NAMED, camera: this.fitted(next) });
    void this.travel({ anchored: false, layout: null, arrive });
  }

  relayout(): void {
    this.update({});
    const arrive = (next: Shown) => ({ pins: [], camera: this.fitted(next) });
    void this.travel({ anchored: false, layout: null, arrive });
  }

  /** Put a whole view on screen, its graph included. */
  restore(target: ViewState): void {
    const now = this.shown?.graph;
    const there = now && now.layer === target.layer && now.layout === target.layout && sameSettings(now.settings ?? target.settings, target.settings);
    if (there) {
      this.view = target;
      return;
    }
    this.view = { ...target, ...NONE_NAMED, camera: this.view.camera };
    const arrive = (next: Shown) => ({ ...known(target, next), camera: target.camera ?? this.fitted(next) });
    void this.travel({ anchored: false, layout: target.layout, arrive });
  }

  undo(): void {
    this.jump(undo(this.history, this.view));
  }

  redo(): void {
    this.jump(redo(this.history, this.view));
  }

  cancel(): void {
    this.abort?.abort(new Cancelled());
  }

  fitView(): void {
    if (this.shown) this.update({ camera: this.fitted(this.shown, this.xy) }, false);
  }

  /** Move the camera to a node that is out of sight. */
  reveal(node: number): void {
    const { camera } = this.view;
    const place = this.xy.slice(2 * node, 2 * node + 2);
    if (!camera || place.length < 2) return;
    const [x, y] = toScreen(camera, this.viewport, place[0], place[1]);
    const { left, right, top, bottom } = MARGINS;
    const seen = x > left && x < this.viewport.width - right && y > top && y < this.viewport.height - bottom;
    if (!seen) this.update({ camera: { ...camera, x: place[0], y: place[1] } }, false);
  }

  /** Take the new size of the stage; a graph that fitted still fits, unless it was moved. */
  resize(viewport: Viewport): void {
    this.viewport = viewport;
    if (this.lastFit && this.lastFit === this.view.camera) this.fitView();
  }

  /** Move on by a share of the way; returns whether there is more to go. */
  advance(progress: number): boolean {
    this.progress = Math.min(1, progress);
    if (this.glide && this.glide.at === this.view.camera) {
      this.glide.at = cameraBetween(this.glide.from, this.glide.to, ease(this.progress));
      this.view = { ...this.view, camera: this.glide.at };
    }
    if (this.progress >= 1) this.origin = null;
    return this.progress < 1;
  }

  get moving(): boolean {
    return this.origin !== null;
  }

  private jump([view, history]: [ViewState, History<ViewState>]): void {
    this.history = history;
    if (view === this.view) return;
    const { camera, panels, theme, layout } = this.view;
    this.restore({ ...view, panels, theme, camera: layout === view.layout ? camera : view.camera });
  }

  private fitted(shown: Shown, xy = restingPlaces(shown, [])): Camera | null {
    this.lastFit = this.viewport.width ? fit(xy, this.viewport, MARGINS, 0.5) : null;
    return this.lastFit;
  }

  private inherit(next: Shown, survivors: number[] | null): Partial<ViewState> {
    const { selection, camera } = this.view;
    if (!survivors || !this.shown) return { ...NONE_NAMED, selection: selection.kind === "area" ? selection : NOTHING };
    const named = inherited(this.view, heirs(this.shown, next, survivors));
    const still = sameTree(this.shown.graph, next.graph) && camera;
    return { ...named, camera: still || this.followed(restingPlaces(next, named.pins), camera, survivors) };
  }

  /** Return the camera for a graph that replaces another: the same, unless that would lose the graph from sight. */
  private followed(xy: Float32Array, camera: Camera | null, survivors: number[]): Camera | null {
    const before = camera ? shareInView(this.xy, camera, this.viewport) : 0;
    const after = camera ? shareInView(xy, camera, this.viewport) : 0;
    const continues = survivors.filter((old) => old >= 0).length >= FEW_SURVIVORS * survivors.length;
    if (camera && continues && after >= KEPT_IN_VIEW * before) return camera;
    this.lastFit = fit(xy, this.viewport, MARGINS, 0.5);
    return this.lastFit;
  }

  private async travel(trip: Trip): Promise<void> {
    this.abort?.abort(new Cancelled());
    const abort = new AbortController();
    this.abort = abort;
    this.problem = null;
    this.pending = "asked";
    try {
      const from = trip.anchored && this.shown?.graph.layer === this.view.layer ? this.shown : null;
      const anchor = from && { graph: from.graph.digest, layout: from.graph.layout };
      const wanted = { layer: this.view.layer, settings: this.view.settings, anchor, layout: trip.layout };
      const next = await this.shelf.get(wanted, (event) => this.report(abort, event), abort.signal);
      if (abort.signal.aborted) return;
      this.arrive(next, from === this.shown && from ? survivorsOf(next.graph, from.graph) : null, trip);
    } catch (error) {
      if (this.abort === abort) this.giveUp(error);
    } finally {
      if (this.abort === abort) this.pending = null;
    }
  }

  private report(abort: AbortController, event: JobEvent): void {
    if (this.abort === abort) this.pending = event;
  }

  private arrive(next: Shown, survivors: number[] | null, trip: Trip): void {
    const before = this.shown;
    const { drawn } = this;
    const from = this.view.camera;
    this.hovered = null;
    const settings = next.graph.settings ?? this.view.settings;
    this.view = { ...this.view, settings, layout: next.graph.layout, ...trip.arrive(next, survivors) };
    this.shown = next;
    if (!before || before.graph.layer !== next.graph.layer || before === next) return;
    const none = next.graph.nodes.size.map(() => -1);
    const members = { xy: this.xy, members: next.members };
    this.origin = startPlaces(members, survivors ?? none, { xy: drawn, members: before.members }, next.graph.n_points);
    this.progress = 0;
    this.setOff(from, this.view.camera);
  }

  private setOff(from: Camera | null, to: Camera | null): void {
    this.glide = null;
    if (!from || !to || from === to) return;
    this.glide = { from, to, at: from };
    this.view = { ...this.view, camera: from };
  }

  private giveUp(error: unknown): void {
    if (!(error instanceof Cancelled)) this.problem = error instanceof Error ? error.message : String(error);
    if (!this.shown) return;
    const { graph } = this.shown;
    this.view = { ...this.view, layer: graph.layer, layout: graph.layout, settings: graph.settings ?? this.view.settings };
  }
}

function restingPlaces(shown: Shown | null, pins: ViewState["pins"]): Float32Array {
  if (!shown) return new Float32Array();
  const { x, y } = shown.graph.nodes;
  const xy = new Float32Array(2 * x.length);
  x.forEach((value, node) => xy.set([value, y[node]], 2 * node));
  for (const [node, px, py] of pins) if (node < x.length) xy.set([px, py], 2 * node);
  return xy;
}

function sameSettings(a: Settings, b: Settings): boolean {
  return (Object.keys(a) as (keyof Settings)[]).every((name) => a[name] === b[name]);
}
