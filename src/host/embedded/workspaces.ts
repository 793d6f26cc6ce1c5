import { randomBytes } from 'node:crypto';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLeft, removeFolder } from '../../foundation/removal.ts';
import type { StageName } from '../../pipeline/plan.ts';
import type { Cell, Cells } from '../../runner/cell.ts';
import type { Left } from './left-behind.ts';

/** Where the actions of one stage of one run work: a fresh checkout, and a cell around it. */
export interface Workspace {
  /** All that a cell can write: the checkout, and what actions put beside it. */
  readonly folder: string;
  readonly checkout: string;
  cell(): Promise<Cell>;
}

export interface WorkspaceParts {
  readonly root: string;
  readonly cells: Cells;
  /** Folders that no cell sees. */
  readonly hidden: readonly string[];
  /** Puts exactly this commit into a folder that does not exist yet. */
  readonly checkout: (commit: string, folder: string) => Promise<void>;
}

/** Keeps one workspace per stage of a run while the stage lasts; a host that takes over finds it as it was left. */
export class Workspaces {
  readonly #parts: WorkspaceParts;
  readonly #open = new Map<string, Promise<Workspace>>();
  readonly #cells = new Map<string, Promise<Cell>>();

  constructor(parts: WorkspaceParts) {
    this.#parts = parts;
  }

  open(run: string, stage: StageName, fence: number, commit: string): Promise<Workspace> {
    const name = `${stage}-${fence}`;
    const key = `${run}/${name}`;
    const known = this.#open.get(key) ?? this.#prepare(key, join(this.#parts.root, run, name), commit);
    this.#open.set(key, known);
    known.catch(() => this.#open.delete(key));
    return known;
  }

  /**
   * An empty folder with a cell of its own, in which no code of the commit has ever run; gone when it is disposed of, and
   * with the stage at the latest.
   */
  async room(run: string, stage: StageName, fence: number): Promise<Workspace & AsyncDisposable> {
    const key = `${run}/${stage}-${fence}-room-${randomBytes(6).toString('hex')}`;
    const folder = join(this.#parts.root, key);
    const checkout = join(folder, 'checkout');
    await mkdir(checkout, { recursive: true });
    return {
      folder, checkout, cell: () => this.#cell(key, folder),
      [Symbol.asyncDispose]: async () => {
        await this.#end(key);
        await removeFolder(folder);
      },
    };
  }

  async #prepare(key: string, folder: string, commit: string): Promise<Workspace> {
    const checkout = join(folder, 'checkout');
    await mkdir(folder, { recursive: true });
    if (!(await exists(checkout))) await this.#parts.checkout(commit, checkout);
    return { folder, checkout, cell: () => this.#cell(key, folder) };
  }

  #cell(key: string, folder: string): Promise<Cell> {
    const cell = this.#cells.get(key) ?? this.#parts.cells.open({ id: key, workdir: folder, hidden: this.#parts.hidden });
    this.#cells.set(key, cell);
    cell.catch(() => this.#cells.delete(key));
    return cell;
  }

  /** Ends the cells of a stage, proves it, and removes its folders: also those that an earlier host opened. */
  async close(run: string, stage: StageName): Promise<void> {
    const found = (await list(join(this.#parts.root, run))).map((name) => `${run}/${name}`);
    const keys = [...new Set([...this.#open.keys(), ...this.#cells.keys(), ...found])].filter((key) => key.startsWith(`${run}/${stage}-`));
    await all(keys.map(async (key) => {
      const [end] = await Promise.allSettled([this.#end(key)]);
      // Only when all in it is proven dead.
      if (end.status === 'rejected' && !isLeft(end.reason)) throw end.reason;
      await removeFolder(join(this.#parts.root, key));
      if (end.status === 'rejected') throw end.reason;
    }));
    await removeIfEmpty(join(this.#parts.root, run));
  }

  /** Ends every cell and proves it; the folders stay for the host that takes over. */
  async closeCells(): Promise<void> {
    await all([...this.#cells.keys()].map((key) => this.#end(key))).catch((error: unknown) => {
      if (!isLeft(error)) throw error;
    });
  }

  /** Removes the folders of stages that are over, which a host that died could not remove. Answers those that stay. */
  async sweep(keep: ReadonlySet<string>): Promise<readonly Left[]> {
    const left: Left[] = [];
    for (const run of await list(this.#parts.root)) {
      for (const stage of await list(join(this.#parts.root, run))) {
        if (keep.has(`${run}/${stage}`)) continue;
        await removeFolder(join(this.#parts.root, run, stage)).catch((error: unknown) => left.push({ run, stage: stage.split('-')[0] as StageName, error }));
      }
      await removeIfEmpty(join(this.#parts.root, run));
    }
    return left;
  }

  async #end(key: string): Promise<void> {
    const cell = this.#cells.get(key);
    this.#cells.delete(key);
    this.#open.delete(key);
    const opened = await cell?.catch(() => undefined);
    await opened?.close();
  }
}

/** Waits for all of them; what is worse than files that stay is thrown first. */
async function all(works: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(works);
  const faults = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  const worst = faults.find((error) => !isLeft(error)) ?? faults[0];
  if (worst !== undefined) throw worst;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function removeIfEmpty(folder: string): Promise<void> {
  if ((await list(folder)).length === 0) await removeFolder(folder);
}
