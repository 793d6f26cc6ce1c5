import { access, constants, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { searchPath } from '../../sandbox/search-path.ts';
import type { CheckContext } from '../action.ts';
import { programsOf, toolsLocked } from './tools.ts';

/** What a repository declares about its tools, read without running anything, from what git tracks alone. */
export interface Project {
  readonly tracked: ReadonlySet<string>;
  /** Of its `package.json`; undefined where there is none. */
  readonly scripts: { readonly [name: string]: string } | undefined;
  /** Whether what `npm ci` needs is tracked. */
  readonly lockFile: boolean;
  /** Programs that its dependencies bring. */
  readonly tools: ReadonlySet<string>;
  /** The text of every manifest of Python, in one. */
  readonly python: string;
}

const LOCKS = ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock'];
const PYTHON = /^(?:requirements[^/]*\.(?:txt|in)|requirements\/[^/]+\.(?:txt|in)|pyproject\.toml|setup\.(?:py|cfg)|Pipfile|tox\.ini|environment\.ya?ml)$/;
const SECTIONS = ['dependencies', 'devDependencies', 'optionalDependencies'];

/** A manifest that cannot be read counts as absent here: the command that needs it says why. */
export async function readProject({ repository, tracked }: Pick<CheckContext, 'repository' | 'tracked'>): Promise<Project> {
  const textAt = async (path: string): Promise<string | undefined> => (tracked.has(path) ? readFile(join(repository, path), 'utf8').catch(() => undefined) : undefined);
  const manifest = parsed(await textAt('package.json'));
  const declared = SECTIONS.flatMap((field) => Object.keys(record(manifest?.[field])));
  const locked = await Promise.all(LOCKS.map(async (lock) => toolsLocked(lock, await textAt(lock) ?? '', declared)));
  const python = await Promise.all([...tracked].filter((path) => PYTHON.test(path)).map(textAt));
  const scripts = manifest === undefined ? undefined : Object.fromEntries(Object.entries(record(manifest['scripts'])).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  return {
    tracked, scripts, lockFile: tracked.has('package-lock.json') || tracked.has('npm-shrinkwrap.json'),
    tools: new Set([...declared.flatMap(programsOf), ...locked.flat()]),
    python: python.filter((text) => text !== undefined).join('\n'),
  };
}

/** On the path that a command of a commit gets. */
export async function isOnPath(program: string): Promise<boolean> {
  return (await Promise.all(searchPath(process.env['PATH']).split(delimiter).map((folder) => isExecutable(join(folder, program))))).includes(true);
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false);
}

type Fields = { readonly [field: string]: unknown };

function parsed(text: string | undefined): Fields | undefined {
  if (text === undefined) return undefined;
  try {
    return record(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch {
    return undefined;
  }
}

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? value as Fields : {};
}
