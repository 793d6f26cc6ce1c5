import { TrunklineError } from './errors.ts';

const MOST_ALTERNATIVES = 256;
/** Of all patterns of one matcher together. */
const MOST_IN_ALL = 4_096;
const LONGEST_PATTERN = 4_096;
/** Comparisons of letters and names: about a second; a repository of 100,000 files and 500 patterns needs half of it. */
const MOST_STEPS = 100_000_000;
/** How long the event loop may be held, in steps: a few milliseconds. */
const STEPS_AT_ONCE = 1_000_000;

/** What one matcher may still do, whatever it is asked. */
interface Budget { left: number; spent: number }

type Matches<Item> = (item: Item) => boolean;

/**
 * Whether a relative path is meant by any of the patterns: `*` and `?` inside one name, `**` over any number of folders,
 * `{a,b}` for either. A pattern without any of these also means everything below it. Names that begin with a dot are
 * names like others. Patterns are read once. They may come from a commit, and so may the paths: no path is ever tried
 * again from a joker before the last one, and a matcher has a budget of steps for all that it is asked.
 * @throws {TrunklineError} `PATTERN_TOO_COSTLY`: at once, where `{}` stand for too many patterns or one is too long; or
 * when the budget is spent.
 */
export function globMatcher(patterns: readonly string[]): Matches<string> {
  return matcherOf(patterns).matches;
}

/** The paths that any of the patterns means, in their order; the event loop is let go every few milliseconds. */
export async function meantBy(patterns: readonly string[], paths: Iterable<string>): Promise<readonly string[]> {
  const { matches, budget } = matcherOf(patterns);
  const meant: string[] = [];
  for (const path of paths) {
    if (matches(path)) meant.push(path);
    if (budget.spent < STEPS_AT_ONCE) continue;
    budget.spent = 0;
    await new Promise((resolve) => void setImmediate(resolve));
  }
  return meant;
}

/** The folder below which all that a pattern can mean lies; empty for everywhere. */
export function globBase(pattern: string): string {
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => isWild(part));
  return parts.slice(0, wild === -1 ? parts.length : wild).filter((part) => part !== '' && part !== '.').join('/');
}

function matcherOf(patterns: readonly string[]): { readonly matches: Matches<string>; readonly budget: Budget } {
  const budget: Budget = { left: MOST_STEPS, spent: 0 };
  const all = patterns.flatMap(alternatives);
  if (all.length > MOST_IN_ALL) throw tooCostly(`${patterns.length} patterns stand for ${all.length}`, `${MOST_IN_ALL} may be compared at once`);
  const each = all.map((pattern) => matcherOfNames(pattern, budget));
  return {
    budget,
    matches: (path) => {
      const names = path.split('/');
      spend(budget, names.length);
      return each.some((matches) => matches(names));
    },
  };
}

function isWild(text: string): boolean {
  return /[*?{]/.test(text);
}

function matcherOfNames(pattern: string, budget: Budget): Matches<readonly string[]> {
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
  const wanted = isWild(pattern) && !pattern.endsWith('/') ? parts : [...parts, '**'];
  const sequence = wanted.map((part) => (part === '**' ? undefined : matcherOfName(part, budget)));
  return (names) => matchesNames(sequence, names, budget);
}

function matcherOfName(part: string, budget: Budget): Matches<string> {
  if (!isWild(part)) return (name) => part === name;
  // What most patterns are, without a look at every letter.
  const ending = part.slice(1);
  if (part.startsWith('*') && !isWild(ending)) return (name) => name.endsWith(ending);
  return (name) => matchesName(part, name, budget);
}

/** Whether names match a sequence with `**` (undefined): only the last `**` is ever tried again, so it never explodes. */
function matchesNames(wanted: readonly (Matches<string> | undefined)[], names: readonly string[], budget: Budget): boolean {
  let at = 0;
  let item = 0;
  let retryAt = -1;
  let retryItem = 0;
  while (item < names.length) {
    spend(budget, 1);
    const one = wanted[at];
    if (at < wanted.length && one === undefined) {
      retryAt = at;
      retryItem = item;
      at += 1;
    } else if (one?.(names[item] as string)) {
      at += 1;
      item += 1;
    } else {
      if (retryAt === -1) return false;
      retryItem += 1;
      at = retryAt + 1;
      item = retryItem;
    }
  }
  return wanted.slice(at).every((one) => one === undefined);
}

const STAR = 0x2a;
const QUESTION = 0x3f;

/** The same for the letters of one name. */
function matchesName(part: string, name: string, budget: Budget): boolean {
  const most = budget.left;
  let steps = 0;
  let at = 0;
  let item = 0;
  let retryAt = -1;
  let retryItem = 0;
  while (item < name.length && steps <= most) {
    steps += 1;
    const letter = part.charCodeAt(at);
    if (letter === STAR) {
      retryAt = at;
      retryItem = item;
      at += 1;
    } else if (letter === QUESTION || letter === name.charCodeAt(item)) {
      at += 1;
      item += letter === QUESTION ? unitsAt(name, item) : 1;
    } else {
      if (retryAt === -1) break;
      retryItem += 1;
      at = retryAt + 1;
      item = retryItem;
    }
  }
  spend(budget, steps);
  while (part.charCodeAt(at) === STAR) at += 1;
  return item >= name.length && at === part.length;
}

/** A letter beyond the first 65,536 has two. */
function unitsAt(name: string, at: number): number {
  return (name.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function spend(budget: Budget, steps: number): void {
  budget.left -= steps;
  budget.spent += steps;
  if (budget.left < 0) throw tooCostly('patterns with many jokers meet many long names', `after ${MOST_STEPS} comparisons they were given up`);
}

function alternatives(pattern: string): readonly string[] {
  const shown = `"${pattern.slice(0, 80)}"`;
  if (pattern.length > LONGEST_PATTERN) throw tooCostly(`${shown} has ${pattern.length} characters`, `${LONGEST_PATTERN} may be compared`);
  let all: readonly string[] = [pattern];
  for (;;) {
    const found = all.map((each) => /\{([^{}]*)\}/.exec(each));
    if (found.every((each) => each === null)) return all;
    const choices = found.map((each) => each?.[1]?.split(','));
    const count = choices.reduce((sum, each) => sum + (each?.length ?? 1), 0);
    if (count > MOST_ALTERNATIVES) throw tooCostly(`${shown} stands for more than ${MOST_ALTERNATIVES} patterns`, 'write several');
    all = all.flatMap((each, index) => {
      const { index: start = 0, 0: whole = '' } = found[index] ?? {};
      return choices[index]?.map((choice) => each.slice(0, start) + choice + each.slice(start + whole.length)) ?? [each];
    });
  }
}

function tooCostly(what: string, limit: string): TrunklineError {
  return new TrunklineError('PATTERN_TOO_COSTLY', 'code', `${what}: ${limit}`, 'write fewer patterns with fewer *, ? and {} in trunkline.config.ts');
}
