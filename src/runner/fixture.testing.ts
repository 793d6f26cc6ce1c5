/** For tests: a place with a state folder, and a log in memory that can be waited for. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Cell, CellCommand, Cells, Exit } from './cell.ts';
import { type CellsOptions, openCells } from './cells.ts';
import type { Log } from './log.ts';

export interface Place {
  readonly cells: Cells;
  readonly state: string;
  readonly records: string;
  readonly workdir: string;
  readonly open: (id?: string) => Promise<Cell>;
}

export async function placeFor(context: TestContext, options: Partial<CellsOptions> = {}): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'trunkline-cell-'));
  const [state, workdir] = [join(root, 'state folder'), join(root, 'state folder', 'work', 'one')];
  const records = join(state, 'cells');
  await mkdir(workdir, { recursive: true });
  const cells = openCells({ records, marker: state, npmrc: '', ...options });
  const opened: Promise<Cell>[] = [];
  context.after(async () => {
    for (const cell of await Promise.allSettled(opened)) if (cell.status === 'fulfilled') await cell.value.close();
    await rm(root, { recursive: true });
  });
  const open = (id = 'run/stage-1'): Promise<Cell> => {
    const cell = cells.open({ id, workdir, hidden: [state] });
    opened.push(cell);
    return cell;
  };
  return { cells, state, records, workdir, open };
}

export class MemoryLog implements Log {
  text = '';
  #waiting: (() => void)[] = [];

  write(chunk: Uint8Array | string): void {
    this.text += Buffer.from(chunk as Uint8Array).toString();
    for (const look of this.#waiting) look();
  }

  /** Resolves when it has been printed. */
  async shows(words: string): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.text.includes(words)) resolve();
      };
      this.#waiting.push(look);
      look();
    });
  }

  lastLines(count: number): readonly string[] {
    return this.text.trimEnd().split('\n').slice(-count);
  }

  async close(): Promise<void> {}
}

let attempts = 0;

export type Ran = Exit & { readonly output: string };

export async function run(cell: Cell, command: CellCommand['command'], options: Partial<CellCommand> = {}): Promise<Ran> {
  const log = new MemoryLog();
  const exit = await cell.run({ attempt: `attempt-${attempts += 1}`, command, timeout: 60_000, signal: new AbortController().signal, log, ...options });
  return { ...exit, output: log.text };
}
