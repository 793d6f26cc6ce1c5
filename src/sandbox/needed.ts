import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { homeOf, homes } from './homes.ts';
import { isInside } from './mounts.ts';
import { DISTRIBUTIONS, HOME_RUNTIMES, type HomeRuntime } from './runtimes.ts';
import { CERTIFICATES, searchPath } from './search-path.ts';

type Environment = { readonly [name: string]: string | undefined };

/** Folders that hold programs and nothing else, by their name; of others on the path only what can be run is shown. */
const OF_PROGRAMS = ['bin', 'sbin', 'shims', 'libexec'];
/** A folder with more than these is none of programs. */
const MOST_PROGRAMS = 500;
/** What belongs to the product in a clone of it: not its git folder, nor what else somebody keeps there. */
const OWN = ['bin', 'dist', 'node_modules', 'src', 'package.json', 'tsconfig.json'];

/**
 * What a command needs to see, wherever it lies: the product (a commit's configuration imports it), this Node, the
 * programs on the path with what belongs to them, and the certificates to trust. Never a whole home, nor a whole
 * folder of settings in one.
 */
export function neededPaths(host: Environment): readonly string[] {
  const certificates = CERTIFICATES.flatMap((name) => host[name]?.split(delimiter) ?? []);
  const wanted = [...productPaths(), ...programFolders(host).flatMap(programsIn), ...certificates];
  return [...new Set(wanted)].filter((path) => !homes().some((home) => isInside(home, path)) && path !== homeOf(path));
}

/** The variables that tell the managers of versions on the path where they lie. */
export function runtimeVariables(host: Environment): { readonly [name: string]: string } {
  // The first on the path is the one that is meant.
  return Object.fromEntries(programFolders(host).toReversed().flatMap((folder) => runtimesOf(folder).flatMap(({ home, runtime }) => Object.entries(runtime.variables ?? {}).map(([name, path]) => [name, join(home, path)]))));
}

/** With all that is installed beside it. */
export function productFolder(): string {
  const folder = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  const [before, ...inside] = folder.split('/node_modules/');
  return inside.length === 0 ? folder : `${before}/node_modules`;
}

function productPaths(): readonly string[] {
  const folder = productFolder();
  return basename(folder) === 'node_modules' ? [folder] : OWN.map((name) => join(folder, name));
}

function programFolders(host: Environment): readonly string[] {
  return searchPath(host['PATH']).split(delimiter).filter((folder) => existsSync(folder)).map((folder) => realpathSync(folder));
}

function programsIn(folder: string): readonly string[] {
  const shown = OF_PROGRAMS.includes(basename(folder)) || homeOf(folder) === undefined ? [folder] : programs(folder);
  return [...shown, ...distributionOf(folder), ...runtimesOf(folder).flatMap(({ home, runtime }) => runtime.shown.map((path) => join(home, path))), ...linkedFrom(folder)];
}

function runtimesOf(folder: string): readonly { readonly home: string; readonly runtime: HomeRuntime }[] {
  const home = homeOf(folder);
  return home === undefined ? [] : HOME_RUNTIMES.filter(({ on }) => isInside(folder, join(home, on))).map((runtime) => ({ home, runtime }));
}

/** What belongs to the program whose `bin` this is. */
function distributionOf(folder: string): readonly string[] {
  const root = dirname(folder);
  if (basename(folder) !== 'bin' || root === homeOf(folder)) return [];
  return DISTRIBUTIONS.filter(({ mark }) => existsSync(join(root, mark))).flatMap(({ shown }) => shown.map((name) => join(root, name)));
}

function programs(folder: string): readonly string[] {
  const paths = readdirSync(folder, { withFileTypes: true }).filter((entry) => !entry.isDirectory()).map(({ name }) => join(folder, name));
  return paths.length > MOST_PROGRAMS ? [] : paths.filter(canRun);
}

/** Programs in a home are often links to where they lie, such as those that pipx and npm install. */
function linkedFrom(folder: string): readonly string[] {
  if (homeOf(folder) === undefined) return [];
  const links = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink()).slice(0, MOST_PROGRAMS);
  return links.flatMap(({ name }) => {
    const link = join(folder, name);
    if (!canRun(link)) return [];
    const target = realpathSync(link);
    if (dirname(target) === folder) return [];
    const [before, ...inside] = target.split('/node_modules/');
    return [target, ...distributionOf(dirname(target)), ...(inside.length === 0 ? [] : [`${before}/node_modules`])];
  });
}

/** Whether it is a file that its owner may run. A link into nowhere is none. */
function canRun(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status?.isFile() === true && (status.mode & 0o100) !== 0;
}
