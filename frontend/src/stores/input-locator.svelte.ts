/** An input of one's own: what it is, what is known of where it lands, and what is on its way. */

import { Cancelled } from "../api/client";
import type { JobEvent, Probe, Settings } from "../api/types";
import { capital } from "../state/format";
import { locatedNodes, locationIn, refused } from "../state/located-input";
import type { Session } from "./session.svelte";

export type Input = File | string;

const REFRESH_DELAY = 300;

export class InputLocator {
  /** Whether its panel is open. */
  open = $state(false);
  input = $state.raw<Input | null>(null);
  probe = $state.raw<Probe | null>(null);
  pending = $state.raw<JobEvent | "asked" | null>(null);
  problem = $state.raw<string | null>(null);
  /** The node whose vectors are shown on the input. */
  looked = $state.raw<number | null>(null);
  private asked = "";
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly session: Session) {}

  readonly place = $derived.by(() => locationIn(this.probe, this.session.view.layer));
  /** Nodes of the graph on screen in which it lands. */
  readonly nodes: number[] = $derived.by(() => locatedNodes(this.probe, this.session.loaded?.graph ?? null));

  show(): void {
    const { panels } = this.session.view;
    this.open = true;
    if (!panels.left) this.session.update({ panels: { ...panels, left: true } }, false);
  }

  /** Take a new input in the place of the one before. */
  bring(input: Input): void {
    this.show();
    this.forget();
    this.problem = typeof input === "string" ? (input.trim() ? null : "The text is empty: type a sentence.") : refused(input);
    if (this.problem) return;
    this.input = input;
    void this.locate();
  }

  close(): void {
    this.open = false;
    this.forget();
  }

  forget(): void {
    this.abort?.abort(new Cancelled());
    this.rest();
    this.input = this.probe = this.pending = this.problem = this.looked = null;
    this.asked = "";
  }

  /** Ask again where the settings of the graph are others than those that were asked for. */
  follow(settings: Settings): void {
    if (this.input !== null && this.asked !== JSON.stringify(settings)) void this.locate();
  }

  private async locate(): Promise<void> {
    const { input } = this;
    const { client, view } = this.session;
    if (input === null) return;
    this.abort?.abort(new Cancelled());
    const abort = new AbortController();
    this.abort = abort;
    this.asked = JSON.stringify(view.settings);
    this.problem = null;
    this.pending = "asked";
    let name = "";
    const begun = (result: string) => (name = result);
    try {
      await client.locate(input, view.settings, view.layer, begun, (event) => this.report(abort, event, name), abort.signal);
      await this.refresh(abort, name);
    } catch (error) {
      if (this.abort === abort && !(error instanceof Cancelled)) this.problem = capital((error as Error).message);
    } finally {
      if (this.abort === abort) {
        this.pending = null;
        this.rest();
      }
    }
  }

  private rest(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private report(abort: AbortController, event: JobEvent, name: string): void {
    if (this.abort !== abort || abort.signal.aborted) return;
    this.pending = event;
    if (name) this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.refresh(abort, name).catch(() => undefined);
    }, REFRESH_DELAY);
  }

  private async refresh(abort: AbortController, name: string): Promise<void> {
    const probe = await this.session.client.probe(name);
    if (this.abort === abort && !abort.signal.aborted && probe.n_layers) this.probe = probe;
  }
}

/** Place the input anew in graphs of other settings. Call while a component is set up. */
export function followSettings(session: Session, locator: InputLocator): void {
  const settings = $derived(session.loaded?.graph.settings ?? null);
  $effect(() => {
    if (settings) locator.follow(settings);
  });
}
