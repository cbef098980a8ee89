/** The address bar holds the view: it is written shortly after each change and read when it is changed by hand. */

import { decodeHash, encodeHash } from "../state/hash";
import { difference, restore } from "../state/view";
import type { Session } from "./session.svelte";

const WRITE_DELAY = 250;
const THEME_KEY = "topoact-theme";

let written = "";

export async function openFromAddress(session: Session, hash = location.hash): Promise<void> {
  const theme = rememberedTheme();
  const base = theme ? { ...session.initial, theme } : session.initial;
  const saved = hash.length > 1 ? await decodeHash(hash) : null;
  session.restore(restore(base, saved, session.study));
}

/** Call while a component is set up: it leaves with the component. */
export function followAddress(session: Session): void {
  $effect(() => {
    const { view } = session;
    if (!session.loaded || session.restoring) return;
    const timer = setTimeout(() => void write(session, view), WRITE_DELAY);
    return () => clearTimeout(timer);
  });
  $effect(() => {
    /** The address of the event: one that is being written may have taken its place. */
    const read = ({ newURL }: HashChangeEvent) => {
      const { hash } = new URL(newURL);
      if (hash.slice(1) !== written) void openFromAddress(session, hash);
    };
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  });
}

/** Return a link to the view for somebody else: it holds the token with which one may only look. */
export async function linkTo(session: Session): Promise<string> {
  await write(session, session.view);
  const link = new URL(location.href);
  link.searchParams.set("token", session.study.reader_token);
  return link.href;
}

async function write(session: Session, view: Session["view"]): Promise<void> {
  written = await encodeHash(difference(view, session.initial));
  history.replaceState(null, "", `#${written}`);
  rememberTheme(view.theme);
}

function rememberedTheme(): "light" | "dark" | null {
  try {
    const theme = localStorage.getItem(THEME_KEY);
    return theme === "light" || theme === "dark" ? theme : null;
  } catch {
    return null;
  }
}

function rememberTheme(theme: string): void {
  try {
    if (theme === "auto") localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Storage may be forbidden; the theme then follows the system.
  }
}
