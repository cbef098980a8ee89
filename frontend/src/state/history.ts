/** Undo and redo over values that are never changed in place. */

export interface History<T> {
  past: T[];
  future: T[];
}

const MAX_STEPS = 100;

export const emptyHistory = <T>(): History<T> => ({ past: [], future: [] });

export const remember = <T>(history: History<T>, before: T): History<T> => ({
  past: [...history.past, before].slice(-MAX_STEPS),
  future: [],
});

export function undo<T>(history: History<T>, now: T): [T, History<T>] {
  const before = history.past.at(-1);
  if (before === undefined) return [now, history];
  return [before, { past: history.past.slice(0, -1), future: [now, ...history.future] }];
}

export function redo<T>(history: History<T>, now: T): [T, History<T>] {
  const [after, ...future] = history.future;
  if (after === undefined) return [now, history];
  return [after, { past: [...history.past, now], future }];
}
