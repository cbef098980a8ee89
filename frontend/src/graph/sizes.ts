/** How large a node is drawn. */

const LEAST = 0.15;
const MOST = 0.5;
/** Pixels per layout unit above which nodes grow more slowly than the space between them. */
const SLOW_FROM = 90;

export const MIN_PIXELS = 2.5;

/** Return the radius of each node in layout units. */
export function worldRadii(sizes: number[], mode: "sqrt" | "log"): Float32Array {
  const largest = Math.max(1, ...sizes);
  const grow = mode === "log" ? (size: number) => Math.log1p(size) / Math.log1p(largest) : (size: number) => Math.sqrt(size / largest);
  return Float32Array.from(sizes, (size) => LEAST + (MOST - LEAST) * grow(size));
}

/** Return the pixels that one layout unit of radius takes at a scale. */
export function radiusFactor(scale: number): number {
  return scale <= SLOW_FROM ? scale : SLOW_FROM * (scale / SLOW_FROM) ** 0.6;
}

export const pixelRadius = (radius: number, scale: number): number => Math.max(MIN_PIXELS, radius * radiusFactor(scale));
