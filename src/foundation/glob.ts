const MOST_ALTERNATIVES = 256;

/**
 * Whether a relative path is meant by a pattern: `*` and `?` inside one name, `**` over any number of folders, `{a,b}`
 * for either. A pattern without any of these also means everything below it. Names that begin with a dot are names
 * like others. Takes time in proportion to their lengths, whatever the pattern: patterns may come from a commit.
 * @throws {RangeError} when `{}` stand for more than 256 patterns.
 */
export function globMatches(pattern: string, path: string): boolean {
  return globMatcher(pattern)(path);
}

/** The same for many paths: the pattern is read once. */
export function globMatcher(pattern: string): (path: string) => boolean {
  const each = alternatives(pattern).map(matcherOfNames);
  return (path) => {
    const names = path.split('/');
    return each.some((matchesThem) => matchesThem(names));
  };
}

/** The folder below which all that a pattern can mean lies; empty for everywhere. */
export function globBase(pattern: string): string {
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => isWild(part));
  return parts.slice(0, wild === -1 ? parts.length : wild).filter((part) => part !== '' && part !== '.').join('/');
}

function isWild(text: string): boolean {
  return /[*?{]/.test(text);
}

function matcherOfNames(pattern: string): (names: readonly string[]) => boolean {
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
  const wanted = isWild(pattern) && !pattern.endsWith('/') ? parts : [...parts, '**'];
  return (names) => matches(wanted, names, (part) => part === '**', matchesName);
}

function matchesName(part: string, name: string): boolean {
  if (!isWild(part)) return part === name;
  // What most patterns are, without a look at every letter.
  const ending = part.slice(1);
  if (part.startsWith('*') && !isWild(ending)) return name.endsWith(ending);
  return matches([...part], [...name], (letter) => letter === '*', (letter, other) => letter === '?' || letter === other);
}

/** Matches with a joker for any number of items: only the last joker is ever tried again, so it never explodes. */
function matches<Item>(pattern: readonly Item[], items: readonly Item[], isJoker: (part: Item) => boolean, one: (part: Item, item: Item) => boolean): boolean {
  let at = 0;
  let item = 0;
  let retry: { readonly at: number; item: number } | undefined;
  while (item < items.length) {
    const part = pattern[at];
    if (part !== undefined && isJoker(part)) {
      retry = { at, item };
      at += 1;
    } else if (part !== undefined && one(part, items[item]!)) {
      at += 1;
      item += 1;
    } else if (retry) {
      retry.item += 1;
      at = retry.at + 1;
      item = retry.item;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every(isJoker);
}

function alternatives(pattern: string): string[] {
  let all = [pattern];
  for (;;) {
    const next = all.flatMap((each) => {
      const found = /\{([^{}]*)\}/.exec(each);
      return found ? found[1]!.split(',').map((choice) => each.slice(0, found.index) + choice + each.slice(found.index + found[0].length)) : [each];
    });
    if (next.length > MOST_ALTERNATIVES) throw new RangeError(`"${pattern.slice(0, 80)}" stands for more than ${MOST_ALTERNATIVES} patterns`);
    if (next.every((each, index) => each === all[index])) return all;
    all = next;
  }
}
