/** What every panel is given. */

import { getContext, setContext } from "svelte";
import type { ActivationImages } from "./activation-images.svelte";
import type { ComputedState } from "./computed.svelte";
import type { ExampleIds } from "./example-ids.svelte";
import type { GraphReports } from "./graph-reports.svelte";
import type { InputLocator } from "./input-locator.svelte";
import type { NodeImages } from "./node-images.svelte";
import type { NodeInterpretation } from "./node-interpretation.svelte";
import type { Projections } from "./projections.svelte";
import type { Session } from "./session.svelte";

export interface Explorer {
  session: Session;
  computed: ComputedState;
  projections: Projections;
  reports: GraphReports;
  exampleIds: ExampleIds;
  interpretation: NodeInterpretation;
  activationImages: ActivationImages;
  nodeImages: NodeImages;
  locator: InputLocator;
}

const KEY = Symbol("explorer");

export const provideExplorer = (explorer: Explorer): Explorer => setContext(KEY, explorer);
export const useExplorer = (): Explorer => getContext<Explorer>(KEY);
