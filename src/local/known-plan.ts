import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { digestOf } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import { parsePlan, type Plan } from '../pipeline/plan.ts';
import { mentionsIn } from './mentions.ts';

export interface Planning {
  /** Where plans are kept. */
  readonly folder: string;
  readonly config: string;
  readonly version: string;
  readonly tree: string;
  readonly files: readonly string[];
  /** The text of a file of the tree. */
  readonly read: (path: string) => Promise<string | undefined>;
  /** Evaluates the configuration where there is nothing but these files, or, with none given, the whole tree. */
  readonly evaluate: (files?: ReadonlyMap<string, string>) => Promise<Plan>;
}

const MOST = 50;

/**
 * The plan of a tree, evaluated only when what it is made of has changed: the configuration and what it imports. It is
 * evaluated where nothing else is, so nothing else can decide about it; one that needs more is kept for its tree alone.
 */
export async function planOf(planning: Planning): Promise<Plan> {
  const { folder, version, tree, evaluate } = planning;
  const parts = await partsOf(planning);
  const narrow = fileOf(folder, version, [...parts].flat());
  const wide = fileOf(folder, version, ['whole', tree]);
  const known = await readPlan(narrow) ?? await readPlan(wide);
  if (known) return known;
  try {
    return await keep(narrow, await evaluate(parts));
  } catch (error) {
    if (!(error instanceof TrunklineError) || error.record.class !== 'usage') throw error;
    return keep(wide, await evaluate());
  }
}

/** The configuration, all that it imports from the repository, and what says how Node is to read it. */
async function partsOf({ config, files, read }: Planning): Promise<ReadonlyMap<string, string>> {
  const known = new Set(files);
  const parts = new Map<string, string>();
  const waiting = [config, 'package.json'];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (parts.has(next) || !known.has(next)) continue;
    const text = await read(next) ?? '';
    parts.set(next, text);
    if (next === 'package.json') continue;
    for (const name of mentionsIn(text).imports) if (name.startsWith('.')) waiting.push(posix.join(posix.dirname(next), name));
  }
  return new Map([...parts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function fileOf(folder: string, version: string, parts: readonly string[]): string {
  return join(folder, `${digestOf(JSON.stringify([version, ...parts])).slice('sha256:'.length)}.json`);
}

/** One that is not a plan any more, whoever wrote it, is evaluated anew. */
async function readPlan(file: string): Promise<Plan | undefined> {
  try {
    return parsePlan(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function keep(file: string, plan: Plan): Promise<Plan> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(`${file}.${process.pid}`, JSON.stringify(plan), { mode: 0o600 });
  await rename(`${file}.${process.pid}`, file);
  const kept = await Promise.all((await readdir(folder)).map(async (name) => ({ name, at: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0 })));
  for (const { name } of kept.sort((a, b) => b.at - a.at).slice(MOST)) await rm(join(folder, name), { force: true });
  return plan;
}
