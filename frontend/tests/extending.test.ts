import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Component } from "svelte";
import { render } from "svelte/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Graph } from "../src/api/types";
import { GRAPH } from "./study";

const HERE = import.meta.dirname;
const PAGE = readFileSync(join(HERE, "../../docs/extending/view.md"), "utf-8");

/** Return the files that the page shows, by their paths below src/. */
function filesOf(page: string): Map<string, string> {
  const blocks = [...page.matchAll(/```(?:ts|html)\n(?:\/\/|<!--) (\S+\.(?:ts|svelte))(?: -->)?\n(.*?)```/gs)];
  return new Map(blocks.map(([, path, code]) => [path, code]));
}

describe("the page on how to add a view", () => {
  const files = filesOf(PAGE);
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(HERE, ".page-"));
    const types = relative(join(folder, "api"), join(HERE, "../src/api/types"));
    for (const [path, code] of new Map(files).set("api/types.ts", `export type * from "${types}";\n`)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), code);
    }
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it("shows a function and a component", () => {
    expect([...files.keys()]).toEqual(["state/node-overlap.ts", "views/shape/NodeOverlap.svelte"]);
  });

  it("has a function that works", async () => {
    const { medianJaccard } = (await import(join(folder, "state/node-overlap.ts"))) as { medianJaccard: (graph: Graph) => number | null };
    expect(medianJaccard(GRAPH)).toBe(0.4);
    expect(medianJaccard({ ...GRAPH, edges: { source: [], target: [], shared: [], jaccard: [], drawn: [], weight: [] } })).toBeNull();
  });

  it("has a component that is shown", async () => {
    const { default: view } = (await import(join(folder, "views/shape/NodeOverlap.svelte"))) as { default: Component<{ graph: Graph }> };
    expect(render(view, { props: { graph: GRAPH } }).body).toContain("Joined nodes share 40 % of their members.");
  });
});
