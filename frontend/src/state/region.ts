/** Parts of photos: left, top, right and bottom, as shares of a photo's width and height. */

export type Region = readonly [left: number, top: number, right: number, bottom: number];

export const isWhole = ([left, top, right, bottom]: Region): boolean => left <= 0 && top <= 0 && right >= 1 && bottom >= 1;

/**
 * Return where a part of a photo lies in a square that the photo covers, or that contains it.
 *
 * @param aspect Width of the photo over its height.
 */
export function inSquare([left, top, right, bottom]: Region, aspect: number, fit: "cover" | "contain"): Region {
  const [wide, high] = fit === "cover" ? [Math.max(aspect, 1), Math.max(1 / aspect, 1)] : [Math.min(aspect, 1), Math.min(1 / aspect, 1)];
  const place = (share: number, scale: number) => Math.min(1, Math.max(0, 0.5 + (share - 0.5) * scale));
  return [place(left, wide), place(top, high), place(right, wide), place(bottom, high)];
}
