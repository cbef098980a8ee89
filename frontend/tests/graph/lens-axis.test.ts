import { describe, expect, it } from "vitest";
import { columnsOf, ticksOf } from "../../src/graph/lens-axis";
import { GRAPH } from "../study";

const view = { width: 800, height: 600 };
const graph = { ...GRAPH, arrangement: "lens" as const, intervals: Array.from({ length: 9 }, (_, i) => [i, i + 1.3] as [number, number]) };
const nodes = { ...GRAPH.nodes, interval: [2, 0, 8, 2], x: [4, 0, 16, 4] };
const columns = columnsOf({ ...graph, nodes });

describe("the axis of the lens", () => {
  it("has a column for each interval with nodes, in the order of the lens", () => {
    expect([...columns]).toEqual([[0, 0], [2, 4], [8, 16]]);
    expect(columnsOf({ ...graph, nodes, arrangement: "free" }).size).toBe(0);
    expect(columnsOf({ ...graph, nodes, intervals: [] }).size).toBe(0);
  });

  it("names as many columns as there is room for", () => {
    const named = (zoom: number) => ticksOf(columns, { x: 8, y: 0, zoom }, view, 60).filter((tick) => tick.named).map(({ interval }) => interval);
    expect(named(5)).toEqual([0, 2, 8]);
    expect(named(4)).toEqual([0, 2, 8]);
    expect(named(3)).toEqual([0, 8]);
  });

  it("leaves out what is not in view, and puts ticks where the columns are", () => {
    expect(ticksOf(columns, { x: 4, y: 0, zoom: 6 }, view, 60).map(({ interval, x }) => [interval, x])).toEqual([[0, 144], [2, 400]]);
    expect(ticksOf(new Map([[3, 1]]), { x: 1, y: 0, zoom: 4 }, view, 60)).toEqual([{ interval: 3, x: 400, named: true }]);
  });
});
