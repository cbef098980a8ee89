/** Numbers as people read them. */

const whole = new Intl.NumberFormat("en-US");

/** Counts, with thin separators. */
export const count = (value: number): string => whole.format(value);

export function percent(share: number, digits = 0): string {
  if (!Number.isFinite(share)) return "–";
  const value = share * 100;
  if (share > 0 && share < 1 && digits === 0 && value < 1) return "<1 %";
  if (share < 1 && digits === 0 && value > 99) return ">99 %";
  return `${value.toFixed(digits)} %`;
}

/** A value of a column, also where nothing of it would be seen. */
export function shownValue(value: string): string {
  if (value === "") return "‹empty›";
  return value.trim() === "" ? "‹blank›" : value;
}

/** A measurement to three significant figures. */
export function figure(value: number): string {
  if (Math.abs(value) === Infinity) return value < 0 ? "−∞" : "∞";
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 10_000 || size < 0.001) return value.toExponential(1).replace("e+", "e");
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(size))));
}

export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** "n of N" when something is left out, else only "N". */
export const outOf = (shown: number, all: number): string =>
  shown === all ? count(all) : `${count(shown)} of ${count(all)}`;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
