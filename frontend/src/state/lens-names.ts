/** Lenses in words; a column of the examples is called by its own name. */

const NAMES: Record<string, string> = { max: "largest channel", linf: "L∞ norm", eccentricity: "eccentricity" };

const PATTERNS: [RegExp, (match: string) => string][] = [
  [/^l(\d+(?:\.\d+)?)$/, (p) => `L${p} norm`],
  [/^pca:(\d+)$/, (i) => `PCA component ${Number(i) + 1}`],
  [/^knn:(\d+)$/, (k) => `distance to neighbour ${k}`],
  [/^eccentricity:(.+)$/, (p) => `eccentricity (p = ${p === "inf" ? "∞" : p})`],
  [/^distance:(\d+)$/, (row) => `distance to point ${row}`],
];

export function lensName(lens: string): string {
  for (const [pattern, name] of PATTERNS) {
    const match = pattern.exec(lens);
    if (match) return name(match[1]);
  }
  return NAMES[lens] ?? lens;
}
