const VERSION = /^v?(\d{1,5})(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:[._-]?(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?\d+)*)?)?([.-]?dev)?(?:\+\S*)?$/i;
const STAGES: { readonly [name: string]: number } = { dev: 0, alpha: 1, a: 1, beta: 2, b: 2, rc: 3, stable: 4, patch: 5, pl: 5, p: 5 };

/** As Composer normalises and PHP compares: four numbers, then dev, alpha, beta, RC, the release itself, patches of it. */
export function composer(a: string, b: string): number | undefined {
  const [first, second] = [parts(a), parts(b)];
  if (!first || !second) return undefined;
  for (let at = 0; at < Math.max(first.length, second.length); at += 1) {
    const difference = (first[at] ?? 0) - (second[at] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

function parts(version: string): readonly number[] | undefined {
  const read = VERSION.exec(version.trim());
  if (!read) return undefined;
  const [, major, minor, patch, fourth, stage, numbers, dev] = read;
  const stability = STAGES[(stage ?? 'stable').toLowerCase()] ?? 4;
  // "1.0-dev" lies before every stage of 1.0, "1.0-beta2-dev" just before beta 2.
  const head = [major, minor, patch, fourth].map((number) => Number(number ?? 0));
  if (dev !== undefined && stage === undefined) return [...head, 0];
  return [...head, stability, ...(numbers?.match(/\d+/g)?.map(Number) ?? [0]), ...(dev === undefined ? [0] : [-1])];
}
