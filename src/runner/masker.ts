import { TrunklineError } from '../foundation/errors.ts';
import { Secret } from '../foundation/secret.ts';
import { FormSearch } from './form-search.ts';
import { type SecretForm, secretForms } from './secret-forms.ts';

/** What stands in a log where a secret stood. */
export const MASK = '***';
const MASK_BYTES = Buffer.from(MASK);
const NOTHING = Buffer.alloc(0);
/** A shorter one would be struck from half of all words, and so show itself. */
const SHORTEST_SECRET = 4;

/** Of all that are long enough to be struck at all; a shorter one can be none that matters. */
export function maskerOf(secrets: readonly string[]): Masker {
  const masker = new Masker();
  for (const secret of secrets) if (Buffer.byteLength(secret) >= SHORTEST_SECRET) masker.add(secret);
  return masker;
}

/**
 * Strikes secrets from a stream whose chunks may split anywhere: what could be the beginning of a secret is held
 * back until more has come. What comes out does not depend on where the chunks were split.
 */
export class Masker {
  readonly #forms = new Map<string, SecretForm>();
  #search: FormSearch | undefined;
  #held: Buffer = NOTHING;
  /** So many bytes at the beginning of what is held lie under a mask that has come out already. */
  #masked = 0;

  /** From now on; what has come out stays. @throws {TrunklineError} `SECRET_TOO_SHORT`. */
  add(secret: Secret | string): void {
    const value = typeof secret === 'string' ? secret : secret.reveal();
    if (Buffer.byteLength(value) < SHORTEST_SECRET) {
      throw new TrunklineError('SECRET_TOO_SHORT', 'usage', `a secret of ${value.length} characters can't be struck from logs without striking ordinary words`,
        `use one of ${SHORTEST_SECRET} bytes or more`);
    }
    for (const form of secretForms(value)) this.#forms.set(form.bytes.toString('latin1'), form);
    this.#search = new FormSearch([...this.#forms.values()]);
  }

  /** @returns what is safe to show of all that has been pushed and has not come out yet, in pieces: nothing is copied. */
  push(chunk: Buffer): readonly Buffer[] {
    const search = this.#search;
    if (!search) return [chunk];
    if (this.#held.length === 0) return this.#emit(chunk, search.openEnd(chunk));
    if (chunk.length < search.longest) {
      const text = Buffer.concat([this.#held, chunk]);
      return this.#emit(text, search.openEnd(text));
    }
    // Whatever begins in what is held ends in the seam; the large chunk itself is not copied.
    const seam = Buffer.concat([this.#held, chunk.subarray(0, search.longest)]);
    return [...this.#emit(seam, this.#held.length), ...this.#emit(chunk, search.openEnd(chunk))];
  }

  /** The rest, when nothing more will come. */
  flush(): readonly Buffer[] {
    return this.#held.length === 0 ? [] : this.#emit(this.#held, this.#held.length);
  }

  /** Whether something is held back. */
  get holds(): boolean {
    return this.#held.length > 0;
  }

  #emit(text: Buffer, end: number): readonly Buffer[] {
    const parts: Buffer[] = [];
    let shown = this.#masked;
    for (const span of this.#search?.find(text) ?? []) {
      if (span.start >= end) break;
      if (span.start >= shown) parts.push(text.subarray(shown, span.start), MASK_BYTES);
      shown = Math.max(shown, span.end);
    }
    if (shown < end) parts.push(text.subarray(shown, end));
    this.#masked = Math.max(0, shown - end);
    // A copy, so that a few bytes held do not keep a whole chunk alive.
    this.#held = end < text.length ? Buffer.from(text.subarray(end)) : NOTHING;
    return parts.filter(({ length }) => length > 0);
  }
}
