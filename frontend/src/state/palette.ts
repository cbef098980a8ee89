/**
 * Colours of data. The twenty class colours were searched for in OKLCH so that they stay apart (CIEDE2000) in normal
 * vision and under simulated protanopia, deuteranopia and tritanopia (Machado et al. 2009), the first ten most of all;
 * classes beyond them share one grey.
 */

export type Rgb = [number, number, number];

const CLASS_HEX = [
  "104fd1", "f0d026", "b71c0e", "49cffc", "ed4075", "1c6d51", "17a914", "94137c", "ac77fa", "f49e84",
  "b27ead", "af4a88", "6e425b", "5d8049", "cfa0c1", "942129", "7470b9", "4b8876", "76b3a0", "9897d5",
];

export const CLASS_COLOURS: Rgb[] = CLASS_HEX.map(fromHex);
export const OTHER: Rgb = [140, 146, 155];

const SEQUENTIAL: Rgb[] = ["433a80", "3a6a9f", "2e95a0", "5cb88a", "b2cf62", "f6d55c"].map(fromHex);
const PURITY: Rgb[] = ["b9bec6", "a3a6c8", "877fc4", "6a4fb3", "4b1f93"].map(fromHex);
const PURITY_DARK: Rgb[] = ["4a4f58", "5c5a86", "7b6fc0", "a48be8", "d9c4ff"].map(fromHex);

const CROSSING: Rgb[] = ["2b5fa8", "7ba3d0", "d5d6d8", "e0a468", "b4590f"].map(fromHex);
const CROSSING_DARK: Rgb[] = ["6aa5f0", "456fa3", "464b53", "a06a35", "f0a050"].map(fromHex);
/** Among so many classes that occur every pair of colours is told apart, so that their order may be that of the codes. */
const DISTINCT = 10;

export type Ramp = (t: number) => Rgb;

const ramp = (stops: Rgb[]): Ramp => (t) => interpolate(stops, t);

export const lensRamp = ramp(SEQUENTIAL);
export const purityRamp = (dark: boolean): Ramp => ramp(dark ? PURITY_DARK : PURITY);
/** For numbers of both signs: zero in the middle. */
export const crossingRamp = (dark: boolean): Ramp => ramp(dark ? CROSSING_DARK : CROSSING);

/**
 * Return a colour for each class code: the most frequent classes have their own, the rest are "other". Chosen classes
 * without one take over the colours of the least frequent classes that have one and are not chosen.
 */
export function classColours(counts: ArrayLike<number>, chosen: number[] = []): Rgb[] {
  const order = Array.from(counts, (count, code) => ({ count, code }));
  const present = order.filter(({ count }) => count > 0).length;
  if (present > DISTINCT) order.sort((a, b) => b.count - a.count || a.code - b.code);
  else if (order.length > DISTINCT) order.sort((a, b) => Number(b.count > 0) - Number(a.count > 0) || a.code - b.code);
  const owners = order.slice(0, CLASS_COLOURS.length).map(({ code }) => code);
  for (const code of chosen) {
    const taken = owners.findLastIndex((owner) => !chosen.includes(owner));
    if (!owners.includes(code) && taken >= 0) owners[taken] = code;
  }
  const colours: Rgb[] = order.map(() => OTHER);
  owners.forEach((code, position) => (colours[code] = CLASS_COLOURS[position]));
  return colours;
}

export function interpolate(stops: Rgb[], t: number): Rgb {
  if (Number.isNaN(t)) return OTHER;
  const position = Math.min(1, Math.max(0, t)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(position));
  const part = position - low;
  return stops[low].map((value, i) => Math.round(value + (stops[low + 1][i] - value) * part)) as Rgb;
}

export function fromHex(hex: string): Rgb {
  const value = parseInt(hex.replace("#", ""), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export const css = (rgb: Rgb): string => `rgb(${rgb.join(" ")})`;

export function gradient(ramp: Ramp): string {
  const stops = Array.from({ length: 9 }, (_, i) => `${css(ramp(i / 8))} ${(i / 8) * 100}%`);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
