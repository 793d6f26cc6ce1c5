/** Null of nothing: there is no mean of no values, and 0 would be a very good one. */
export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return mean(Number.isInteger(half) ? sorted.slice(Math.max(half - 1, 0), half + 1) : sorted.slice(Math.floor(half), Math.floor(half) + 1));
}
