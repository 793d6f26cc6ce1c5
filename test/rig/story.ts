/** A repository, its pipeline and the people around it, in folders of their own, known by the command line alone. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { kioskFiles, type Kiosk } from './kiosk.ts';
import { processesNaming } from './processes.ts';
import { compiled, product } from './product.ts';

const main = join(product, 'src/main.ts');

export interface Answer { readonly code: number | null; readonly out: string; readonly err: string }

export interface Asking {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: { readonly [name: string]: string };
  /** Words before it all, such as those of another user. */
  readonly through?: readonly string[];
}

/** What takes longer than this on the slowest of machines hangs. */
const LONGEST = 240_000;

/** A `trunkline` under way. */
export class Asked {
  readonly child: ChildProcess;
  readonly #ended: Promise<Answer>;
  #out = '';
  #err = '';

  constructor(words: readonly string[], { cwd = tmpdir(), input, env = {}, through = [] }: Asking) {
    const [command, ...rest] = [...through, process.execPath, main, ...words];
    this.child = spawn(command!, rest, { cwd, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, CI: 'true', NODE_COMPILE_CACHE: compiled, ...env } });
    this.child.stdin?.on('error', () => undefined).end(input); // it may end without reading it
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#out += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#err += text));
    const hangs = setTimeout(() => {
      this.#err += `\nit was killed by the test, after ${LONGEST / 1_000} s`;
      this.child.kill('SIGKILL');
    }, LONGEST);
    this.#ended = once(this.child, 'close').then(([code]) => {
      clearTimeout(hangs);
      return { code: code as number | null, out: this.#out, err: this.#err };
    });
  }

  get ended(): Promise<Answer> {
    return this.#ended;
  }

  /** Resolves with the first match in what it has printed or will print. @throws when it ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const look = (): void => {
      const found = pattern.exec(this.#out) ?? pattern.exec(this.#err);
      if (found) resolve(found);
    };
    this.child.stdout?.on('data', look);
    this.child.stderr?.on('data', look);
    look();
    void this.#ended.then(({ code }) => reject(new Error(`it ended with ${code} and never said ${pattern}:\n${this.#out}${this.#err}`)));
    return promise.finally(() => {
      this.child.stdout?.off('data', look);
      this.child.stderr?.off('data', look);
    });
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Answer> {
    this.child.kill(signal);
    return this.#ended;
  }
}

/** What `show --json` prints, as far as stories look at it. */
export interface RunShown {
  readonly run: string; readonly kind: string; readonly commit: string; readonly outcome: string; readonly rolledBack: boolean; readonly attempt: number;
  readonly startedAt: number; readonly endedAt: number | null; readonly reason: string | null; readonly supersededBy: string | null;
  readonly error: { readonly code: string; readonly class: string; readonly message: string; readonly hint?: string; readonly lastLines?: readonly string[] } | null;
  readonly artifact: string | null; readonly plan: string | null;
  readonly evidence: readonly { readonly stage: string; readonly name: string; readonly digest: string; readonly predicateType: string }[];
  readonly approval: { readonly requested: { readonly evidence: string; readonly artifact: string }; readonly given: readonly { readonly by: string; readonly user: string }[]; readonly rejected: { readonly by: string; readonly reason: string } | null } | null;
  readonly stages: readonly {
    readonly stage: string; readonly state: string; readonly enteredAt: number | null; readonly endedAt: number | null;
    readonly rollout: { readonly phase: string; readonly cause: { readonly type: string; readonly region?: string; readonly detail: string } | null; readonly regions: { readonly [region: string]: { readonly phase: string; readonly weight: number } } } | null;
    readonly actions: readonly { readonly action: string; readonly state: string; readonly attempt?: number; readonly output?: unknown; readonly error?: { readonly message: string } }[];
  }[];
}

export interface RegionShown {
  readonly environment: string; readonly region: string; readonly state: 'up' | 'down'; readonly url: string | null; readonly database: string;
  readonly releases: readonly { readonly run: string; readonly commit: string; readonly artifact: string; readonly role: string; readonly weight: number; readonly healthy: number; readonly instances: number }[];
  readonly stoppedAt: number | null; readonly lastLive: { readonly run: string; readonly commit: string; readonly artifact: string } | null;
}

export interface MetricsShown {
  readonly leadTimeMs: number | null; readonly deploysPerDay: number; readonly mtbfMs: number | null; readonly mttrMs: number | null;
  readonly deployments: number; readonly from: number; readonly to: number;
}

export interface Told {
  /** The state folder; by default one beside the repository. */
  readonly state?: string;
  /** Who may approve; by default whoever tells the story. */
  readonly operators?: object;
  readonly through?: readonly string[];
}

export class Story {
  readonly folder: string;
  readonly repository: string;
  readonly state: string;
  readonly #through: readonly string[];
  readonly #running = new Set<Asked>();

  /** Tells a story and takes everything down; what goes wrong in the story itself is what is heard of. */
  static async told(tell: (story: Story) => Promise<void>, told: Told = {}): Promise<void> {
    const story = new Story(told);
    const failed = await tell(story).then(() => undefined, (error: unknown) => ({ error }));
    const left = await story.#end().then(() => undefined, (error: unknown) => ({ error }));
    if (failed) throw failed.error;
    if (left) throw left.error;
  }

  private constructor({ state, operators = { people: { [userInfo().username]: { groups: ['operators'] } } }, through = [] }: Told = {}) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'tl-')));
    this.repository = join(this.folder, 'kiosk');
    this.state = state ?? join(this.folder, 'state');
    this.#through = through;
    mkdirSync(this.repository);
    mkdirSync(this.state, { recursive: true, mode: 0o700 });
    this.git('init', '--quiet', '--initial-branch=main');
    this.operators(operators);
  }

  operators(operators: object): void {
    this.#sh('umask 077; cat > "$1/operators.json"', JSON.stringify(operators), this.state);
  }

  /** Commits the kiosk; its number is its name. */
  kiosk(kiosk: Kiosk): string {
    return this.commit(`Kiosk ${kiosk.number}`, kioskFiles(kiosk));
  }

  /** Commits these files, on top of what lies there. */
  commit(subject: string, files: { readonly [path: string]: string } = {}): string {
    this.write(files);
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', subject);
    return this.git('rev-parse', 'HEAD');
  }

  write(files: { readonly [path: string]: string }): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.repository, path)), { recursive: true });
      writeFileSync(join(this.repository, path), text);
    }
  }

  git(...args: string[]): string {
    const identity = { GIT_AUTHOR_NAME: 'Kim', GIT_AUTHOR_EMAIL: 'kim@example.org', GIT_COMMITTER_NAME: 'Kim', GIT_COMMITTER_EMAIL: 'kim@example.org' };
    return execFileSync('git', args, { cwd: this.repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...identity, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' } }).trim();
  }

  /** Begins a `trunkline` on this repository and state folder. */
  begin(words: readonly string[], asking: Asking = {}): Asked {
    const asked = new Asked([...words, '--state', this.state, '--directory', this.repository], { through: this.#through, ...asking });
    this.#running.add(asked);
    void asked.ended.then(() => this.#running.delete(asked));
    return asked;
  }

  /** Runs `trunkline` to its end. */
  async ask(words: readonly string[], asking: Asking = {}): Promise<Answer> {
    return this.begin(words, asking).ended;
  }

  /** What it prints with `--json`. @throws when its exit code is not `code`. */
  async data<Value>(words: readonly string[], code = 0): Promise<Value> {
    const answer = await this.ask([...words, '--json']);
    assert.equal(answer.code, code, `trunkline ${words.join(' ')}: ${answer.out}${answer.err}`);
    return JSON.parse(answer.out) as Value;
  }

  /** Takes the head of the trunk as far as it comes, and approves it on the way. */
  async release(words: readonly string[] = ['run', '--wait']): Promise<Answer> {
    const running = this.begin(words);
    const asks = running.says(/(\S+) WAITS FOR APPROVAL/).then(([, run]) => run!, () => undefined);
    const run = await Promise.race([asks, running.ended.then(() => undefined)]);
    if (run !== undefined) {
      const approved = await this.ask(['approve', run]);
      assert.equal(approved.code, 0, approved.err);
    }
    return running.ended;
  }

  /** Takes the head of the trunk to Prod and holds it to that. */
  async released(): Promise<RunShown> {
    const { code, out, err } = await this.release();
    assert.equal(code, 0, `${out}${err}`);
    return this.show();
  }

  show(run?: string): Promise<RunShown> {
    return this.data<RunShown>(['show', ...(run === undefined ? [] : [run])]);
  }

  async env(environment?: string): Promise<readonly RegionShown[]> {
    const regions = await this.data<readonly RegionShown[]>(['env']);
    return regions.filter((one) => environment === undefined || one.environment === environment);
  }

  /** Living processes that have to do with this story. */
  left(): readonly string[] {
    return processesNaming(this.folder, this.state).map(({ pid, command }) => `${pid} ${command}`);
  }

  /** Through whatever stands between this story and its state. */
  #sh(script: string, input: string, ...words: string[]): void {
    const [command, ...rest] = [...this.#through, 'sh', '-ec', script, 'sh', ...words];
    execFileSync(command!, rest, { input });
  }

  /** Takes all down; nothing may live on then. */
  async #end(): Promise<void> {
    try {
      await Promise.all([...this.#running].map((asked) => asked.end('SIGKILL')));
      const down = await this.ask(['down']);
      const left = processesNaming(this.folder, this.state);
      for (const { pid } of left) kill(pid);
      assert.deepEqual(left.map(({ command }) => command), [], 'these processes were left');
      assert.equal(down.code, 0, `trunkline down: ${down.err}`);
    } finally {
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
