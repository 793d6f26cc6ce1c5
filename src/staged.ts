/** The composition root of what runs before a commit: loads what is needed for what is staged, and nothing else. */
import { lstat, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ActionKind } from './actions/action.ts';
import type { StagedOutcome } from './cli/desk.ts';
import { checkStaged, leftFor, type HookCheck } from './local/before-commit.ts';
import { concernedBy, isCode, reachedFrom } from './local/concerned.ts';
import { planOf } from './local/known-plan.ts';
import { linkModules } from './local/modules.ts';
import { addPass, hasPassed, readPasses, type Pass } from './local/passes.ts';
import { pathsOf, type Paths } from './local/resolving.ts';
import { openStaging } from './local/staging.ts';
import type { Plan } from './pipeline/plan.ts';
import type { Place } from './place.ts';
import { openStaged } from './source/git/staged.ts';
import type { Staged } from './source/staged.ts';

const CONFIG = 'trunkline.config.ts';
/** Of a larger repository only what a change leads to is followed; all of it is for Build. */
const MOST_RELATED = 600;
const LARGEST_SOURCE = 2 * 1024 * 1024;

export interface Checking {
  readonly signal: AbortSignal;
  readonly onCheck: (check: HookCheck) => void;
}

/** Everything of Build that works on sources, on exactly what is staged. */
export async function staged(place: Place, { signal, onCheck }: Checking): Promise<StagedOutcome> {
  const { repository } = place;
  const passed = join(place.local, 'passed.json');
  const [commit, passes, version] = await Promise.all([openStaged(repository, process.env['GIT_INDEX_FILE']), readPasses(passed), ownVersion()]);
  await using _commit = commit;
  const { tree, base, files } = commit;
  const pass: Pass = { tree, against: base ?? 'nothing', by: version, day: new Date().toISOString().slice(0, 10) };
  if (tree === base || (base === undefined && files.length === 0)) return { outcome: 'nothing', reason: 'nothing is staged that differs from the last commit: there is nothing to check' };
  if (hasPassed(passes, pass)) return { outcome: 'known', tree };
  if (!files.includes(CONFIG)) return { outcome: 'nothing', reason: `there is no ${CONFIG} in what is staged: there is nothing to check it by` };
  await using staging = await openStaging();
  const laid = join(staging.folder, basename(repository.root));
  await commit.layOut(laid);
  const read = (path: string): Promise<string | undefined> => textOf(join(laid, path));
  const [modules, plan] = await Promise.all([
    linkModules(laid, repository.root, files),
    planOf({ folder: join(place.local, 'plans'), config: CONFIG, version, tree, files, read, evaluate: (parts) => evaluate(place, commit, join(staging.folder, 'plan'), parts, signal) }),
  ]);
  const logs = join(place.logs, 'hook');
  await mkdir(logs, { recursive: true, mode: 0o700 });
  const checks = await checkStaged({
    plan, staged: commit, tree: laid, modules, workTree: repository.root, logs, kind, signal, onCheck,
    related: async () => {
      const code = files.filter(isCode);
      return code.length <= MOST_RELATED ? code : reachedFrom(commit.changed.filter(isCode), await pathsIn(commit, read), read);
    },
    concerned: async (tests) => concernedBy({ files, changed: commit.changed, deleted: commit.deleted, tests }, await pathsIn(commit, read), read),
  });
  if (checks.some(({ state }) => state === 'failed')) return { outcome: 'failed', tree, checks, left: leftFor(plan) };
  await addPass(passed, pass);
  return { outcome: 'passed', tree, checks, left: leftFor(plan) };
}

/** Kinds that need no host. */
async function kind(name: string): Promise<ActionKind | undefined> {
  if (name === 'shell') return (await import('./actions/shell/shell.ts')).shell;
  if (name === 'secretlint') {
    const [{ secretlintKind }, { noScans }] = await Promise.all([import('./actions/secrets/secretlint.ts'), import('./actions/secrets/scans.ts')]);
    return secretlintKind(noScans);
  }
  if (name === 'static-analysis') return (await import('./actions/sast/static-analysis.ts')).staticAnalysis;
  return undefined;
}

/** A configuration that nobody has evaluated yet is evaluated as everywhere: in a cell. */
async function evaluate(place: Place, commit: Staged, folder: string, parts: ReadonlyMap<string, string> | undefined, signal: AbortSignal): Promise<Plan> {
  const [{ openCells }, { evaluateConfig }, { openLog }] = await Promise.all([import('./runner/cells.ts'), import('./pipeline/evaluate.ts'), import('./runner/log.ts')]);
  const here = join(folder, parts ? 'parts' : 'whole');
  const checkout = join(here, 'work', 'checkout');
  await mkdir(dirname(checkout), { recursive: true });
  if (!parts) await commit.layOut(checkout);
  for (const [path, text] of parts ?? []) {
    await mkdir(dirname(join(checkout, path)), { recursive: true });
    await writeFile(join(checkout, path), text);
  }
  const cell = await openCells({ records: join(here, 'cells'), marker: here }).open({ id: basename(here), workdir: dirname(checkout), hidden: place.hidden });
  const log = openLog(join(here, 'evaluation.log'), { secrets: [] });
  try {
    return await evaluateConfig(cell, { config: join(checkout, CONFIG), log, signal, timeout: 30_000 });
  } finally {
    await log.close();
    await cell.close();
  }
}

/** How imports lead from file to file, by what the manifests of the tree say. */
async function pathsIn({ files, deleted }: Staged, read: (path: string) => Promise<string | undefined>): Promise<Paths> {
  const packages = new Set<string>();
  const workspaces = new Map<string, string>();
  for (const path of files.filter((file) => basename(file) === 'package.json')) {
    const manifest = manifestIn(await read(path) ?? '{}');
    for (const field of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']) for (const name of Object.keys(Object(manifest[field]))) packages.add(name);
    if (typeof manifest.name === 'string' && path !== 'package.json') workspaces.set(manifest.name, dirname(path));
  }
  return pathsOf([...files, ...deleted], packages, workspaces);
}

interface Manifest { readonly name?: unknown; readonly [field: string]: unknown }

/** One that can't be read names no package: what imports one is then concerned by every change. */
function manifestIn(text: string): Manifest {
  try {
    return Object(JSON.parse(text)) as Manifest;
  } catch {
    return {};
  }
}

/** A plain file that a person may have written. */
async function textOf(file: string): Promise<string | undefined> {
  const found = await lstat(file).catch(() => undefined);
  return found?.isFile() && found.size <= LARGEST_SOURCE ? readFile(file, 'utf8') : undefined;
}

/** Which Trunkline this is; one that is being worked on is another after each change of what makes plans. */
async function ownVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  if (!import.meta.url.endsWith('.ts')) return version;
  const folder = fileURLToPath(new URL('./pipeline/', import.meta.url));
  const times = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).mtimeMs));
  return `${version} ${Math.max(...times)}`;
}
