/** What every panel is given. */

import { getContext, setContext } from "svelte";
import type { Findings } from "./findings.svelte";
import type { Identities } from "./identities.svelte";
import type { Meanings } from "./meanings.svelte";
import type { NodeImages } from "./node-images.svelte";
import type { Pictures } from "./pictures.svelte";
import type { Planes } from "./planes.svelte";
import type { Probing } from "./probing.svelte";
import type { Reading } from "./reading.svelte";
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
