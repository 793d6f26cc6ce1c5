const VERSION = /^\s*(\d+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?\s*$/;

/** As `Gem::Version` orders: numbers after words, so that what holds a letter comes before its release; zeros at the end of either part say nothing. */
export function rubygems(a: string, b: string): number | undefined {
  if (!VERSION.test(a) || !VERSION.test(b)) return undefined;
  const [first, second] = [segments(a), segments(b)];
  for (let at = 0; at < Math.max(first.length, second.length); at += 1) {
    const [one = 0, other = 0] = [first[at], second[at]];
    if (one === other) continue;
    if (typeof one === 'string' && typeof other === 'number') return -1;
    if (typeof one === 'number' && typeof other === 'string') return 1;
    return one < other ? -1 : 1;
  }
  return 0;
}

/** Without the zeros before the first word, and those at the end. */
function segments(version: string): readonly (string | number)[] {
  const all = (version.trim() || '0').replaceAll('-', '.pre.').match(/\d+|[a-z]+/gi)?.map((part) => (/^\d/.test(part) ? Number(part) : part)) ?? [];
  const word = all.findIndex((part) => typeof part === 'string');
  const halves = word === -1 ? [all, []] : [all.slice(0, word), all.slice(word)];
  return halves.flatMap((half) => half.slice(0, half.findLastIndex((part) => part !== 0) + 1));
}
