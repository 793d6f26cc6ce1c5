import { createWriteStream, renameSync, type WriteStream } from 'node:fs';
import { MaskedLines } from '../../../runner/masked-lines.ts';
import { printable } from '../../../runner/printable.ts';

const LINE_LIMIT = 8_192;
const FILE_LIMIT_BYTES = 2_000_000;
const PENDING_LIMIT_BYTES = 1_000_000;
const REMEMBERED = 50;

/**
 * What the instances of one release print: line by line, secrets struck out, in one file and the one before. It never
 * holds an instance up: lines that the disk is too slow for are dropped, and their number is written instead.
 */
export class InstanceLog {
  readonly #file: string;
  readonly #secrets: () => readonly string[];
  readonly #open = new Set<MaskedLines>();
  #out: WriteStream;
  #written = 0;
  #dropped = 0;
  #last: string[] = [];

  /** @param secrets the values that nothing may show, however they are encoded, as they are when a stream begins. */
  constructor(file: string, secrets: () => readonly string[]) {
    this.#file = file;
    this.#secrets = secrets;
    this.#out = this.#opened();
  }

  /** For what one process writes to one of its streams: what two write at once is never joined to one text. */
  stream(): MaskedLines {
    const stream = new MaskedLines(this.#secrets(), (line) => this.#line(line), () => this.#open.delete(stream));
    this.#open.add(stream);
    return stream;
  }

  /** A line of our own, in which others may be quoted. */
  line(text: string): void {
    const stream = this.stream();
    stream.write(Buffer.from(text));
    stream.end();
  }

  lastLines(count: number): readonly string[] {
    const unfinished = [...this.#open].map((stream) => printable(stream.unfinished).slice(0, LINE_LIMIT)).filter((line) => line !== '');
    return [...this.#last, ...unfinished].slice(-count);
  }

  close(): Promise<void> {
    for (const stream of this.#open) stream.end();
    return new Promise((resolve) => this.#out.end(() => resolve()));
  }

  #line(masked: string): void {
    const shown = printable(masked);
    const line = shown.length > LINE_LIMIT ? `${shown.slice(0, LINE_LIMIT)} … (${shown.length - LINE_LIMIT} characters cut)` : shown;
    this.#last.push(line);
    if (this.#last.length > REMEMBERED) this.#last.shift();
    if (this.#out.writableLength > PENDING_LIMIT_BYTES) {
      this.#dropped++;
      return;
    }
    const entry = this.#dropped > 0 ? `… ${this.#dropped} lines dropped\n${line}\n` : `${line}\n`;
    this.#dropped = 0;
    this.#written += Buffer.byteLength(entry);
    this.#out.write(entry);
    if (this.#written > FILE_LIMIT_BYTES) this.#turn();
  }

  #turn(): void {
    this.#out.end();
    renameSync(this.#file, `${this.#file}.1`);
    this.#out = this.#opened();
  }

  #opened(): WriteStream {
    this.#written = 0;
    const out = createWriteStream(this.#file, { flags: 'a', mode: 0o600 });
    out.on('error', () => {}); // a full disk must not end the region; the last lines are in memory
    return out;
  }
}
