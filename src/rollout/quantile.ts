/** How many observations fell up to each upper bound, the last of which is infinite. */
export type Buckets = ReadonlyMap<number, number>;

/**
 * The value below which the fraction `q` of the observations lies, by straight lines inside a bucket. `beyond` says
 * that it lies somewhere above `value`, the last finite bound. Undefined where there is nothing to say.
 */
export function quantile(q: number, buckets: Buckets): { readonly value: number; readonly beyond: boolean } | undefined {
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  const total = buckets.get(Infinity) ?? 0;
  if (total <= 0 || bounds.length < 2) return undefined;
  let [lower, below] = [Math.min(0, bounds[0] ?? 0), 0];
  for (const bound of bounds) {
    const upTo = Math.max(below, buckets.get(bound) ?? 0); // scraped one by one, counts may lag behind a lower bound's
    if (upTo >= q * total && upTo > below) {
      if (bound === Infinity) return { value: lower, beyond: true };
      return { value: lower + (bound - lower) * ((q * total - below) / (upTo - below)), beyond: false };
    }
    [lower, below] = [bound === Infinity ? lower : bound, upTo];
  }
  return { value: lower, beyond: true };
}

/** `le` as it is written in the text formats; undefined where it is no bound. */
export function boundOf(le: string | undefined): number | undefined {
  if (le === '+Inf' || le === 'Inf') return Infinity;
  const bound = le === undefined || le.trim() === '' ? Number.NaN : Number(le);
  return Number.isNaN(bound) ? undefined : bound;
}
