/** What nodes stand for, beyond their members: in words. Asked for when it is looked at. */

import { SvelteMap } from "svelte/reactivity";
import type { Client } from "../api/client";
import type { Equivalents } from "../api/types";

/** What was answered, or the sentence that says why nothing was. */
export type Answer<T> = { found: T } | { problem: string };

export class Meanings {
  private readonly said = new SvelteMap<string, Answer<Equivalents>>();
  private readonly asked = new Set<string>();

  constructor(private readonly client: Client) {}

  words(graph: string, node: number): Answer<Equivalents> | null {
    return this.said.get(`${graph} ${node}`) ?? null;
  }

  async lookForWords(graph: string, node: number): Promise<void> {
    const key = `${graph} ${node}`;
    const known = this.said.get(key);
    if (this.asked.has(key) || (known && "found" in known)) return;
    this.asked.add(key);
    this.said.set(key, await answer(this.client.equivalents(graph, node)));
    this.asked.delete(key);
  }
}

async function answer<T>(promise: Promise<T>): Promise<Answer<T>> {
  try {
    return { found: await promise };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
