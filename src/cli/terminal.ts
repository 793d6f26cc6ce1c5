import { createInterface } from 'node:readline/promises';
import { plainDocument, plainJson } from '../foundation/plain.ts';
import { printable } from '../runner/printable.ts';
import { paint, Text, type Shown } from './text.ts';

/**
 * The one way to a terminal: data to standard output, the rest to standard error. What is no {@link Text} is plain words,
 * so nothing that people, tools or commits wrote acts on a terminal. Colour only where one is.
 */
export class Terminal {
  readonly isLive: boolean;
  readonly #out: NodeJS.WriteStream;
  readonly #err: NodeJS.WriteStream;

  constructor(out: NodeJS.WriteStream = process.stdout, err: NodeJS.WriteStream = process.stderr) {
    this.#out = out;
    this.#err = err;
    // Whoever reads may have had enough, as `head` has.
    for (const stream of [out, err]) if (stream.listenerCount('error') === 0) stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
    this.isLive = out.isTTY === true && process.env['TERM'] !== 'dumb' && process.env['CI'] === undefined;
  }

  get columns(): number {
    return this.#out.columns || 100; // a terminal that nobody sized says 0
  }

  print(line: Shown = ''): void {
    this.#out.write(`${rendered(line, this.#out)}\n`);
  }

  json(value: unknown): void {
    this.#out.write(`${plainJson(value)}\n`);
  }

  /** A document in a format of others, as it is: its writer has escaped what people wrote. */
  document(whole: string): void {
    this.#out.write(plainDocument(whole.endsWith('\n') ? whole : `${whole}\n`));
  }

  /** A line of a log as a tool printed it: its colours stay, and nothing else that a terminal acts on. */
  log(line: string): void {
    this.#out.write(`${printable(line)}\n`);
  }

  /** Asks at the terminal and waits for a line. @throws when the signal aborts. */
  async question(line: Shown, signal: AbortSignal): Promise<string> {
    const asking = createInterface({ input: process.stdin, output: this.#out });
    try {
      return await asking.question(rendered(line, this.#out), { signal });
    } finally {
      asking.close();
    }
  }

  note(line: Shown): void {
    this.#err.write(`${rendered(line, this.#err)}\n`);
  }

  /** Draws over what was drawn before. */
  redraw(lines: readonly Text[], before: number): void {
    const up = before > 0 ? `\u001b[${before}A` : '';
    this.#out.write(`${up}\u001b[0J${lines.map((line) => rendered(line, this.#out)).join('\n')}\n`);
  }

  /** Rows under their headers, each column as wide as its widest cell. */
  table(headers: readonly string[], rows: readonly (readonly Shown[])[]): void {
    const cells = [headers, ...rows].map((row) => row.map((cell) => Text.of(cell)));
    const widths = headers.map((_, column) => cells.reduce((widest, row) => Math.max(widest, row[column]?.columns ?? 0), 0));
    cells.forEach((row, index) => {
      const padded = row.flatMap((cell, column) => (column === row.length - 1 ? [cell] : [cell, ' '.repeat((widths[column] ?? 0) - cell.columns + 2)]));
      const line = Text.of(...padded).withoutEnd();
      this.print(index === 0 ? paint('dim', line) : line);
    });
  }
}

function rendered(line: Shown, stream: NodeJS.WriteStream): string {
  return Text.of(line).rendered(stream.isTTY === true && process.env['NO_COLOR'] === undefined);
}
