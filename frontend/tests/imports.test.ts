import { describe, expect, it } from "vitest";
import { readSources, violations } from "./imports";

const SOURCES = readSources();

const withImport = (path: string, line: string) => {
  const text = SOURCES.get(path) as string;
  return new Map([...SOURCES, [path, path.endsWith(".svelte") ? text.replace(/<script[^>]*>/, (tag) => `${tag}\n${line}`) : `${line}\n${text}`]]);
};

describe("imports", () => {
  it("go down the rooms and in no circle", () => {
    expect(SOURCES.size).toBeGreaterThan(100);
    expect(violations(SOURCES)).toEqual([]);
  });

  it("are refused when they go up, type imports and .svelte files included", () => {
    const planted = withImport("state/format.ts", 'import type { Session } from "../stores/session.svelte";');
    expect(violations(planted)).toContain("state/format.ts must not import stores/session.svelte.ts");
    const component = withImport("stores/explorer.ts", 'import Icon from "../views/ui/Icon.svelte";');
    expect(violations(component)).toContain("stores/explorer.ts must not import views/ui/Icon.svelte");
    expect(violations(withImport("views/ui/Icon.svelte", 'import "../../main";'))).toContain("views/ui/Icon.svelte must not import main.ts");
  });

  it("are refused in a circle of files", () => {
    const planted = withImport("state/format.ts", 'import type { Csr } from "./members";').set("state/members.ts", 'import { count } from "./format";');
    expect(violations(planted)).toContainEqual(expect.stringMatching(/^circle: state\/\S+\.ts → state\/\S+\.ts → state\/\S+\.ts$/));
  });

  it("are refused in a circle of panels", () => {
    const planted = withImport("views/images/Fidelity.svelte", 'import Examples from "../examples/Examples.svelte";');
    expect(violations(planted).some((line) => /^circle: .*views\/examples → views\/images|views\/images → views\/examples/.test(line))).toBe(true);
  });
});
