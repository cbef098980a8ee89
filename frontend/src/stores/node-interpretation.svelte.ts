/** What nodes stand for, beyond their members: in words, and for which classes they argue. Asked for when looked at. */

import { SvelteMap } from "svelte/reactivity";
import { Cancelled, type Client } from "../api/client";
import type { Equivalents, Graph, JobEvent, NodeArguments, OutputWords } from "../api/types";

/** What was answered, or the sentence that says why nothing was. */
export type Answer<T> = { found: T } | { problem: string };

interface Arguing {
  graph: string;
  event: JobEvent | "asked";
  abort: AbortController;
}

const keyOf = (graph: string, node: number): string => `${graph} ${node}`;

export class NodeInterpretation {
  private readonly said = new SvelteMap<string, Answer<Equivalents>>();
  private readonly arguments = new SvelteMap<string, Answer<NodeArguments | OutputWords>>();
  private readonly asked = new Set<string>();
  /** Whether the person wants to know what nodes argue for: asked once, and then of each node that is opened. */
  wantsArguments = $state(false);
  /** The network that is being asked about the nodes of a graph. */
  arguing = $state.raw<Arguing | null>(null);

  constructor(private readonly client: Client) {}

  words(graph: string, node: number): Answer<Equivalents> | null {
    return this.said.get(keyOf(graph, node)) ?? null;
  }

  argued(graph: string, node: number): Answer<NodeArguments | OutputWords> | null {
    return this.arguments.get(keyOf(graph, node)) ?? null;
  }

  async lookForWords(graph: string, node: number): Promise<void> {
    await this.once(`words ${keyOf(graph, node)}`, this.said, keyOf(graph, node), () => this.client.equivalents(graph, node));
  }

  /** Ask what a node argues for: of all nodes of its graph in one job, if that was not done yet. */
  async argue({ digest, layer }: Pick<Graph, "digest" | "layer">, node: number): Promise<void> {
    await this.once(`arguments ${keyOf(digest, node)}`, this.arguments, keyOf(digest, node), async () => {
      const abort = new AbortController();
      const report = (event: JobEvent | "asked") => (this.arguing = { graph: digest, event, abort });
      report("asked");
      try {
        await this.client.argue({ layer, graph: digest }, report, abort.signal);
      } finally {
        if (this.arguing?.abort === abort) this.arguing = null;
      }
      return this.client.nodeArguments(digest, node);
    });
  }

  stopArguing(): void {
    this.wantsArguments = false;
    this.arguing?.abort.abort(new Cancelled());
  }

  private async once<T>(task: string, known: SvelteMap<string, Answer<T>>, key: string, ask: () => Promise<T>): Promise<void> {
    const before = known.get(key);
    if (this.asked.has(task) || (before && "found" in before)) return;
    this.asked.add(task);
    try {
      known.set(key, { found: await ask() });
    } catch (error) {
      if (!(error instanceof Cancelled)) known.set(key, { problem: (error as Error).message });
    } finally {
      this.asked.delete(task);
    }
  }
}
