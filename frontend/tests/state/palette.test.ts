import { describe, expect, it } from "vitest";
import { CLASS_COLOURS, OTHER, type Rgb } from "../../src/state/palette";

/** Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB. */
const VISIONS: [string, number[]][] = [
  ["normal vision", [1, 0, 0, 0, 1, 0, 0, 0, 1]],
  ["protanopia", [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998]],
  ["deuteranopia", [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881]],
  ["tritanopia", [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039]],
];
const GROUNDS: Rgb[] = [[252, 252, 251], [18, 20, 23]];

/** Least differences (CIEDE2000) among ten and among twenty classes; up to 5 two colours are seen as one at a glance. */
const [TEN, TWENTY] = [12, 8];

describe.each(VISIONS)("under %s", (_, matrix) => {
  const seen = (colours: Rgb[]) => colours.map((colour) => lab(colour, matrix));
  const least = (colours: Rgb[], others?: Rgb[]) => {
    const [these, those] = [seen(colours), seen(others ?? colours)];
    return Math.min(...these.flatMap((one, i) => those.filter((__, j) => others || j < i).map((other) => difference(one, other))));
  };

  it("ten classes are told apart", () => expect(least(CLASS_COLOURS.slice(0, 10))).toBeGreaterThan(TEN));
  it("so are twenty", () => expect(least(CLASS_COLOURS)).toBeGreaterThan(TWENTY));
  it("none is taken for “other”", () => expect(least(CLASS_COLOURS, [OTHER])).toBeGreaterThan(5));
  it("none is lost on the ground", () => expect(least(CLASS_COLOURS, GROUNDS)).toBeGreaterThan(15));
});

it.each([
  [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
  [[50, -1, 2], [50, 0, 0], 2.3669],
  [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
  [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
  [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
])("differences are those of Sharma, Wu and Dalal (2005)", (one, other, known) => {
  expect(difference(one, other)).toBeCloseTo(known, 4);
});

/** CIELAB under D65 of a colour seen through a matrix. */
function lab(colour: Rgb, matrix: number[]): number[] {
  const times = (m: number[], v: number[]) => [0, 1, 2].map((row) => v.reduce((sum, value, i) => sum + m[3 * row + i] * value, 0));
  const linear = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  const seen = times(matrix, linear).map((value) => Math.min(1, Math.max(0, value)));
  const xyz = times([0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.072175, 0.0193339, 0.119192, 0.9503041], seen);
  const [x, y, z] = xyz.map((value, i) => value / [0.95047, 1, 1.08883][i]).map((t) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 / 116) * t + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIEDE2000. */
function difference([l1, a1, b1]: number[], [l2, a2, b2]: number[]): number {
  const [sin, cos] = [Math.sin, Math.cos].map((of) => (degrees: number) => of((degrees * Math.PI) / 180));
  const flat = (c: number) => Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7));
  const g = 0.5 * (1 - flat((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2));
  const polar = (a: number, b: number) => [Math.hypot(a * (1 + g), b), ((Math.atan2(b, a * (1 + g)) * 180) / Math.PI + 360) % 360];
  const [[c1, h1], [c2, h2]] = [polar(a1, b1), polar(a2, b2)];
  const turn = c1 * c2 ? ((h2 - h1 + 540) % 360) - 180 : 0;
  const [l, c] = [(l1 + l2) / 2, (c1 + c2) / 2];
  const h = c1 * c2 ? h1 + turn / 2 : h1 + h2;
  const t = 1 - 0.17 * cos(h - 30) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + 6) - 0.2 * cos(4 * h - 63);
  const hue = (h + 360) % 360;
  const dl = (l2 - l1) / (1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2));
  const dc = (c2 - c1) / (1 + 0.045 * c);
  const dh = (2 * Math.sqrt(c1 * c2) * sin(turn / 2)) / (1 + 0.015 * c * t);
  return Math.sqrt(dl ** 2 + dc ** 2 + dh ** 2 - 2 * flat(c) * sin(60 * Math.exp(-(((hue - 275) / 25) ** 2))) * dc * dh);
}
