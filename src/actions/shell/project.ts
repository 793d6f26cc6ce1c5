import { access, constants, readFile, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { searchPath } from '../../sandbox/search-path.ts';

/** What a repository declares about its tools, read without running anything. */
export interface Project {
  readonly folder: string;
  /** Of its `package.json`; undefined where there is none. */
  readonly scripts: { readonly [name: string]: string } | undefined;
  readonly lockFile: boolean;
  /** Programs that its dependencies bring. */
  readonly tools: ReadonlySet<string>;
}

/** A manifest that cannot be read counts as absent here: the command that needs it says why. */
export async function readProject(folder: string): Promise<Project> {
  const [manifest, lock] = await Promise.all([readJson(join(folder, 'package.json')), readJson(join(folder, 'package-lock.json'))]);
  const tools = new Set<string>(['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((field) => Object.keys(record(manifest?.[field]))));
  for (const [path, entry] of Object.entries(record(lock?.['packages']))) {
    const bin = record(entry)['bin'];
    if (/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && bin !== undefined) Object.keys(record(bin)).forEach((name) => tools.add(name));
  }
  const scripts = manifest === undefined ? undefined : Object.fromEntries(Object.entries(record(manifest['scripts'])).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  return { folder, scripts, lockFile: lock !== undefined, tools };
}

export async function isInstalled(project: Project, program: string): Promise<boolean> {
  return project.tools.has(program) || isExecutable(join(project.folder, 'node_modules', '.bin', program));
}

/** On the path that a command of a commit gets. */
export async function isOnPath(program: string): Promise<boolean> {
  return (await Promise.all(searchPath(process.env['PATH']).split(delimiter).map((folder) => isExecutable(join(folder, program))))).includes(true);
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false);
}

type Fields = { readonly [field: string]: unknown };

async function readJson(file: string): Promise<Fields | undefined> {
  try {
    return record(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? value as Fields : {};
}
