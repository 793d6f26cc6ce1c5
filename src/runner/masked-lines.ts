import { StringDecoder } from 'node:string_decoder';
import { MASK, maskerOf, type Masker } from './masker.ts';

/** In UTF-16 units: a longer line is given in pieces. */
const LONGEST = 32_768;

/** What one process writes to one stream, cut into lines after it was masked: secrets may have several lines. */
export class MaskedLines {
  readonly #masker: Masker;
  readonly #decoder = new StringDecoder();
  readonly #line: (line: string) => void;
  readonly #ended: () => void;
  #rest = '';

  /** @param line gets each line, whole and masked. @param ended is called after the last. */
  constructor(secrets: readonly string[], line: (line: string) => void, ended: () => void = () => undefined) {
    this.#masker = maskerOf(secrets);
    this.#line = line;
    this.#ended = ended;
  }

  /** Chunks may split anywhere. */
  write(chunk: Buffer): void {
    for (const piece of this.#masker.push(chunk)) this.#text(this.#decoder.write(piece));
  }

  /** Nothing more will come. */
  end(): void {
    for (const piece of this.#masker.flush()) this.#text(this.#decoder.write(piece));
    this.#text(this.#decoder.end());
    if (this.#rest !== '') this.#line(this.#rest);
    this.#rest = '';
    this.#ended();
  }

  /** The line that has begun; what may be the beginning of a secret stands under a mask. */
  get unfinished(): string {
    return `${this.#rest}${this.#masker.holds ? MASK : ''}`;
  }

  #text(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() as string;
    for (const line of lines) this.#line(line);
    // It is masked already, and may be cut anywhere.
    if (this.#rest.length <= LONGEST) return;
    this.#line(this.#rest);
    this.#rest = '';
  }
}
