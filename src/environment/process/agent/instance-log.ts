import { createWriteStream, renameSync, type WriteStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const LINE_LIMIT = 8_192;
const FILE_LIMIT_BYTES = 2_000_000;
const PENDING_LIMIT_BYTES = 1_000_000;
const REMEMBERED = 50;

/**
 * What one instance prints: line by line, secrets struck out, in one file and the one before. It never holds the
 * instance up: lines that the disk is too slow for are dropped, and their number is written instead.
 */
export class InstanceLog {
  readonly #file: string;
  readonly #secrets: readonly string[];
  readonly #decoder = new StringDecoder();
  #out: WriteStream;
  #written = 0;
  #dropped = 0;
  #rest = '';
  #last: string[] = [];

  /** @param secrets the values that no line may show. */
  constructor(file: string, secrets: readonly string[]) {
    this.#file = file;
    this.#secrets = secrets.filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
    this.#out = this.#open();
  }

  write(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() as string;
    for (const line of lines) this.line(line);
    if (this.#rest.length <= LINE_LIMIT * 4) return;
    // What may be the beginning of a secret waits for its end.
    const masked = this.#mask(this.#rest);
    const cut = masked.length - (this.#secrets[0]?.length ?? 0);
    this.line(masked.slice(0, cut));
    this.#rest = masked.slice(cut);
  }

  line(text: string): void {
    const masked = this.#mask(text);
    const line = masked.length > LINE_LIMIT ? `${masked.slice(0, LINE_LIMIT)} … (${masked.length - LINE_LIMIT} characters cut)` : masked;
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

  lastLines(count: number): readonly string[] {
    const rest = this.#rest === '' ? [] : [this.#mask(this.#rest).slice(0, LINE_LIMIT)];
    return [...this.#last, ...rest].slice(-count);
  }

  close(): Promise<void> {
    if (this.#rest !== '') this.line(this.#rest);
    this.#rest = '';
    return new Promise((resolve) => this.#out.end(() => resolve()));
  }

  #mask(text: string): string {
    return this.#secrets.reduce((line, secret) => line.replaceAll(secret, '***'), text);
  }

  #turn(): void {
    this.#out.end();
    renameSync(this.#file, `${this.#file}.1`);
    this.#out = this.#open();
  }

  #open(): WriteStream {
    this.#written = 0;
    const out = createWriteStream(this.#file, { flags: 'a', mode: 0o600 });
    out.on('error', () => {}); // a full disk must not end the region; the last lines are in memory
    return out;
  }
}
