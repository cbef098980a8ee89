/** What every panel is given. */

import { getContext, setContext } from "svelte";
import type { Findings } from "./graph-reports.svelte";
import type { Identities } from "./example-ids.svelte";
import type { Meanings } from "./node-interpretation.svelte";
import type { NodeImages } from "./node-images.svelte";
import type { Pictures } from "./activation-images.svelte";
import type { Planes } from "./projections.svelte";
import type { Probing } from "./input-locator.svelte";
import type { Reading } from "./derived.svelte";
import type { Session } from "./session.svelte";

export interface Explorer {
  session: Session;
  reading: Reading;
  planes: Planes;
  findings: Findings;
  identities: Identities;
  meanings: Meanings;
  pictures: Pictures;
  nodeImages: NodeImages;
  probing: Probing;
}

const KEY = Symbol("explorer");

export const provideExplorer = (explorer: Explorer): Explorer => setContext(KEY, explorer);
export const useExplorer = (): Explorer => getContext<Explorer>(KEY);
