/** All stores of a page: made once, and given to every panel. */

import { getContext, setContext } from "svelte";
import type { Client, Columns } from "../api/client";
import type { StudySummary } from "../api/types";
import { ActivationImages, followImages } from "./activation-images.svelte";
import { followAddress } from "./address.svelte";
import { ComputedState } from "./computed.svelte";
import { ExampleIds } from "./example-ids.svelte";
import { Gallery } from "./gallery.svelte";
import { GraphReports } from "./graph-reports.svelte";
import { Findings, followFindings } from "./findings.svelte";
import { followSettings, InputLocator } from "./input-locator.svelte";
import { followNodes, NodeImages } from "./node-images.svelte";
import { NodeInterpretation } from "./node-interpretation.svelte";
import { followLabels, NodeLabels } from "./node-labels.svelte";
import { PatchPictures } from "./patch-pictures.svelte";
import { Projections } from "./projections.svelte";
import { Session } from "./session.svelte";
import { followSearch } from "./text-search.svelte";

export type Explorer = ReturnType<typeof makeStores>;

const KEY = Symbol("explorer");

function makeStores(client: Client, study: StudySummary, columns: Columns, narrow: boolean) {
  const session = new Session(client, study, columns, narrow);
  const projections = new Projections(client);
  const reports = new GraphReports(client);
  const findings = new Findings(session, reports);
  const computed = new ComputedState(session, projections, reports, findings);
  const activationImages = new ActivationImages(client);
  const nodeLabels = new NodeLabels(session, computed);
  const pictures = new PatchPictures(client);
  const nodeImages = new NodeImages(session, computed, activationImages, pictures);
  const gallery = new Gallery(session, computed, nodeImages, pictures);
  const [locator, exampleIds, interpretation] = [new InputLocator(session), new ExampleIds(client), new NodeInterpretation(client)];
  return { session, computed, projections, reports, findings, exampleIds, interpretation, activationImages, pictures, nodeImages, nodeLabels, gallery, locator };
}

/** Make the stores and keep them in step with each other. Call while the page's component is set up. */
export function provideExplorer(client: Client, study: StudySummary, columns: Columns, narrow = false): Explorer {
  const explorer = makeStores(client, study, columns, narrow);
  const { session, activationImages, nodeImages, nodeLabels, locator, findings } = explorer;
  followAddress(session);
  followSearch(session);
  followFindings(session, findings);
  followImages(session, activationImages);
  followLabels(nodeLabels);
  followNodes(nodeImages);
  followSettings(session, locator);
  return setContext(KEY, explorer);
}

export const useExplorer = (): Explorer => getContext<Explorer>(KEY);
