/** The radius ε: its rules in words, the stops that are answered at once, and the curve it is read from. */

import type { EpsilonCurve, Graph } from "../api/types";
import { figure } from "./format";

export interface Rule {
  value: string;
  label: string;
}

/** Rules on offer; a number is chosen with the slider or typed. */
export const RULES: Rule[] = ["elbow", "quantile:0.5", "quantile:0.8", "quantile:0.9"].map(named);

export const inEachInterval = (rule: string): string => `${rule}:interval`;

export const isByInterval = (eps: number | string): boolean => typeof eps === "string" && eps.endsWith(":interval");

/** Return a rule with its name; of those that the slider leaves, also one that only an address or the shell has set. */
export function named(rule: string): Rule {
  const [kind, share] = rule.split(":");
  return { value: rule, label: kind === "quantile" ? `${Number((100 * Number(share)).toPrecision(4))} % quantile` : kind };
}

/** ε in use, in figures. */
export const radiusText = (eps: NonNullable<Graph["eps"]>): string =>
  typeof eps === "number" ? figure(eps) : `${figure(eps[0])}–${figure(eps[1])}`;

/** Return one radius that stands for those in use: the middle one where each interval has its own. */
export const middle = (eps: NonNullable<Graph["eps"]>): number => (typeof eps === "number" ? eps : (eps[0] + eps[1]) / 2);

/** Return the stop nearest to a radius, or the radius itself where there are no stops. */
export function nearestStop(stops: number[], eps: number): number {
  return stops.reduce((best, stop) => (Math.abs(stop - eps) < Math.abs(best - eps) ? stop : best), stops[0] ?? eps);
}

/** Return the next stop above or below a radius; the outermost one has none beyond it. */
export function nextStop(stops: number[], eps: number, direction: number): number {
  const beyond = stops.filter((stop) => (stop - eps) * direction > 0);
  return beyond.length ? beyond[direction > 0 ? 0 : beyond.length - 1] : eps;
}

/** Return the stop that a typed number means: the one that is written so, else the number. */
export function meant(stops: number[], typed: number): number {
  return stops.find((stop) => figure(stop) === figure(typed) && Number(figure(stop)) === typed) ?? typed;
}

/** Return the share of points whose k-th neighbour lies within a radius. */
export function shareWithin(curve: EpsilonCurve, eps: number): number {
  const beyond = curve.distances.findIndex((distance) => distance > eps);
  return (beyond < 0 ? curve.distances.length : beyond) / curve.distances.length;
}

/** Return the range of radii worth showing: that of the stops and of nearly all of the curve, with the one in use. */
export function radiusRange(stops: number[], curve: EpsilonCurve | null, eps: number): [number, number] {
  const distances = curve?.distances ?? [];
  const most = [0.02, 0.98].map((share) => distances[Math.round(share * (distances.length - 1))]).filter((d) => d > 0);
  const known = [...stops, ...most, eps];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return low < high ? [low, high] : [eps / 4, eps * 4];
}
