/** Counts of values in equal bins. */

export function histogram(values: Float32Array, points: Uint32Array, range: [number, number], bins: number): Uint32Array {
  const counts = new Uint32Array(bins);
  const width = (range[1] - range[0]) / bins || 1;
  for (const point of points) {
    const bin = Math.floor((values[point] - range[0]) / width);
    if (bin >= 0) counts[Math.min(bins - 1, bin)]++;
  }
  return counts;
}
