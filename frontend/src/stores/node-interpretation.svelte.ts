/** Interpretations of nodes, each made when it is asked for: key terms, and the attribution to classes or words. */

import type { Client } from "../api/client";
import type { Graph, KeyTerms, LogitLens, NodeAttribution } from "../api/types";
import { AsyncCache } from "./async-cache.svelte";
import type { AsyncJob } from "./async-job.svelte";

const keyOf = (graph: string, node: number): string => `${graph} ${node}`;

export class NodeInterpretation {
  private readonly terms = new AsyncCache<KeyTerms>();
  private readonly attributions = new AsyncCache<NodeAttribution | LogitLens>();
  /** Whether the attribution is computed of every node that is opened: so once it was asked for. */
  wantsAttribution = $state(false);

  constructor(private readonly client: Client) {}

  keyTerms(graph: string, node: number): AsyncJob<KeyTerms> | null {
    return this.terms.get(keyOf(graph, node));
  }

  attribution(graph: string, node: number): AsyncJob<NodeAttribution | LogitLens> | null {
    return this.attributions.get(keyOf(graph, node));
  }

  async requestKeyTerms(graph: string, node: number): Promise<void> {
    await this.terms.ask(keyOf(graph, node), () => this.client.keyTerms(graph, node));
  }

  /** Ask for the attribution of a node: the server computes that of all nodes of the graph in one job. */
  async requestAttribution({ digest, layer }: Pick<Graph, "digest" | "layer">, node: number): Promise<void> {
    await this.attributions.ask(keyOf(digest, node), async (progress, signal) => {
      await this.client.attribute({ layer, graph: digest }, progress, signal);
      return this.client.nodeAttribution(digest, node);
    });
  }

  cancelAttribution(graph: string, node: number): void {
    this.wantsAttribution = false;
    this.attribution(graph, node)?.cancel();
  }
}
