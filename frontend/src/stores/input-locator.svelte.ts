/** An input of one's own, and its location in the graph of every layer as far as it is computed. */

import type { JobEvent, LocatedInput, Settings } from "../api/types";
import { capital } from "../state/format";
import { locatedNodes, locationIn, refused } from "../state/located-input";
import { AsyncJob } from "./async-job.svelte";
import type { Session } from "./session.svelte";
import { Throttle } from "./throttle";

export type Input = File | string;

const REFRESH_DELAY = 300;

export class InputLocator {
  /** Whether its panel is open. */
  open = $state(false);
  input = $state.raw<Input | null>(null);
  located = $state.raw<LocatedInput | null>(null);
  readonly job = new AsyncJob<void>();
  /** The node whose vectors are marked on the input. */
  hovered = $state.raw<number | null>(null);
  /** The settings of the graphs in which the input was located last. */
  private settings = "";

  constructor(private readonly session: Session) {}

  readonly location = $derived.by(() => locationIn(this.located, this.session.view.layer));
  /** Nodes of the graph on screen that hold the input. */
  readonly nodes: number[] = $derived.by(() => locatedNodes(this.located, this.session.loaded?.graph ?? null));

  show(): void {
    const { panels } = this.session.view;
    this.open = true;
    if (!panels.left) this.session.update({ panels: { ...panels, left: true } }, false);
  }

  close(): void {
    this.open = false;
    this.forget();
  }

  toggle(): void {
    if (this.open) this.close();
    else this.show();
  }

  /** Take a new input in the place of the one before. */
  bring(input: Input): void {
    this.show();
    this.forget();
    this.job.problem = typeof input === "string" ? (input.trim() ? null : "The text is empty: type a sentence.") : refused(input);
    if (this.job.problem) return;
    this.input = input;
    void this.locate(input);
  }

  /** Ask again where the settings of the graph are others than those that were asked for. */
  follow(settings: Settings): void {
    if (this.input !== null && this.settings !== JSON.stringify(settings)) void this.locate(this.input);
  }

  private forget(): void {
    this.job.reset();
    this.input = this.located = this.hovered = null;
    this.settings = "";
  }

  private async locate(input: Input): Promise<void> {
    const { client, view } = this.session;
    const { settings, layer } = view;
    this.settings = JSON.stringify(settings);
    let name = "";
    await this.job.run(
      async (progress, signal) => {
        const refresh = async () => {
          const located = await client.locatedInput(name);
          if (!signal.aborted && located.n_layers) this.located = located;
        };
        const refreshes = new Throttle(REFRESH_DELAY, () => refresh().catch(() => undefined));
        signal.addEventListener("abort", () => refreshes.stop());
        const begun = (digest: string) => (name = digest);
        const report = (event: JobEvent) => (progress(event), name && refreshes.call());
        await client.locate(input, settings, layer, begun, report, signal).finally(() => refreshes.stop());
        await refresh();
      },
      () => (this.job.problem &&= capital(this.job.problem)),
    );
  }
}

/** Locate the input again in graphs of other settings. Call while a component is set up. */
export function followSettings(session: Session, locator: InputLocator): void {
  const settings = $derived(session.loaded?.graph.settings ?? null);
  $effect(() => {
    if (settings) locator.follow(settings);
  });
}
