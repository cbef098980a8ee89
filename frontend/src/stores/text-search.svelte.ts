/** Keep the hits of the text search in step with what is searched. */

import type { SearchRequest } from "../api/types";
import { AsyncJob } from "./async-job.svelte";
import type { Session } from "./session.svelte";

const TYPING_DELAY = 200;

/** Call while a component is set up. */
export function followSearch(session: Session): void {
  const job = new AsyncJob<Uint32Array>();
  const wanted = $derived(JSON.stringify({ query: session.view.find.trim(), whole: session.view.wholeWord, column: session.view.findColumn }));

  function finished(rows: Uint32Array | null): void {
    if (rows) session.searchHits = rows;
    else if (job.problem) session.graphJob.problem = job.problem;
  }

  $effect(() => {
    const request = JSON.parse(wanted) as SearchRequest;
    if (!request.query || !session.study.text_columns.length) {
      session.searchHits = null;
      return;
    }
    const timer = setTimeout(() => void job.run(() => session.client.search(request), finished), TYPING_DELAY);
    return () => {
      job.cancel();
      clearTimeout(timer);
    };
  });
}
