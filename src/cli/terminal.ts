import { styleText } from 'node:util';
import { printable } from '../runner/printable.ts';

export type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** Where a command prints: data to standard output, the rest to standard error. Colour only on a terminal. */
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
    return this.#out.columns ?? 100;
  }

  print(line = ''): void {
    this.#out.write(`${line}\n`);
  }

  json(value: unknown): void {
    this.#out.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  note(line: string): void {
    this.#err.write(`${line}\n`);
  }

  /** Draws over what was drawn before. */
  redraw(lines: readonly string[], before: number): void {
    const up = before > 0 ? `\u001b[${before}A` : '';
    this.#out.write(`${up}\u001b[0J${lines.join('\n')}\n`);
  }

  paint(colour: Colour, text: string): string {
    return this.#out.isTTY && process.env['NO_COLOR'] === undefined ? styleText(colour, text, { validateStream: false }) : text;
  }

  /** Rows under their headers, each column as wide as its widest cell; what people wrote can't move the cursor. */
  table(headers: readonly string[], rows: readonly (readonly string[])[]): void {
    const cells = [headers, ...rows].map((row) => row.map((cell) => printable(cell)));
    const widths = headers.map((_, column) => cells.reduce((widest, row) => Math.max(widest, visible(row[column] ?? '')), 0));
    cells.forEach((row, index) => {
      const line = row.map((cell, column) => (column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - visible(cell)))).join('  ').trimEnd();
      this.print(index === 0 ? this.paint('dim', line) : line);
    });
  }
}

/** How many columns a text takes, its colours aside. */
function visible(text: string): number {
  // oxlint-disable-next-line no-control-regex -- colours begin with the escape character
  return text.replace(/\u001b\[[0-9;]*m/g, '').length;
}
