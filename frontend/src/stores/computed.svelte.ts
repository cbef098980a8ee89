/** What can be read off the state: derived values that several panels share. */

import { clarities, outside, strengths } from "../graph/scene";
import { medianSpacing, worldRadii } from "../graph/sizes";
import { countClasses, type NodeClasses, nodeClasses, pointsOfClasses } from "../state/classes";
import { type Colouring, colouring, type ColourSource } from "../state/colouring";
import type { Category } from "../state/columns";
import { sharesOfClasses } from "../state/imported-graph";
import type { LoadedGraph } from "../state/loaded-graph";
import { membersOf, sharedMembers, sharesIn } from "../state/members";
import { isPosition, numbersOf, type PointNumber, valuesOf } from "../state/numeric-columns";
import { classColours, type Rgb } from "../state/palette";
import { shortestPath } from "../state/paths";
import { everyPoint, PointSet } from "../state/points";
import { visibleParts } from "../state/visible";
import type { Findings } from "./findings.svelte";
import type { GraphReports } from "./graph-reports.svelte";
import type { Projections } from "./projections.svelte";
import type { Session } from "./session.svelte";

/** A number with its value for each point. */
export type Measure = PointNumber & { values: ArrayLike<number> };

export class ComputedState {
  constructor(
    private readonly session: Session,
    private readonly projections: Projections,
    private readonly reports: GraphReports,
    private readonly findings: Findings,
  ) {}

  /** The column whose values are the classes; null in a study without one. */
  readonly column: Category | null = $derived.by(() => this.categoryOf(this.session.view.column));
  /** The column whose classes can be chosen. */
  readonly classColumn: Category | null = $derived.by(() => this.categoryOf(this.session.view.classColumn) ?? this.column);
  /** The column whose shares the inspector shows. */
  readonly barColumn: Category | null = $derived.by(() => this.categoryOf(this.session.view.barColumn) ?? this.column);

  readonly palette = $derived.by(() => this.paletteOf(this.column));
  readonly classPalette = $derived.by(() => this.paletteOf(this.classColumn));
  readonly barPalette = $derived.by(() => this.paletteOf(this.barColumn));

  /** Code of the class of each point. */
  readonly codes = $derived.by(() => this.codesOf(this.column));
  private readonly classCodes = $derived.by(() => this.codesOf(this.classColumn));
  private readonly barCodes = $derived.by(() => this.codesOf(this.barColumn));

  readonly classes: NodeClasses | null = $derived.by(() => {
    const { loaded } = this.session;
    return loaded && this.column && this.codes ? nodeClasses(loaded.members, this.codes, this.column.values.length) : null;
  });

  /** Numbers on offer as colours of the layer that is shown. */
  readonly numbers = $derived.by(() => numbersOf(this.session.study, this.session.loaded?.graph.layer ?? -1));

  private readonly wantedColour = $derived.by(() => this.session.view.colour);
  private readonly number: Measure | null = $derived.by(() => {
    const number = [...this.numbers.examples, ...this.numbers.points].find(({ mode }) => mode === this.wantedColour);
    return (number && this.valued([number])[0]) ?? null;
  });

  /** How many points of the layer have no finite value of the number that colours. */
  readonly valueless: number = $derived.by(() => {
    const values = this.number?.values;
    let n = 0;
    for (let i = 0; values && i < values.length; i++) if (!Number.isFinite(values[i])) n++;
    return n;
  });

  /** What colours: the lens where the layer does not have what is asked for. */
  readonly colourMode = $derived.by(() => {
    if (this.wantedColour === "majority" || this.wantedColour === "purity") return this.column ? this.wantedColour : "lens";
    if (this.wantedColour === "stability") return this.stability ? "stability" : this.column ? "majority" : "lens";
    return this.number ? this.wantedColour : "lens";
  });

  /** How much of the graph returns, if that was measured. */
  readonly stability = $derived.by(() => this.reports.stability(this.session.loaded?.graph));

  readonly pies = $derived.by(() => this.session.view.pies && this.colourMode === "majority");

  /** Numbers that are shown of nodes and points: what was measured of the points, and the one that colours. */
  readonly measures: Measure[] = $derived.by(() => {
    const { number } = this;
    const measured = this.valued(this.numbers.points.filter((one) => !isPosition(one)));
    return number && !measured.some(({ mode }) => mode === number.mode) ? [...measured, number] : measured;
  });

  readonly colouring: Colouring | null = $derived.by(() => {
    const { loaded } = this.session;
    if (!loaded) return null;
    const source: ColourSource = {
      graph: loaded.graph,
      members: loaded.members,
      classes: this.classes,
      codes: this.codes,
      palette: this.palette,
      stability: this.stability?.nodes ?? null,
      number: this.number,
      dark: this.session.dark,
    };
    return colouring(this.colourMode, source);
  });

  private readonly minSize = $derived.by(() => this.session.view.minSize);
  private readonly minJaccard = $derived.by(() => this.session.view.minJaccard);
  private readonly weaker = $derived.by(() => this.session.view.weaker);
  private readonly radiusMode = $derived.by(() => this.session.view.radius);

  readonly visible = $derived.by(() => {
    const { loaded } = this.session;
    return loaded && visibleParts(loaded.graph, this.minSize, this.minJaccard, this.weaker);
  });

  private readonly ends = $derived.by(() => this.session.view.path);
  /** The nodes of the path that is shown; null when none is asked for or there is none. */
  readonly path: number[] | null = $derived.by(() => {
    const { loaded } = this.session;
    return loaded && this.visible && this.ends && shortestPath(loaded.graph, this.visible, ...this.ends);
  });

  private readonly spacing = $derived.by(() => {
    const nodes = this.session.loaded?.graph.nodes;
    return nodes?.group ? medianSpacing(nodes.x, nodes.y) : 1;
  });
  /** Radius of each node in layout units: that of the layout where it has made room for them. */
  readonly radii = $derived.by(() => {
    const nodes = this.session.loaded?.graph.nodes;
    return nodes?.radius ? Float32Array.from(nodes.radius) : worldRadii(nodes?.size ?? [], this.radiusMode, this.spacing);
  });

  /** The same value until it changes, however often the rest of the view does. */
  readonly selection = $derived.by(() => this.session.view.selection);
  readonly chosenClasses = $derived.by(() => this.session.view.classes);

  /** Points of the selection; null when nothing is selected. */
  readonly selected: PointSet | null = $derived.by(() => {
    const { loaded } = this.session;
    const ids = loaded && this.selectedIds(loaded);
    return ids ? new PointSet(loaded.graph.n_points, ids) : null;
  });

  /** Points of the chosen classes; null when none is chosen. */
  readonly classPoints: PointSet | null = $derived.by(() => {
    const { loaded } = this.session;
    if (!loaded || !this.classCodes || !this.chosenClasses.length) return null;
    return new PointSet(loaded.graph.n_points, pointsOfClasses(this.classCodes, this.chosenClasses));
  });

  /** Points of the examples that the text search hits; null without a search. */
  readonly searchPoints: PointSet | null = $derived.by(() => {
    const { loaded, searchHits } = this.session;
    if (!loaded || !searchHits) return null;
    const rows = new PointSet(this.session.study.n_examples, searchHits);
    return new PointSet(loaded.graph.n_points, everyPoint(loaded.graph.n_points).filter((point) => rows.has(loaded.points.example[point])));
  });

  /** Points of the chosen classes that the text search hits; null when neither is asked for. */
  readonly searched: PointSet | null = $derived.by(() => common(this.classPoints, this.searchPoints));

  /** What panels describe: the selection, else the search result, else the whole layer. */
  readonly focus: Uint32Array = $derived.by(() => {
    const { loaded } = this.session;
    return this.selected?.ids ?? this.searched?.ids ?? everyPoint(loaded?.graph.n_points ?? 0);
  });

  /** How many points of the focus are in each class, and have each value of the column of the bars. */
  readonly classCounts = $derived.by(() => countIn(this.focus, this.column, this.codes));
  readonly barCounts = $derived.by(() => (this.barColumn === this.column ? this.classCounts : countIn(this.focus, this.barColumn, this.barCodes)));
  /** How many points of the layer are in each of the classes that can be chosen. */
  readonly classTotals = $derived.by(() => countIn(everyPoint(this.session.loaded?.graph.n_points ?? 0), this.classColumn, this.classCodes));

  /** Share of the chosen classes in each node, as the file of an imported graph gives it. */
  readonly namedShares: Float32Array | null = $derived.by(() => {
    const imported = this.session.loaded?.graph.imported;
    return imported ? sharesOfClasses(imported, this.named) : null;
  });
  private readonly named = $derived.by(() => this.session.view.named);

  /** Share of each node's members in the search result; null when nothing is faded. */
  readonly shares: Float32Array | null = $derived.by(() => {
    const { loaded } = this.session;
    const set = this.lookedFor;
    return loaded && (set ? sharesIn(loaded.members, set) : this.namedShares);
  });

  /** How strongly each node is drawn: those without what is looked for fade, and those outside the finding that is shown. */
  readonly strength = $derived.by(() => {
    const { shares, session, findings } = this;
    return outside(findings.lit, shares && strengths(shares), session.loaded?.graph.nodes.size.length ?? 0);
  });

  private readonly fade = $derived.by(() => this.session.view.fade);
  /** How clear each node is, by how far its members agree; null where nothing is known of it. */
  readonly agreed = $derived.by(() => {
    const agreement = this.session.loaded?.graph.nodes.agreement;
    return agreement ? clarities(agreement) : null;
  });
  /** How clearly each node is drawn; null where nothing is faded. */
  readonly clarity = $derived.by(() => (this.fade ? this.agreed : null));

  /** Points lit in the projection. */
  readonly lit: PointSet | null = $derived.by(() => {
    const { loaded, hovered } = this.session;
    if (loaded && hovered?.kind === "node" && loaded.graph.n_points <= 50_000 && hovered.id < loaded.graph.nodes.size.length) {
      return new PointSet(loaded.graph.n_points, membersOf(loaded.members, hovered.id));
    }
    return this.selected ?? this.searched;
  });

  readonly selectedNodes: Set<number> = $derived.by(() => {
    const { selection } = this;
    if (selection.kind === "nodes") return new Set(selection.ids);
    return new Set(selection.kind === "edge" ? [selection.source, selection.target] : []);
  });

  private categoryOf(name: string | null): Category | null {
    return this.session.categories.get(name ?? "") ?? null;
  }

  private codesOf(column: Category | null): Int32Array | null {
    return column && ((this.session.loaded?.column(column.name) ?? null) as Int32Array | null);
  }

  private paletteOf(column: Category | null): Rgb[] {
    return column ? classColours(column.weights, this.classColumn?.weights === column.weights ? this.chosenClasses : []) : [];
  }

  private valued(numbers: PointNumber[]): Measure[] {
    const { loaded } = this.session;
    return numbers.flatMap((number) => {
      const values = loaded && valuesOf(loaded, number.mode);
      return values ? [{ ...number, values }] : [];
    });
  }

  private get lookedFor(): PointSet | null {
    const area = this.selection.kind === "area" || this.selection.kind === "uncovered" ? this.selected : null;
    return common(area, this.searched);
  }

  private selectedIds(loaded: LoadedGraph): ArrayLike<number> | null {
    const { selection } = this;
    const n = loaded.graph.nodes.size.length;
    if (selection.kind === "uncovered") return loaded.members.uncovered;
    if (selection.kind === "area") return this.projections.pointsIn(loaded.graph.layer, selection);
    if (selection.kind === "edge") {
      return Math.max(selection.source, selection.target) < n
        ? sharedMembers(loaded.members, selection.source, selection.target)
        : null;
    }
    if (selection.kind === "none") return null;
    return selection.ids.filter((id) => id < n).flatMap((id) => Array.from(membersOf(loaded.members, id)));
  }
}

function countIn(points: Uint32Array, column: Category | null, codes: Int32Array | null): Uint32Array | null {
  return column && codes && countClasses(points, codes, column.values.length);
}

/** Return what is in both sets, where a set that is null leaves nothing out. */
function common(one: PointSet | null, other: PointSet | null): PointSet | null {
  if (!one || !other) return one ?? other;
  return new PointSet(one.universe, one.ids.filter((point) => other.has(point)));
}
