/** Names of nodes: the most telling words, or values of the column that colours which are over-represented there, asked for when they are to be seen. */

import type { Labels } from "../api/types";
import { shownValue } from "../state/format";
import { AsyncCache } from "./async-cache.svelte";
import type { ComputedState } from "./computed.svelte";
import type { Session } from "./session.svelte";

export class NodeLabels {
  private readonly known = new AsyncCache<Labels>();

  constructor(
    private readonly session: Session,
    private readonly computed: ComputedState,
  ) {}

  /** The column whose values are the names; null while a number colours, which names of another column would belie. */
  readonly column = $derived.by(() => (this.computed.colourMode.includes(":") ? null : this.computed.column));
  private readonly wanted = $derived.by(() => this.session.view.labels);
  private readonly graph = $derived.by(() => this.session.loaded?.graph ?? null);
  /** What the names are of: the most telling words in a study of texts, else values of the column. */
  readonly subject: string | null = $derived.by(() => (this.session.study.texts ? "words" : (this.column?.title ?? null)));
  private readonly key = $derived.by(() => (this.wanted && this.subject && this.graph && !this.graph.imported ? `${this.graph.digest}/${this.session.study.texts ? "" : this.column?.name}` : ""));
  /** Whether names are to be seen. */
  readonly asked = $derived.by(() => this.key !== "");
  private readonly job = $derived.by(() => this.known.get(this.key));

  /** Why there are no names, in one sentence. */
  readonly problem = $derived.by(() => this.job?.problem ?? null);
  readonly labels: Labels | null = $derived.by(() => this.job?.result ?? null);

  /** The name of each node, null where it has none. */
  readonly names: (string | null)[] = $derived.by(() => {
    const names = new Array<string | null>(this.graph?.nodes.size.length ?? 0).fill(null);
    this.labels?.nodes.forEach((node, i) => (names[node] = shownValue(this.labels?.texts[i] ?? "")));
    return names;
  });

  request(): void {
    const { key, graph, column } = this;
    const { client, study } = this.session;
    if (key && graph) void this.known.ask(key, () => (study.texts || !column ? client.words(graph.digest) : client.labels(graph.digest, column.name)));
  }
}

/** Ask for names whenever others are to be seen. Call while a component is set up. */
export function followLabels(labels: NodeLabels): void {
  $effect(() => labels.request());
}
