/** Numbers that can colour and be averaged: columns of the examples, and what was measured of the layer's points. */

import type { StudySummary } from "../api/types";
import type { LoadedGraph } from "./loaded-graph";

export interface PointNumber {
  /** Name of the colouring. */
  mode: string;
  title: string;
}

const POSITION_TITLES: Record<string, string> = { y: "row in the map", x: "column in the map" };

export function numbersOf(study: StudySummary, layer: number): { examples: PointNumber[]; points: PointNumber[] } {
  const examples = study.columns.filter(({ kind }) => kind === "number").map(({ name }) => ({ mode: `column:${name}`, title: name }));
  const measured = study.layers.find(({ id }) => id === layer)?.columns ?? [];
  return { examples, points: measured.map((name) => ({ mode: `point:${name}`, title: POSITION_TITLES[name] ?? name })) };
}

export function isPosition({ mode }: PointNumber): boolean {
  return mode === "point:y" || mode === "point:x";
}

/** Return the values of a number for each point, or null if the layer does not have it. */
export function valuesOf({ points, column }: Pick<LoadedGraph, "points" | "column">, mode: string): ArrayLike<number> | null {
  if (mode.startsWith("column:")) return column(mode.slice(7));
  if (mode === "point:y") return points.y;
  if (mode === "point:x") return points.x;
  return (mode.startsWith("point:") && points.measured[mode.slice(6)]) || null;
}
