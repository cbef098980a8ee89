/** How large a node is drawn. */

const MIN_RADIUS = 0.15;
const MAX_RADIUS = 0.42;
/** Nodes that were left out make room for those that stay, up to this. */
const MAX_WIDENING = 1.7;
/** Nodes of a graph that is not too crowded for the spacing to be measured. */
const MAX_MEASURED = 1500;
/** Pixels per layout unit above which nodes grow more slowly than the space between them. */
const SLOW_FROM = 90;

export const MIN_PIXELS = 2.5;

/** Return the radius of each node in layout units; `spacing` is how far apart nodes usually are. */
export function worldRadii(sizes: number[], mode: "sqrt" | "log", spacing = 1): Float32Array {
  const largest = sizes.reduce((most, size) => Math.max(most, size), 1);
  const grow = mode === "log" ? (size: number) => Math.log1p(size) / Math.log1p(largest) : (size: number) => Math.sqrt(size / largest);
  const wide = Math.min(MAX_WIDENING, Math.max(1, spacing));
  return Float32Array.from(sizes, (size) => wide * (MIN_RADIUS + (MAX_RADIUS - MIN_RADIUS) * grow(size)));
}

/** Return the median distance from a position to the nearest other one. */
export function medianSpacing(x: number[], y: number[]): number {
  const n = x.length;
  if (n < 2 || n > MAX_MEASURED) return 1;
  const nearest = x.map((_, i) => x.reduce((least, _, j) => (i === j ? least : Math.min(least, Math.hypot(x[i] - x[j], y[i] - y[j]))), Infinity));
  return nearest.sort((a, b) => a - b)[n >> 1];
}

/** Return the pixels that one layout unit of radius takes at a scale. */
export function radiusFactor(scale: number): number {
  return scale <= SLOW_FROM ? scale : SLOW_FROM * (scale / SLOW_FROM) ** 0.6;
}

export const pixelRadius = (radius: number, scale: number): number => Math.max(MIN_PIXELS, radius * radiusFactor(scale));
