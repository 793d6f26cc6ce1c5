import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Terminal } from '../src/cli/terminal.ts';

const product = fileURLToPath(new URL('..', import.meta.url));
const main = join(product, 'src/main.ts');

export interface Ended { readonly code: number; readonly out: string }

/** The example in a fresh repository of its own, and Trunkline beside it, asked as any user asks: by its command line. */
export class Stage {
  readonly repository: string;
  readonly #folder: string;
  readonly #terminal = new Terminal();
  readonly #running = new Set<ChildProcess>();

  constructor() {
    this.#folder = realpathSync(mkdtempSync(join(tmpdir(), 'trunkline-demonstration-')));
    this.repository = join(this.#folder, 'orders');
    const skipped = /[\\/](node_modules|dist|reports|coverage|\.trunkline)$/;
    cpSync(join(product, 'examples/orders'), this.repository, { recursive: true, filter: (path) => !skipped.test(path) });
    this.#git('init', '--quiet', '--initial-branch=main');
    this.#git('config', 'user.name', 'Orders Team');
    this.#git('config', 'user.email', 'orders@example.org');
  }

  /** Commits what lies there, after a patch of the example's when one is named. */
  commit(subject: string, patch?: string): string {
    if (patch !== undefined) this.#git('apply', join(product, 'examples/orders-commits', patch));
    this.#git('add', '--all');
    this.#git('commit', '--quiet', '--message', subject);
    return this.#git('rev-parse', 'HEAD').trim();
  }

  /** Runs `trunkline` to its end; what it prints goes to the terminal, and what data it prints comes back. */
  async trunkline(args: readonly string[], options: { readonly show?: boolean } = {}): Promise<Ended> {
    const child = this.start([main, ...args], this.repository, options.show === true ? 'inherit' : 'pipe');
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    if (child.stderr) this.#pass(child.stderr);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? 1, out: Buffer.concat(chunks).toString('utf8') };
  }

  /** A program beside it, which lasts until {@link end}, or until it is told to end. */
  start(args: readonly string[], cwd = this.repository, out: 'pipe' | 'inherit' = 'pipe'): ChildProcess {
    const child = spawn(process.execPath, args, { cwd, stdio: [out === 'inherit' ? 'inherit' : 'ignore', out, out === 'inherit' ? 'inherit' : 'pipe'] });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }

  /** Starts the host that watches the trunk; resolves once it does. */
  async up(): Promise<ChildProcess> {
    const child = this.start([main, 'up']);
    child.stdout?.resume();
    if (!child.stderr) throw new Error('its messages are read');
    for await (const line of createInterface(child.stderr)) {
      if (line.startsWith('watching')) break;
      this.#terminal.note(line);
    }
    this.#pass(child.stderr);
    return child;
  }

  /** Ends the programs that were started; the environments stay until {@link end}. */
  interrupt(): void {
    for (const child of this.#running) child.kill('SIGTERM');
  }

  /** Ends everything that was started, and removes the folder. */
  async end(): Promise<void> {
    const ends = [...this.#running].map((child) => Promise.all([once(child, 'exit'), child.kill('SIGTERM')]));
    await Promise.all(ends);
    const runs = JSON.parse((await this.trunkline(['runs', '--json'])).out || '[]') as readonly { readonly run: string; readonly outcome: string }[];
    for (const { run, outcome } of runs) {
      if (outcome !== 'IN_PROGRESS') continue;
      await this.trunkline(['cancel', run, '--reason', 'the demonstration is over']);
      await this.trunkline(['run', '--wait']); // a host of its own, which puts back what is half deployed
    }
    await this.trunkline(['down']);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What it says on the side is said here, line by line. */
  #pass(stream: Readable): void {
    createInterface(stream).on('line', (line) => this.#terminal.note(line));
  }

  #git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.repository, encoding: 'utf8', env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' } });
  }
}
