/** Keep the examples that are found in step with what is looked for. */

import type { FindRequest } from "../api/types";
import type { Session } from "./session.svelte";

const TYPING_DELAY = 200;

/** Call while a component is set up. */
export function followSearch(session: Session): void {
  const wanted = $derived(JSON.stringify({ query: session.view.find.trim(), whole: session.view.wholeWord, column: session.view.findColumn }));

  $effect(() => {
    const request = JSON.parse(wanted) as FindRequest;
    if (!request.query || !session.study.text_columns.length) {
      session.found = null;
      return;
    }
    let called = true;
    const timer = setTimeout(async () => {
      try {
        const rows = await session.client.find(request);
        if (called) session.found = rows;
      } catch (error) {
        if (called) session.problem = error instanceof Error ? error.message : String(error);
      }
    }, TYPING_DELAY);
    return () => {
      called = false;
      clearTimeout(timer);
    };
  });
}
