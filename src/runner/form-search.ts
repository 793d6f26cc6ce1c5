import { SEARCHED, type SecretForm } from './secret-forms.ts';

/** A half-open range of bytes. */
export interface Span { readonly start: number; readonly end: number }

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/**
 * Finds all forms at once by looking at two bytes in many (Wu and Manber, 1994): the table says, for the two bytes
 * at the end of a window, how far the window can move before any form could begin in it. The cost does not grow with
 * the number of secrets.
 */
export class FormSearch {
  readonly #window: number;
  readonly #skips = new Uint8Array(65_536);
  readonly #atWindowEnd = new Map<number, readonly SecretForm[]>();
  /** By their first two bytes; 1 in the table where there is one. */
  readonly #beginning = new Map<number, readonly SecretForm[]>();
  readonly #begins = new Uint8Array(65_536);
  readonly #firstBytes = new Uint8Array(256);
  /** The most bytes that one match can span, line breaks counted. */
  readonly longest: number;

  /** @param forms each of two bytes or more. */
  constructor(forms: readonly SecretForm[]) {
    const lengths = forms.map(({ bytes }) => bytes.length);
    this.#window = Math.min(SEARCHED, ...lengths);
    this.longest = Math.max(...forms.map((form) => form.bytes.length + 2 * breaksAllowed(form)));
    this.#skips.fill(this.#window - 1);
    for (const form of forms) {
      for (let end = 1; end < this.#window; end += 1) {
        const pair = pairAt(form.bytes, end);
        this.#skips[pair] = Math.min(this.#skips[pair]!, this.#window - 1 - end);
      }
      append(this.#atWindowEnd, pairAt(form.bytes, this.#window - 1), form);
      const first = form.bytes[0]!;
      this.#firstBytes[first] = 1;
      for (const second of form.wraps ? [form.bytes[1]!, LINE_FEED, CARRIAGE_RETURN] : [form.bytes[1]!]) {
        append(this.#beginning, (first << 8) | second, form);
        this.#begins[(first << 8) | second] = 1;
      }
    }
  }

  /** Where forms stand in `text`, in order; ranges that overlap are one. */
  find(text: Buffer): readonly Span[] {
    const spans: Span[] = [];
    const skips = this.#skips;
    for (let last = this.#window - 1; last < text.length;) {
      const skip = skips[(text[last - 1]! << 8) | text[last]!]!;
      if (skip > 0) {
        last += skip;
        continue;
      }
      const start = last - this.#window + 1;
      for (const form of this.#atWindowEnd.get(pairAt(text, last)) ?? []) {
        const end = matchEnd(form, text, start);
        if (end > 0) include(spans, { start: form.before ? startBefore(form.before, text, start) : start, end });
      }
      last += 1;
    }
    return spans;
  }

  /** The first place from which `text` could, with more to come, turn out to be a form; its length if there is none. */
  openEnd(text: Buffer): number {
    const last = text.length - 1;
    for (let start = Math.max(0, text.length - this.longest); start < last; start += 1) {
      if (this.#begins[(text[start]! << 8) | text[start + 1]!] === 0) continue;
      for (const form of this.#beginning.get(pairAt(text, start + 1)) ?? []) {
        if (matchEnd(form, text, start) === OPEN) return start;
      }
    }
    return last >= 0 && this.#firstBytes[text[last]!] === 1 ? last : text.length;
  }
}

const MISMATCH = -1;
const OPEN = -2;

/** No tool makes shorter lines than the search needs; the first and last may be. */
function breaksAllowed({ bytes, wraps }: SecretForm): number {
  return wraps ? Math.ceil(bytes.length / SEARCHED) + 1 : 0;
}

/** Where the form that starts at `start` ends, or MISMATCH, or OPEN when the text ends first. */
function matchEnd(form: SecretForm, text: Buffer, start: number): number {
  const { bytes } = form;
  let breaks = form.wraps ? breaksAllowed(form) : 0;
  let place = start;
  for (let index = 0; index < bytes.length; index += 1, place += 1) {
    if (breaks > 0 && index > 0) {
      const before = place;
      if (text[place] === CARRIAGE_RETURN && (place + 1 >= text.length || text[place + 1] === LINE_FEED)) place += 1;
      if (text[place] === LINE_FEED) place += 1;
      if (place > before) breaks -= 1;
    }
    if (place >= text.length) return OPEN;
    if (text[place] !== bytes[index]) return MISMATCH;
  }
  return place;
}

/** Where `before` starts, a line break allowed anywhere in it, as far as it stands before `end`. */
function startBefore(before: Buffer, text: Buffer, end: number): number {
  let start = end;
  for (let index = before.length - 1; index >= 0; index -= 1) {
    let place = start - 1;
    while (text[place] === LINE_FEED || text[place] === CARRIAGE_RETURN) place -= 1;
    if (text[place] !== before[index]) break;
    start = place;
  }
  return start;
}

/** Spans come nearly in order: a new one ends no earlier than any before it starts. */
function include(spans: Span[], span: Span): void {
  let { start, end } = span;
  for (let before = spans.at(-1); before !== undefined && before.end > start; before = spans.at(-1)) {
    start = Math.min(start, before.start);
    end = Math.max(end, before.end);
    spans.pop();
  }
  spans.push({ start, end });
}

function pairAt(bytes: Buffer, end: number): number {
  return (bytes[end - 1]! << 8) | bytes[end]!;
}

function append(map: Map<number, readonly SecretForm[]>, key: number, form: SecretForm): void {
  map.set(key, [...(map.get(key) ?? []), form]);
}
