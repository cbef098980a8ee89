/** What can be read off the state: derived values that several panels share. */

import { countClasses, gather, type NodeClasses, nodeClasses, pointsOfClasses } from "../state/classes";
import { type ColourSource, type Colouring, colouring } from "../state/colouring";
import { sharesOfClasses } from "../state/given";
import { membersOf, sharedMembers, sharesIn } from "../state/members";
import { classColours } from "../state/palette";
import { everyPoint, PointSet } from "../state/points";
import { visibleParts } from "../state/visible";
import { worldRadii } from "../graph/sizes";
import { strengths } from "../graph/scene";
import type { Planes } from "./planes.svelte";
import type { Session } from "./session.svelte";

export class Reading {
  constructor(
    private readonly session: Session,
    private readonly planes: Planes,
  ) {}

  private readonly labelColumn = $derived.by(() => {
    const { label } = this.session.columns;
    return label instanceof Int32Array ? label : null;
  });

  /** How many examples bear each class. */
  readonly labelCounts = $derived.by(() => {
    const n = this.session.study.classes.length;
    return this.labelColumn ? countClasses(everyPoint(this.labelColumn.length), this.labelColumn, n) : new Uint32Array(n);
  });

  readonly palette = $derived.by(() => classColours(this.labelCounts, this.wantedClasses));

  readonly classes: NodeClasses | null = $derived.by(() => {
    const { shown, study } = this.session;
    return shown?.labels ? nodeClasses(shown.members, shown.labels, study.classes.length) : null;
  });

  private readonly lens = $derived.by(() => this.session.view.settings.lens);
  private readonly colourMode = $derived.by(() => this.session.view.colour);

  readonly colouring: Colouring | null = $derived.by(() => {
    const { shown } = this.session;
    if (!shown) return null;
    const source: ColourSource = {
      graph: shown.graph,
      lens: this.lens,
      members: shown.members,
      classes: this.classes,
      labels: shown.labels,
      palette: this.palette,
      column: (name) => this.pointColumn(name),
      dark: this.session.dark,
    };
    return colouring(this.colourMode, source);
  });

  private readonly minSize = $derived.by(() => this.session.view.minSize);
  private readonly minJaccard = $derived.by(() => this.session.view.minJaccard);
  private readonly radiusMode = $derived.by(() => this.session.view.radius);

  readonly visible = $derived.by(() => {
    const { shown } = this.session;
    return shown && visibleParts(shown.graph, this.minSize, this.minJaccard);
  });

  readonly radii = $derived.by(() => worldRadii(this.session.shown?.graph.nodes.size ?? [], this.radiusMode));

  /** The same value until it changes, however often the rest of the view does. */
  readonly selection = $derived.by(() => this.session.view.selection);
  readonly wantedClasses = $derived.by(() => this.session.view.classes);

  /** Points of the selection; null when nothing is selected. */
  readonly selected: PointSet | null = $derived.by(() => {
    const { shown } = this.session;
    const ids = shown && this.selectedIds(shown);
    return ids ? new PointSet(shown.graph.n_points, ids) : null;
  });

  /** Points of the classes that are looked for; null when none is. */
  readonly classPoints: PointSet | null = $derived.by(() => {
    const { shown } = this.session;
    if (!shown?.labels || !this.wantedClasses.length) return null;
    return new PointSet(shown.graph.n_points, pointsOfClasses(shown.labels, this.wantedClasses));
  });

  /** Points of the examples that say what is looked for; null when nothing is. */
  readonly foundPoints: PointSet | null = $derived.by(() => {
    const { shown, found } = this.session;
    if (!shown || !found) return null;
    const rows = new PointSet(this.session.study.n_examples, found);
    return new PointSet(shown.graph.n_points, everyPoint(shown.graph.n_points).filter((point) => rows.has(shown.points.example[point])));
  });

  /** Points of the classes looked for that say what is looked for; null when neither is asked. */
  readonly sought: PointSet | null = $derived.by(() => common(this.classPoints, this.foundPoints));

  /** What panels talk about: the selection, else what is looked for, else the whole layer. */
  readonly focus: Uint32Array = $derived.by(() => {
    const { shown } = this.session;
    return this.selected?.ids ?? this.sought?.ids ?? everyPoint(shown?.graph.n_points ?? 0);
  });

  readonly classCounts = $derived.by(() => {
    const { shown, study } = this.session;
    return shown?.labels ? countClasses(this.focus, shown.labels, study.classes.length) : null;
  });

  /** Share of the classes that are looked for in each node, as the file of an imported graph gives it. */
  readonly namedShares: Float32Array | null = $derived.by(() => {
    const given = this.session.shown?.graph.given;
    return given ? sharesOfClasses(given, this.named) : null;
  });
  private readonly named = $derived.by(() => this.session.view.named);

  /** Share of each node's members that are looked for; null when nothing is faded. */
  readonly shares: Float32Array | null = $derived.by(() => {
    const { shown } = this.session;
    const set = this.lookedFor;
    return shown && (set ? sharesIn(shown.members, set) : this.namedShares);
  });

  readonly strength = $derived.by(() => this.shares && strengths(this.shares));

  /** Points lit in the projection. */
  readonly lit: PointSet | null = $derived.by(() => {
    const { shown, hovered } = this.session;
    if (shown && hovered?.kind === "node" && shown.graph.n_points <= 50_000 && hovered.id < shown.graph.nodes.size.length) {
      return new PointSet(shown.graph.n_points, membersOf(shown.members, hovered.id));
    }
    return this.selected ?? this.sought;
  });

  readonly selectedNodes: Set<number> = $derived.by(() => {
    const { selection } = this;
    if (selection.kind === "nodes") return new Set(selection.ids);
    return new Set(selection.kind === "edge" ? [selection.source, selection.target] : []);
  });

  pointColumn(name: string): Float32Array | null {
    const column = this.session.columns[name];
    const example = this.session.shown?.points.example;
    return example && column instanceof Float32Array ? gather(column, example) : null;
  }

  private get lookedFor(): PointSet | null {
    const area = this.selection.kind === "area" || this.selection.kind === "uncovered" ? this.selected : null;
    return common(area, this.sought);
  }

  private selectedIds(shown: NonNullable<Session["shown"]>): ArrayLike<number> | null {
    const { selection } = this;
    const n = shown.graph.nodes.size.length;
    if (selection.kind === "uncovered") return shown.members.uncovered;
    if (selection.kind === "area") return this.planes.pointsIn(shown.graph.layer, selection);
    if (selection.kind === "edge") {
      return Math.max(selection.source, selection.target) < n
        ? sharedMembers(shown.members, selection.source, selection.target)
        : null;
    }
    if (selection.kind === "none") return null;
    return selection.ids.filter((id) => id < n).flatMap((id) => Array.from(membersOf(shown.members, id)));
  }
}

/** Return what is in both sets, where a set that is null leaves nothing out. */
function common(one: PointSet | null, other: PointSet | null): PointSet | null {
  if (!one || !other) return one ?? other;
  return new PointSet(one.universe, one.ids.filter((point) => other.has(point)));
}
