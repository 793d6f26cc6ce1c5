const VERSION = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]*)?$/;

/** Semantic versions with a fourth number, whose labels don't know capitals. */
export function nuget(a: string, b: string): number | undefined {
  const [first, second] = [VERSION.exec(a.trim()), VERSION.exec(b.trim())];
  if (!first || !second) return undefined;
  for (let at = 1; at <= 4; at += 1) {
    const difference = Number(first[at] ?? 0) - Number(second[at] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  const [one, other] = [first[5]?.toLowerCase(), second[5]?.toLowerCase()];
  if (one === other) return 0;
  if (one === undefined || other === undefined) return one === undefined ? 1 : -1;
  return labels(one.split('.'), other.split('.'));
}

function labels(first: readonly string[], second: readonly string[]): number {
  for (let at = 0; at < Math.max(first.length, second.length); at += 1) {
    const [one, other] = [first[at], second[at]];
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    if (one === other) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(one), /^\d+$/.test(other)];
    if (isNumber && isOtherNumber) return Math.sign(Number(one) - Number(other));
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return 0;
}
