/**
 * What a long history costs: `runs`, the start of a host, and a decision while 50 followers read all of it; beside an
 * empty journal in the same sitting.
 *
 *   node bench/journal/run.ts [--events 1000000] [--followers 50] [--decisions 100] [--keep FOLDER]
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connect } from '../../src/server/client.ts';
import { writePipeline } from '../../src/settings.ts';
import { median } from '../rig.ts';
import { writeHistory } from './history.ts';

const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' }, followers: { type: 'string', default: '50' }, decisions: { type: 'string', default: '100' }, keep: { type: 'string' } } });
const ROUNDS = 3;
/** A host that answers later than this is not asked again. */
const PATIENCE_MS = 90_000;
const MB = 1_048_576;

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** Prints what a process took of memory at the most, as it ends. */
const TELLS_MEMORY = `data:text/javascript,process.on('exit',()=>process.stderr.write('\\nmaxRSS '+process.resourceUsage().maxRSS+'\\n'))`;

interface Pipeline { readonly repository: string; readonly state: string }
interface Cost { readonly ms: number; readonly bytes: number }
interface Figures { readonly runs: Cost; readonly start: Cost; readonly quiet: number; readonly followed: number; readonly read: number }

async function pipeline(folder: string, events: number): Promise<Pipeline> {
  const made = { repository: join(folder, 'repository'), state: join(folder, 'state') };
  mkdirSync(made.repository, { recursive: true });
  mkdirSync(made.state, { mode: 0o700, recursive: true });
  const git = (...args: string[]): void => void execFileSync('git', ['-C', made.repository, '-c', 'user.name=b', '-c', 'user.email=b@b', ...args], { stdio: 'ignore' });
  git('init', '--initial-branch=main');
  git('commit', '--allow-empty', '--message', 'first');
  writePipeline(join(made.state, 'pipeline.json'), { application: 'bench', trunk: 'main' });
  writeFileSync(join(made.state, 'operators.json'), JSON.stringify({ people: {}, roles: { down: ['somebody'] } }));
  if (events > 0) await writeHistory(join(made.state, 'journal.db'), join(made.state, 'keys'), events);
  return made;
}

async function costOfRuns({ repository, state }: Pipeline): Promise<Cost> {
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', TELLS_MEMORY, local('../../src/main.ts'), 'runs', '--state', state, '--directory', repository], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(said);
  return { ms: performance.now() - began, bytes: Number(/maxRSS (\d+)/.exec(said)?.[1]) * 1_024 };
}

async function costsOfHost({ repository, state }: Pipeline): Promise<Omit<Figures, 'runs'>> {
  const host = spawn(process.execPath, [local('host.ts'), repository, state], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(host.stdout), 'line') as [string];
  const { ms, rss } = JSON.parse(line) as { readonly ms: number; readonly rss: number };
  const socket = join(state, 'host.sock');
  const quiet = await decisions(socket);
  const followers = spawn(process.execPath, [local('followers.ts'), socket, values.followers], { stdio: ['pipe', 'pipe', 'inherit'] });
  const followed = await decisions(socket);
  followers.stdin.end();
  const [told] = await once(followers.stdout, 'data') as [Buffer];
  const over = once(host, 'exit');
  host.stdin.end();
  if (!await Promise.race([over.then(() => true), new Promise((resolve) => setTimeout(() => resolve(false), 10_000).unref())])) host.kill('SIGKILL');
  await over;
  return { start: { ms, bytes: rss }, quiet, followed, read: (JSON.parse(told.toString()) as { bytes: number }).bytes };
}

/** The 99th percentile of a refusal that is written to the journal, in milliseconds. */
async function decisions(socket: string): Promise<number> {
  const conductor = await connect(socket);
  if (!conductor) throw new Error('no host answers');
  const took: number[] = [];
  const began = performance.now();
  for (let count = 0; count < Number(values.decisions) && performance.now() - began < PATIENCE_MS; count += 1) {
    const asked = performance.now();
    await conductor.command({ type: 'down' }, 'nobody').then(() => { throw new Error('it was not refused'); }, () => undefined);
    took.push(performance.now() - asked);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return took.toSorted((one, other) => one - other)[Math.ceil(took.length * 0.99) - 1] ?? Number.NaN;
}

async function figuresOf(made: Pipeline): Promise<Figures> {
  const hosted = await costsOfHost(made); // a first one may leave what the next ones read
  const again = await costsOfHost(made);
  const each: Cost[] = [];
  for (let round = 0; round < ROUNDS; round += 1) each.push(await costOfRuns(made));
  return { runs: { ms: median(each.map(({ ms }) => ms)), bytes: median(each.map(({ bytes }) => bytes)) }, ...again, followed: Math.max(hosted.followed, again.followed), start: again.start };
}

const folder = values.keep ?? realpathSync(mkdtempSync(join(tmpdir(), 'trunkline-journal-')));
try {
  const empty = await pipeline(join(folder, 'empty'), 0);
  const began = performance.now();
  const long = await pipeline(join(folder, 'long'), Number(values.events));
  process.stdout.write(`journal: ${values.events} events, ${(statSync(join(long.state, 'journal.db')).size / MB).toFixed(0)} MB, made in ${((performance.now() - began) / 1_000).toFixed(0)} s\n`);
  const [few, many] = [await figuresOf(empty), await figuresOf(long)];
  const line = (what: string, of: (figures: Figures) => number, unit: string, aim: string): void => void process.stdout.write(`  ${what.padEnd(34)} ${of(many).toFixed(0).padStart(7)} ${unit}, empty ${of(few).toFixed(0)}, ratio ${(of(many) / of(few)).toFixed(2)} (aim ${aim})\n`);
  line('runs', ({ runs }) => runs.ms, 'ms', '500 ms');
  line('runs, memory', ({ runs }) => runs.bytes / MB, 'MB', '150 MB');
  line('start of a host', ({ start }) => start.ms, 'ms', '1500 ms');
  line('start of a host, memory', ({ start }) => start.bytes / MB, 'MB', 'none');
  line('decision, p99', ({ quiet }) => quiet, 'ms', '20 ms');
  line(`decision, p99, ${values.followers} followers`, ({ followed }) => followed, 'ms', '20 ms');
  process.stdout.write(`  read by followers meanwhile: ${(many.read / MB).toFixed(0)} MB\n`);
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}
