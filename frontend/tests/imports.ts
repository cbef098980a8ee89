/** The import graph of the front end, type imports included, and the rules that it keeps. */

import ts from "typescript";

/** Sources by their path below `src`. */
export type Sources = Map<string, string>;

/** Rooms from the bottom up: a file imports from its own room and from those below it. */
const ROOMS = ["api", "state", "graph", "stores", "views"];
const SCRIPTS = /<script[^>]*>([\s\S]*?)<\/script>/g;

export function readSources(): Sources {
  const texts = import.meta.glob<string>("../src/**/*.{ts,svelte}", { eager: true, query: "?raw", import: "default" });
  return new Map(Object.entries(texts).map(([path, text]) => [path.replace("../src/", ""), text]));
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Return the files that each file imports. */
function importGraph(sources: Sources): Map<string, string[]> {
  return new Map([...sources].map(([path, text]) => [path, specifiers(path, text).flatMap((name) => resolve(sources, path, name))]));
}

function specifiers(path: string, text: string): string[] {
  const code = path.endsWith(".svelte") ? [...text.matchAll(SCRIPTS)].map(([, script]) => script).join("\n") : text;
  return ts.preProcessFile(code).importedFiles.map(({ fileName }) => fileName);
}

function resolve(sources: Sources, from: string, name: string): string[] {
  if (!name.startsWith(".")) return [];
  const path = new URL(name, `file:///${from}`).pathname.slice(1);
  return [path, `${path}.ts`].filter((candidate) => sources.has(candidate));
}

/** Return every import that goes up, and every circle among the files and among the folders of `views`. */
export function violations(sources: Sources): string[] {
  const files = importGraph(sources);
  const folders = new Map<string, string[]>();
  for (const [path, targets] of files) {
    if (path.startsWith("views/")) folders.set(folderOf(path), [...(folders.get(folderOf(path)) ?? []), ...targets.map(folderOf)]);
  }
  for (const [folder, targets] of folders) folders.set(folder, targets.filter((other) => other !== folder && folders.has(other)));
  return [...upward(files), ...circles(files), ...circles(folders)];
}

function upward(files: Map<string, string[]>): string[] {
  const height = (path: string) => ROOMS.indexOf(path.split("/")[0]);
  return [...files].flatMap(([path, targets]) =>
    targets.filter((target) => height(path) >= 0 && (height(target) < 0 || height(target) > height(path))).map((target) => `${path} must not import ${target}`),
  );
}

/** Return a circle for each import that leads back to where a depth-first walk is on its way from. */
function circles(graph: Map<string, string[]>): string[] {
  const found: string[] = [];
  const left = new Set<string>();
  const walk = (path: string, way: string[]) => {
    if (way.includes(path)) found.push(`circle: ${[...way.slice(way.indexOf(path)), path].join(" → ")}`);
    if (way.includes(path) || left.has(path)) return;
    for (const target of graph.get(path) ?? []) walk(target, [...way, path]);
    left.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return found;
}
