/** Characters as bits: one for each of ASCII, and one for all others. */
export type Characters = bigint;

const OTHERS = 128n;
export const ANY: Characters = (1n << 129n) - 1n;
/** What only the end of a text matches: no character does. */
export const NONE: Characters = 0n;

/** The syntax tree of a regular expression, as far as it matters for how long a match takes. */
export type Tree =
  | { readonly type: 'character'; readonly set: Characters }
  | { readonly type: 'sequence' | 'choice'; readonly parts: readonly Tree[] }
  /** Without an upper bound, or optional. */
  | { readonly type: 'repeat'; readonly of: Tree; readonly isOptional: boolean; readonly isEndless: boolean }
  | { readonly type: 'look'; readonly of: Tree }
  | { readonly type: 'start' };

export const EMPTY: Tree = { type: 'sequence', parts: [] };

const between = (from: number, to: number): Characters => {
  let set = 0n;
  for (let code = from; code <= Math.min(to, 127); code += 1) set |= 1n << BigInt(code);
  return to > 127 ? set | (1n << OTHERS) : set;
};
const ofText = (text: string): Characters => [...text].reduce((set, letter) => set | between(letter.codePointAt(0)!, letter.codePointAt(0)!), 0n);

const DIGITS = between(48, 57);
const WORD = DIGITS | between(65, 90) | between(97, 122) | ofText('_');
const SPACE = ofText(' \t\n\r\f\v') | (1n << OTHERS);
const CLASSES: { readonly [letter: string]: Characters } = { d: DIGITS, D: ANY & ~DIGITS, w: WORD, W: ANY & ~WORD, s: SPACE, S: ANY & ~ofText(' \t\n\r\f\v') };
const CONTROLS: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', 0: '\0' };
/** Copies of a part that has to come several times: enough to tell one from the next. */
const MOST_COPIES = 3;
const DEEPEST = 60;

/** Reads a pattern as JavaScript writes it. @returns undefined for what it can't read, or is nested more deeply than people write. */
export function treeOf(source: string, flags: string): Tree | undefined {
  const reader = new Reader(source, flags);
  try {
    const tree = reader.choice(0);
    return reader.isAtEnd ? tree : undefined;
  } catch {
    return undefined;
  }
}

class Reader {
  readonly #text: string;
  readonly #flags: string;
  #at = 0;

  constructor(text: string, flags: string) {
    this.#text = text;
    this.#flags = flags;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  choice(depth: number): Tree {
    if (depth > DEEPEST) throw new RangeError('nested too deeply');
    const parts = [this.#sequence(depth)];
    while (this.#taken('|')) parts.push(this.#sequence(depth));
    return parts.length === 1 ? parts[0]! : { type: 'choice', parts };
  }

  #sequence(depth: number): Tree {
    const parts: Tree[] = [];
    while (!this.isAtEnd && this.#text[this.#at] !== '|' && this.#text[this.#at] !== ')') parts.push(...this.#quantified(this.#atom(depth)));
    return { type: 'sequence', parts };
  }

  #taken(text: string): boolean {
    const isThere = this.#text.startsWith(text, this.#at);
    if (isThere) this.#at += text.length;
    return isThere;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at += match[0].length;
    return match ?? undefined;
  }

  #quantified(of: Tree): readonly Tree[] {
    const [, sign, least, comma, most] = this.#match(/(?:([*+?])|\{(\d{1,9})(,?)(\d{0,9})\})\??/y) ?? [];
    if (sign === undefined && least === undefined) return [of];
    const from = sign === undefined ? Number(least) : Number(sign === '+');
    const isEndless = sign === '*' || sign === '+' || (comma === ',' && most === '');
    const to = sign === '?' ? 1 : comma === '' ? from : Number(most);
    if (isEndless && from <= 1) return [{ type: 'repeat', of, isOptional: from === 0, isEndless }];
    const copies = Array<Tree>(Math.min(from, MOST_COPIES)).fill(of);
    if (isEndless) return [...copies, { type: 'repeat', of, isOptional: true, isEndless }];
    // What has an upper bound takes a bounded time more.
    return to > from ? [...copies, { type: 'repeat', of, isOptional: true, isEndless: false }] : copies;
  }

  #atom(depth: number): Tree {
    if (this.#taken('(')) return this.#group(depth);
    if (this.#taken('[')) return { type: 'character', set: this.#class() };
    if (this.#taken('^')) return this.#flags.includes('m') ? EMPTY : { type: 'start' };
    if (this.#taken('$')) return { type: 'character', set: NONE };
    if (this.#taken('.')) return { type: 'character', set: this.#flags.includes('s') ? ANY : ANY & ~ofText('\n\r') };
    if (this.#match(/\\[bB]|\\[1-9]\d{0,2}|\\k<\w{1,100}>/y)) return EMPTY;
    return { type: 'character', set: this.#cased(this.#one()) };
  }

  #group(depth: number): Tree {
    const kind = this.#match(/\?(?:<?[=!]|:|<\w{1,100}>|[ims-]{1,6}:)/y)?.[0] ?? '';
    const of = this.choice(depth + 1);
    if (!this.#taken(')')) throw new SyntaxError('a group is open');
    return /^\?<?[=!]$/.test(kind) ? { type: 'look', of } : of;
  }

  /** One character, or a class such as `\d`. */
  #one(): Characters {
    const escaped = this.#match(/\\(?:u\{([\da-f]{1,6})\}|u([\da-f]{4})|x([\da-f]{2})|c[a-z]|[pP]\{[^}]{1,100}\}|.)/isy);
    if (!escaped) return ofText(this.#match(/[^]/uy)?.[0] ?? '');
    const code = escaped[1] ?? escaped[2] ?? escaped[3];
    if (code !== undefined) return between(Number.parseInt(code, 16), Number.parseInt(code, 16));
    const letter = escaped[0][1] ?? '';
    if (/^\\[pP]\{/.test(escaped[0])) return ANY;
    return CLASSES[letter] ?? ofText(CONTROLS[letter] ?? letter);
  }

  #class(): Characters {
    const isNegated = this.#taken('^');
    let set = 0n;
    while (!this.#taken(']')) {
      if (this.isAtEnd) throw new SyntaxError('a class is open');
      const from = this.#one();
      if (this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']' && isSingle(from)) {
        this.#at += 1;
        set |= between(codeOf(from), codeOf(this.#one()));
      } else set |= from;
    }
    const cased = this.#cased(set);
    return isNegated ? ANY & ~cased : cased;
  }

  #cased(set: Characters): Characters {
    if (!this.#flags.includes('i')) return set;
    const [upper, lower] = [between(65, 90), between(97, 122)];
    return set | ((set & upper) << 32n) | ((set & lower) >> 32n);
  }
}

function isSingle(set: Characters): boolean {
  return set !== 0n && (set & (set - 1n)) === 0n;
}

function codeOf(set: Characters): number {
  return set.toString(2).length - 1;
}
