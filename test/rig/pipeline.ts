/** A real pipeline of a tiny application, in a folder of its own, asked as any user asks: by its command line. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { evolve } from '../../src/core/evolve.ts';
import { emptyState, type PipelineState, type Run } from '../../src/core/state.ts';
import type { EnvironmentDriver, RegionId, RegionState } from '../../src/environment/driver.ts';
import { processEnvironments } from '../../src/environment/process/driver.ts';
import type { Recorded } from '../../src/journal/events.ts';
import type { JournalReader } from '../../src/journal/journal.ts';
import { headTrust } from '../../src/journal-keys.ts';
import { openJournalReadOnly } from '../../src/journal/sqlite/journal.ts';
import { connect } from '../../src/server/client.ts';
import { compiled, product } from './product.ts';
import { processesNaming, type LivingProcess } from './processes.ts';
import { until } from './waiting.ts';



export interface Ended { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly out: string; readonly err: string }

/** A `trunkline` of its own process. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  /** Instead of `src/main.ts`. */
  readonly entry?: string;
  readonly env?: { readonly [name: string]: string };
}

export class Pipeline {
  readonly folder: string;
  readonly repository: string;
  readonly state: string;
  readonly #running = new Set<ChildProcess>();
  readonly #events: Recorded[] = [];
  readonly #state = emptyState();
  #journal: JournalReader | undefined;

  /** @param root where it gets a folder of its own. */
  constructor(root = tmpdir()) {
    this.folder = realpathSync(mkdtempSync(join(root, 'tl-')));
    this.repository = join(this.folder, 'tiny');
    this.state = join(this.folder, 'state');
    mkdirSync(this.repository);
    mkdirSync(this.state, { mode: 0o700 });
    this.#git('init', '--quiet', '--initial-branch=main');
    writeFileSync(join(this.state, 'operators.json'), JSON.stringify({ people: { [userInfo().username]: { groups: ['tiny-operators', 'orders-operators'] } }, acceptsUnisolatedBuilds: true }), { mode: 0o600 });
  }

  /** Commits what is given, on top of what lies there. */
  commit(subject: string, files: { readonly [path: string]: string }): string {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.repository, path)), { recursive: true });
      writeFileSync(join(this.repository, path), text);
    }
    this.#git('add', '--all');
    this.#git('commit', '--quiet', '--allow-empty', '--message', subject);
    return this.#git('rev-parse', 'HEAD').trim();
  }

  start(args: readonly string[], { entry = join(product, 'src/main.ts'), env = {} }: StartOptions = {}): Started {
    const child = spawn(process.execPath, [entry, ...args, '--state', this.state, '--directory', this.repository], {
      cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CI: 'true', NODE_COMPILE_CACHE: compiled, ...env },
    });
    this.#running.add(child);
    const texts = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
    // What it left behind may hold its pipes open for long: it has ended when it has ended.
    const ended = once(child, 'exit').then((how): Ended => {
      const [code, signal] = how as [number | null, NodeJS.Signals | null];
      this.#running.delete(child);
      return { code, signal, ...texts };
    });
    return { child, ended };
  }

  /** Runs `trunkline` to its end. */
  async trunkline(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** All that was written so far; nothing while there is no journal. */
  events(): readonly Recorded[] {
    this.#read();
    return this.#events;
  }

  /** The journal folded: for looking at, since the next look goes on folding it. */
  folded(): PipelineState {
    this.#read();
    return this.#state;
  }

  #read(): void {
    const path = join(this.state, 'journal.db');
    if (!this.#journal && existsSync(path)) {
      const journal = openJournalReadOnly(path, headTrust({ keys: join(this.state, 'keys') }));
      if (journal.head() > 0) this.#journal = journal;
      else journal.close(); // it is only just being made
    }
    for (const event of this.#journal?.read(this.#events.length) ?? []) {
      this.#events.push(event);
      evolve(this.#state, event);
    }
  }

  /** The newest run of a commit. */
  runOf(commit: string): Run | undefined {
    return [...this.folded().runs.values()].filter((run) => run.commit === commit).at(-1);
  }

  /** Whether a host lives that has taken up what the one before left. */
  async isHosted(): Promise<boolean> {
    return await connect(join(this.state, 'host.sock')).catch(() => undefined) !== undefined;
  }

  /** Approves the run of a commit as soon as it waits for that, whichever host lives then; resolves once it has. */
  async approve(commit: string, signal: AbortSignal): Promise<void> {
    await until('an approval', async () => {
      if (signal.aborted) return true;
      const run = this.runOf(commit);
      if (run?.finished || (run?.approval?.given.length ?? 0) > 0) return true;
      if (!run?.approval) return undefined;
      const host = await connect(join(this.state, 'host.sock')).catch(() => undefined);
      // It may die while it is asked: then the journal says whether it was heard.
      await host?.command({ type: 'approve', run: run.id }, userInfo().username).catch(() => undefined);
      return undefined;
    }, 300_000);
  }

  async regions(): Promise<readonly (RegionId & { readonly driver: EnvironmentDriver; readonly state: RegionState })[]> {
    const environments = processEnvironments({ root: join(this.state, 'environments'), stateFolder: this.state });
    return Promise.all((await environments.regions()).map(async (id) => {
      const driver = environments.region(id);
      return { ...id, driver, state: await driver.observe() };
    }));
  }

  processes(): readonly LivingProcess[] {
    return processesNaming(this.state);
  }

  /** The folders of work under way. */
  work(): readonly string[] {
    const root = join(this.state, 'work');
    return existsSync(root) ? readdirSync(root, { recursive: false }).map(String) : [];
  }

  /** Takes everything down and removes the folder; what still lives then is killed, and named. */
  async end(): Promise<readonly LivingProcess[]> {
    for (const child of this.#running) child.kill('SIGKILL');
    await until('the end of what was started', () => (this.#running.size === 0 ? true : undefined));
    const down = await this.trunkline(['down']);
    const left = this.processes();
    for (const { pid } of left) kill(pid);
    this.folded(); // what `down` wrote can be looked at when the file is gone
    this.#journal?.close();
    this.#journal = undefined;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    if (down.code !== 0) throw new Error(`trunkline down ended with ${down.code}: ${down.err}`);
    return left;
  }

  #git(...args: string[]): string {
    const identity = { GIT_AUTHOR_NAME: 'Tiny', GIT_AUTHOR_EMAIL: 'tiny@example.org', GIT_COMMITTER_NAME: 'Tiny', GIT_COMMITTER_EMAIL: 'tiny@example.org' };
    return execFileSync('git', args, { cwd: this.repository, encoding: 'utf8', env: { ...process.env, ...identity, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' } });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
