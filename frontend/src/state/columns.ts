/** Categorical columns of the examples. The values of the column that colours are the classes on screen. */

import type { Columns } from "../api/client";
import type { Column, StudySummary } from "../api/types";
import { countClasses, haveCommonCode } from "./classes";
import { shownValue } from "./format";
import { everyPoint } from "./points";

export interface Category {
  name: string;
  title: string;
  values: string[];
  /** Code of each example's value, −1 where it is missing. */
  codes: Int32Array;
  /** How many examples have each value. */
  counts: Uint32Array;
  /** What gives the values their colours: the counts, or those of labels and predictions together, which share them. */
  weights: Uint32Array;
}

/** What a column is called on screen. */
export const columnTitle = (name: string): string => (name === "label" ? "class" : name);

export const isCategory = (study: StudySummary, name: string): boolean =>
  study.columns.some((column) => column.name === name && column.kind === "category");

/** Return the column whose values colour at first: the label, the prediction, else the first; "" without any. */
export function firstCategory(study: StudySummary): string {
  return ["label", "prediction", ...study.columns.map(({ name }) => name)].find((name) => isCategory(study, name)) ?? "";
}

export function categoriesOf(study: StudySummary, columns: Columns): Map<string, Category> {
  const all = study.columns.flatMap((column) => {
    const codes = columns[column.name];
    return column.categories && codes instanceof Int32Array ? [category(column, column.categories, codes)] : [];
  });
  const shared = namingTheSame(study, columns);
  const classes = sum(all.filter(({ name }) => shared.has(name) && (name === "label" || name === "prediction")).map(({ counts }) => counts));
  return new Map(all.map((one) => [one.name, shared.has(one.name) && classes ? { ...one, weights: classes } : one]));
}

/** Return the columns of classes that name what the labels name: the outputs of a network may have names of their own. */
function namingTheSame(study: StudySummary, columns: Columns): Set<string> {
  const named = study.columns.filter((column) => column.classes).map(({ name }) => name);
  return new Set(named.filter((name) => name === "label" || !columns.label || haveCommonCode(columns.label, columns[name])));
}

function category({ name }: Column, values: string[], codes: Int32Array): Category {
  const counts = countClasses(everyPoint(codes.length), codes, values.length);
  return { name, title: columnTitle(name), values: values.map(shownValue), codes, counts, weights: counts };
}

function sum([first, ...others]: Uint32Array[]): Uint32Array | undefined {
  return first?.map((value, i) => others.reduce((total, counts) => total + counts[i], value));
}
