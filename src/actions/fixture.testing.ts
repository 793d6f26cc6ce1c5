import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { EnvironmentDriver, RegionState } from '../environment/driver.ts';
import { systemClock } from '../foundation/clock.ts';
import { listingOf } from '../artifact/listing.ts';
import { filesMatching } from '../foundation/walk.ts';
import type { Secret } from '../foundation/secret.ts';
import type { EnvironmentPlan } from '../pipeline/plan.ts';
import type { Report } from '../reports/report.ts';
import type { LineRange, TrackedFile } from '../source/history.ts';
import type { ActionContext, CheckContext } from './action.ts';

/** What an action under test did. */
export interface Recorded {
  readonly context: ActionContext;
  readonly lines: string[];
  readonly reports: Report[];
  readonly commands: string[];
}

export interface FixtureRegion { readonly state?: RegionState; readonly database?: Secret }

/** A folder in which git tracks every file, but for those below `untracked`. */
export function checkContext(repository: string, untracked = 'node_modules'): CheckContext {
  const files = readdirSync(repository, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const paths = files.map(({ parentPath, name }) => relative(repository, join(parentPath, name)));
  return { repository, tracked: new Set(paths.filter((path) => !path.startsWith(`${untracked}/`))) };
}

/** The context of an action for tests: it runs real commands, keeps what was printed, and answers for regions as told. */
export function actionContext(options: {
  readonly workdir?: string;
  readonly files?: string;
  readonly regions?: { readonly [region: string]: FixtureRegion };
  readonly environment?: Partial<EnvironmentPlan>;
  readonly release?: ActionContext['release'];
  readonly run?: string;
  readonly signal?: AbortSignal;
  /** Lines that the commit changed, by file. */
  readonly changed?: { readonly [file: string]: readonly LineRange[] };
} = {}): Recorded {
  const lines: string[] = [];
  const reports: Report[] = [];
  const commands: string[] = [];
  const regions = options.regions ?? {};
  const context: Partial<ActionContext> = {
    run: options.run ?? 'run-1', stage: 'beta', action: 'tested', row: 'build.code-quality', attempt: 1, idempotencyKey: 'key', timeout: 60_000,
    signal: options.signal ?? new AbortController().signal, clock: systemClock, isolation: 'none', outputs: {},
    workdir: options.workdir ?? '', apart: options.workdir === undefined ? '' : dirname(options.workdir), commit: 'f'.repeat(40),
    ...(options.release ? { release: options.release } : {}),
    environment: { name: 'beta', regions: Object.keys(regions), database: 'postgres', ...options.environment } as EnvironmentPlan,
    history: { changedLines: async () => new Map(Object.entries(options.changed ?? {})), files: (_signal, isWanted) => filesBelow(options.workdir ?? '', isWanted), async *versions() {} },
    log: (line) => void lines.push(line),
    lastLines: (count) => lines.slice(-count),
    report: async (report) => void reports.push(report),
    install: async () => undefined,
    files: async () => ({ folder: options.files ?? '', listing: await listingOf(options.files ?? '') }),
    region: (name) => ({
      observe: async () => regions[name]?.state as RegionState,
      database: async () => regions[name]?.database,
    }) as EnvironmentDriver,
    async exec(command, { cwd = '.', env = {} } = {}) {
      commands.push(String(command));
      const [program = '', ...words] = typeof command === 'string' ? ['sh', '-c', command] : command;
      const started = performance.now();
      const child = spawn(program, words, { cwd: join(options.workdir ?? '', cwd), env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void lines.push(...chunk.toString().trimEnd().split('\n')));
      const [code, signal] = await once(child, 'close') as [number | null, string | null];
      return { code, signal, ended: 'by-itself', duration: performance.now() - started };
    },
  };
  return { context: context as ActionContext, lines, reports, commands };
}

/** What lies in the folder stands for what git holds. */
async function* filesBelow(folder: string, isWanted: (path: string) => boolean = () => true): AsyncGenerator<TrackedFile> {
  for (const { path, type } of (await filesMatching(folder, ['**'])).get('**') ?? []) {
    if (type !== 'file' || !isWanted(path)) continue;
    const bytes = await readFile(join(folder, path));
    yield { path, size: bytes.length, bytes };
  }
}
