/** Lenses in words; a column of the examples is called by its own name. */

const NAMES: Record<string, string> = { l2: "L2 norm", l1: "L1 norm", max: "largest channel" };

export function lensName(lens: string): string {
  const component = /^pca:(\d+)$/.exec(lens);
  return component ? `PCA component ${Number(component[1]) + 1}` : (NAMES[lens] ?? lens);
}
