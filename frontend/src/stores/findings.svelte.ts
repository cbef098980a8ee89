/** The findings of the graph on screen, and the one that is shown. */

import type { Feature, ShapeReport } from "../api/types";
import { type Outline, outlinesOf } from "../graph/finding-layer";
import { litNodes, nodesToSelect, stripOf } from "../state/findings";
import { NOTHING } from "../state/view";
import type { GraphReports } from "./graph-reports.svelte";
import type { Session } from "./session.svelte";

export interface ShownFinding {
  feature: Feature;
  number: number;
  arm: number | null;
}

/** Milliseconds that a graph is at rest before its findings are asked for: a slider that moves waits for none. */
const REST = 400;

export class Findings {
  constructor(
    private readonly session: Session,
    private readonly reports: GraphReports,
  ) {}

  private readonly column = $derived.by(() => this.session.view.column);
  private readonly choice = $derived.by(() => this.session.view.finding);

  readonly job = $derived.by(() => this.reports.shape(this.session.loaded?.graph, this.column));
  readonly report: ShapeReport | null = $derived.by(() => this.job?.result ?? null);

  readonly shown: ShownFinding | null = $derived.by(() => {
    const feature = this.choice && this.report?.features[this.choice.number];
    if (!feature || !this.choice) return null;
    const { number, arm } = this.choice;
    return { feature, number, arm: arm !== null && arm < feature.arms.length ? arm : null };
  });

  /** Nodes of the finding; null when none is shown. */
  readonly lit: Set<number> | null = $derived.by(() => this.shown && litNodes(this.shown.feature, this.shown.arm));
  readonly strip: number[] = $derived.by(() => (this.shown ? stripOf(this.shown.feature, this.shown.arm) : []));
  readonly outlines: Outline[] = $derived.by(() => {
    const { session, shown } = this;
    return shown && session.loaded ? outlinesOf(shown.feature, shown.arm, session.drawn, session.dark) : [];
  });

  /** Whether all that is drawn of it is selected, and needs no rings. */
  readonly isSelected = $derived.by(() => {
    const { shown, session } = this;
    const { selection } = session.view;
    const ids = shown ? nodesToSelect(shown.feature, shown.arm) : [];
    return ids.length > 1 && selection.kind === "nodes" && selection.ids.join() === ids.join();
  });

  show(number: number, arm: number | null = null): void {
    const feature = this.report?.features[number];
    if (!feature) return;
    const ids = nodesToSelect(feature, arm);
    this.session.update({ finding: { number, arm }, selection: ids.length ? { kind: "nodes", ids } : NOTHING });
    this.session.frame([...litNodes(feature, arm)]);
  }

  hide(): void {
    this.session.update({ finding: null, selection: NOTHING });
  }

  request(): void {
    const { loaded, graphJob, view } = this.session;
    if (loaded && !graphJob.pending) void this.reports.requestShape(loaded.graph.digest, view.column);
  }
}

/** Call while a component is set up: it leaves with the component. */
export function followFindings(session: Session, findings: Findings): void {
  $effect(() => {
    if (!session.loaded || session.graphJob.pending || findings.report) return;
    const timer = setTimeout(() => findings.request(), REST);
    return () => clearTimeout(timer);
  });
}
