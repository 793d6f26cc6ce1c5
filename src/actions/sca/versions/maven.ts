type Item = number | string | readonly Item[];

const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const ALIASES: { readonly [alias: string]: string } = { ga: '', final: '', release: '', cr: 'rc' };
const SHORT: { readonly [letter: string]: string } = { a: 'alpha', b: 'beta', m: 'milestone' };
const LONGEST = 200;

/** As Maven's `ComparableVersion` orders: numbers, known qualifiers before and after the release, others by their letters, and what stands behind a dash below it. */
export function maven(a: string, b: string): number | undefined {
  if (a.length > LONGEST || b.length > LONGEST || !/^[\w.+-]+$/.test(a) || !/^[\w.+-]+$/.test(b)) return undefined;
  return compareLists(parse(a), parse(b));
}

/** A dash, and the step from a digit to a letter or back, begin a list within the list. */
function parse(version: string): readonly Item[] {
  const root: Item[] = [];
  let list = root;
  const stack = [root];
  const nest = (): void => {
    const inner: Item[] = [];
    list.push(inner);
    list = inner;
    stack.push(inner);
  };
  const text = version.toLowerCase();
  let start = 0;
  let isDigit = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    const digit = letter >= '0' && letter <= '9';
    if (letter === '.') {
      list.push(at === start ? 0 : item(text.slice(start, at), isDigit, false));
      start = at + 1;
    } else if (letter === '-') {
      list.push(at === start ? 0 : item(text.slice(start, at), isDigit, false));
      start = at + 1;
      nest();
    } else if (digit !== isDigit && at > start) {
      if (digit) {
        // "alpha1": the word begins a list that its number belongs below.
        if (list.length > 0) nest();
        list.push(item(text.slice(start, at), false, true));
      } else {
        list.push(item(text.slice(start, at), true, false));
      }
      start = at;
      nest();
    }
    if (letter !== '.' && letter !== '-') isDigit = digit;
  }
  if (text.length > start) {
    if (!isDigit && list.length > 0) nest();
    list.push(item(text.slice(start), isDigit, false));
  }
  for (const each of stack.toReversed()) normalise(each);
  return root;
}

function item(text: string, isDigit: boolean, isBeforeDigit: boolean): Item {
  if (isDigit) return Number(text);
  const word = isBeforeDigit && text.length === 1 ? SHORT[text] ?? text : text;
  return ALIASES[word] ?? word;
}

/** Takes the zeros and empty words at the end away, as far as the last thing that says something; lists are passed over. */
function normalise(list: Item[]): void {
  for (let at = list.length - 1; at >= 0; at -= 1) {
    const each = list[at];
    if (each === undefined || isNothing(each)) list.splice(at, 1);
    else if (!Array.isArray(each)) break;
  }
}

function isNothing(each: Item): boolean {
  return each === 0 || each === '' || (Array.isArray(each) && each.length === 0);
}

function compareLists(a: readonly Item[], b: readonly Item[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [one, other] = [a[at], b[at]];
    const result = one === undefined ? -(other === undefined ? 0 : compareItems(other, undefined)) : compareItems(one, other);
    if (result !== 0) return result;
  }
  return 0;
}

/** Against nothing, an item compares as against what would say nothing in its place. */
function compareItems(a: Item, b: Item | undefined): number {
  if (typeof a === 'number') return b === undefined ? Math.sign(a) : typeof b === 'number' ? Math.sign(a - b) : 1;
  if (typeof a === 'string') {
    if (b === undefined) return compareWords(a, '');
    return typeof b === 'string' ? compareWords(a, b) : -1;
  }
  if (b === undefined) return a.reduce<number>((result, each) => (result === 0 ? compareItems(each, undefined) : result), 0);
  if (typeof b === 'number') return -1;
  return typeof b === 'string' ? 1 : compareLists(a, b as readonly Item[]);
}

function compareWords(a: string, b: string): number {
  const [one, other] = [rank(a), rank(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Unknown words come after all known ones, by their letters. */
function rank(word: string): string {
  const known = QUALIFIERS.indexOf(word);
  return known === -1 ? `${QUALIFIERS.length}-${word}` : String(known);
}
