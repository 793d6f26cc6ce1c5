import { join } from 'node:path';
import { isSafe, upgradesFor, type Upgrade, type Vulnerable } from './actions/sca/upgrade.ts';
import { buildOf } from './adoption.ts';
import { localBuild, type LocalBuild } from './build.ts';
import type { Fixed } from './cli/product.ts';
import { TrunklineError } from './foundation/errors.ts';
import { readBelow } from './foundation/folder.ts';
import { newId } from './foundation/ids.ts';
import type { Plan } from './pipeline/plan.ts';
import type { Cell } from './runner/cell.ts';
import { openLog } from './runner/log.ts';
import { commitOnBranch } from './source/git/branch.ts';
import { checkout } from './source/git/checkout.ts';

export interface Fixing extends Pick<LocalBuild, 'place' | 'folder' | 'cells' | 'workTree' | 'onAction' | 'signal'> {
  /** What is checked out: the upgrade is put on top of it. */
  readonly commit: string;
  readonly plan: Plan;
  /** Names of advisories; all that are found where it is empty. */
  readonly wanted: readonly string[];
  readonly now: number;
}

type Files = ReadonlyMap<string, Buffer>;

const LARGEST_BYTES = 64 * 1024 * 1024;
const SECTIONS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
const QUIET = ['--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'];

/**
 * Looks for vulnerable dependencies in a commit, raises them on a new branch, and runs Build there. The developer's
 * work tree, index and branch are not touched.
 * @throws {TrunklineError} `ADVISORY_NOT_FOUND`, `UPGRADE_FAILED`, `SCA_FAILED`.
 */
export async function fix(fixing: Fixing): Promise<Fixed> {
  const { place, commit, plan, wanted, folder } = fixing;
  const dependencies = await analysed(fixing);
  const missing = wanted.filter((name) => !dependencies.some(({ advisories }) => advisories.includes(name)));
  if (missing.length > 0) throw new TrunklineError('ADVISORY_NOT_FOUND', 'usage', `${missing.join(', ')} concerns no dependency of commit ${commit.slice(0, 12)}`, 'run "trunkline fix" without a name for all that do; what is not committed is not looked at');
  const { upgrades: planned, unfixable } = upgradesFor(dependencies, wanted);
  const unsafe = planned.filter((upgrade) => !isSafe(upgrade)).map(({ name, from, to, advisories }) => ({ name, version: from.join(', '), advisories, why: `npm takes no package of that name and version: ${to}` }));
  const upgrades = planned.filter(isSafe);
  const none = { base: commit, upgrades: [], unfixable: [...unfixable, ...unsafe], build: [], passed: false };
  if (upgrades.length === 0) return none;

  const { files, still } = await upgraded(fixing, upgrades);
  const done = upgrades.filter(({ name }) => !still.has(name));
  const failed = upgrades.filter(({ name }) => still.has(name)).map(({ name, from, to, advisories }) => ({ name, version: from.join(', '), advisories, why: `something that needs it does not let it be raised to ${to}` }));
  if (done.length === 0 || files.size === 0) return { ...none, unfixable: [...none.unfixable, ...failed] };
  const made = await commitOnBranch(place.repository, { base: commit, files, message: messageOf(done), branch: `trunkline/fix-${branchPart(done)}` });
  const build = await localBuild({ ...fixing, folder: join(folder, 'built'), plan, staged: false, commit: made.commit });
  return { base: commit, ...made, upgrades: done, unfixable: [...none.unfixable, ...failed], build, passed: build.every(({ state }) => state === 'passed' || state === 'waived') };
}

/** Of Build, only the bill of materials and what reads it. */
async function analysed({ plan, folder, ...rest }: Fixing): Promise<readonly Vulnerable[]> {
  const lines = await localBuild({ ...rest, folder: join(folder, 'analysed'), staged: false, forgiving: true, onAction: () => undefined, plan: buildOf(plan, ({ kind }) => kind === 'osv') });
  const line = lines.find(({ row }) => row === 'build.sca');
  const failed = lines.find(({ state }) => state === 'failed');
  if (failed || line?.state !== 'passed') throw new TrunklineError('SCA_FAILED', failed ? 'code' : 'usage', failed ? `${failed.action} failed: ${failed.message}` : '"build.sca" is not osv(), so nothing says which dependencies are vulnerable', failed ? 'correct it first; its log is in .trunkline/logs/build' : 'use osv() for "build.sca" in trunkline.config.ts');
  return (line.reports ?? []).flatMap((report) => (report.type === 'findings' ? report.findings : [])).flatMap(({ dependency, standing }) => (dependency && standing !== 'suppressed' ? [dependency] : []));
}

/** npm does it, in a cell, in a checkout of its own: what a manifest makes npm do harms nothing there. */
async function upgraded({ place, folder, cells, commit, signal, now }: Fixing, upgrades: readonly Upgrade[]): Promise<{ readonly files: Files; readonly still: ReadonlySet<string> }> {
  const workdir = join(folder, 'upgrade');
  const tree = join(workdir, 'checkout');
  await checkout(place.repository, commit, tree);
  const before = await filesIn(tree);
  const manifest = parsed(before.get('package.json'));
  if (!manifest || !before.has('package-lock.json') && !before.has('npm-shrinkwrap.json')) {
    throw new TrunklineError('UPGRADE_FAILED', 'usage', 'there is no package.json with a package-lock.json at the top of the repository', 'upgrade by hand: what is vulnerable stands in the report of build.sca');
  }
  const isDirect = ({ name }: Upgrade): boolean => SECTIONS.some((section) => Object.hasOwn((manifest[section] ?? {}) as object, name));
  const log = openLog(join(folder, 'npm.log'), { secrets: [] });
  const cell = await cells.open({ id: newId('fix', now), workdir, hidden: place.hidden });
  const run = (command: readonly string[]): Promise<void> => carriedOut(cell, { command, cwd: tree, log, signal });
  const stillIn = async (): Promise<readonly Upgrade[]> => {
    const files = await filesIn(tree);
    return upgrades.filter((upgrade) => isStill(upgrade, files));
  };
  try {
    const direct = upgrades.filter(isDirect);
    if (direct.length > 0) await run(['npm', 'install', ...direct.map(({ name, to }) => `${name}@^${to}`), ...QUIET]);
    // What others need is raised as far as they allow; where that is not enough, against what they say.
    const within = (await stillIn()).map(({ name }) => name);
    if (within.length > 0) await run(['npm', 'update', ...within, ...QUIET]);
    const forced = await stillIn();
    if (forced.length > 0) {
      await run(['node', '-e', OVERRIDE, JSON.stringify(Object.fromEntries(forced.map((upgrade) => [upgrade.name, isDirect(upgrade) ? `$${upgrade.name}` : `^${upgrade.to}`])))]);
      await run(['npm', 'install', ...QUIET]);
    }
    const after = await filesIn(tree);
    return { files: new Map([...after].filter(([path, bytes]) => before.get(path)?.equals(bytes) === false)), still: new Set((await stillIn()).map(({ name }) => name)) };
  } finally {
    await cell.close();
    await log.close();
  }
}

/** Runs in the cell: nothing outside it writes among files that a commit may have made links of. */
const OVERRIDE = `const fs = require('node:fs'); const text = fs.readFileSync('package.json', 'utf8'); const manifest = JSON.parse(text);
manifest.overrides = { ...manifest.overrides, ...JSON.parse(process.argv[1]) };
fs.writeFileSync('package.json', JSON.stringify(manifest, null, /^[ \\t]+(?=")/m.exec(text)?.[0] ?? 2) + '\\n');`;

async function carriedOut(cell: Cell, command: Pick<Parameters<Cell['run']>[0], 'command' | 'cwd' | 'log' | 'signal'>): Promise<void> {
  const exit = await cell.run({ ...command, attempt: newId('npm', Date.now()), timeout: 120_000, reach: { hosts: 'registries' } });
  command.signal.throwIfAborted();
  if (exit.code !== 0) throw new TrunklineError('UPGRADE_FAILED', 'code', `"${[...command.command].slice(0, 3).join(' ').slice(0, 100)} …" failed (${exit.signal ?? `exit code ${exit.code}`})`, 'see the last lines; upgrade by hand what npm can\'t', command.log.lastLines(20));
}

/** Manifest and lock as they lie there; a link or a folder in their place is none. */
async function filesIn(tree: string): Promise<Files> {
  const files = new Map<string, Buffer>();
  for (const name of ['package.json', 'package-lock.json', 'npm-shrinkwrap.json']) {
    const bytes = await read(tree, name);
    if (bytes) files.set(name, bytes);
  }
  return files;
}

async function read(tree: string, name: string): Promise<Buffer | undefined> {
  try {
    const bytes = await readBelow(tree, name, LARGEST_BYTES);
    if (!bytes) throw new TrunklineError('UPGRADE_FAILED', 'code', `${name} has more than ${LARGEST_BYTES} bytes`, 'upgrade by hand');
    return bytes;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Whether a vulnerable version is still locked, at whatever depth. */
function isStill({ name, from }: Upgrade, files: Files): boolean {
  const packages = parsed(files.get('npm-shrinkwrap.json') ?? files.get('package-lock.json'))?.['packages'] ?? {};
  return Object.entries(packages as { readonly [path: string]: { readonly name?: string; readonly version?: string } })
    .some(([path, { name: alias, version }]) => (alias ?? path.split('node_modules/').at(-1)) === name && from.includes(version ?? ''));
}

function parsed(bytes: Buffer | undefined): { readonly [field: string]: unknown } | undefined {
  if (!bytes) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as { readonly [field: string]: unknown };
  } catch {
    throw new TrunklineError('UPGRADE_FAILED', 'code', 'package.json or its lock file is no JSON', 'correct it first');
  }
}

function messageOf(upgrades: readonly Upgrade[]): string {
  const advisories = [...new Set(upgrades.flatMap((upgrade) => upgrade.advisories))];
  const subject = `Upgrade ${upgrades.map(({ name }) => name).join(', ')}: ${advisories.join(', ')}`;
  return `${subject.length > 100 ? `Upgrade ${upgrades.length} vulnerable dependencies` : subject}\n\n${upgrades.map(({ name, from, to, advisories: names }) => `${name} ${from.join(', ')} -> ${to} or later: ${names.join(', ')}`).join('\n')}\n`;
}

/** Of letters that git takes in a branch's name. */
function branchPart(upgrades: readonly Upgrade[]): string {
  const advisories = [...new Set(upgrades.flatMap((upgrade) => upgrade.advisories))];
  const word = advisories.length === 1 ? advisories[0] ?? '' : `${advisories.length}-advisories`;
  return word.toLowerCase().replace(/[^a-z\d]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'dependencies';
}
