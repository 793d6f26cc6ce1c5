import type { EnvironmentPlan } from '../../pipeline/plan.ts';
import { commandsOf } from '../shellwords.ts';

type Scripts = { readonly [name: string]: string };

/** Options of node that take the next word with them. */
const WITH_VALUE = new Set(['-r', '--require', '--import', '--loader', '--experimental-loader', '-C', '--conditions', '--env-file', '--env-file-if-exists', '--title', '--input-type']);
const DEEPEST = 5;

/** The files that a start command cannot do without, as far as its words tell: `node dist/server.js` names one. */
export function startFiles(run: string, scripts: Scripts = {}): readonly string[] {
  return started(run, scripts).flatMap(({ program, rest, isScript }) => [...(isScript ? ['package.json'] : []), ...filesOf(program, rest)]);
}

/** The programs that a start command takes from the search path; `npx tool` takes the tool. */
export function startPrograms(run: string, scripts: Scripts = {}): readonly string[] {
  return started(run, scripts).flatMap(({ program, rest }) => {
    const tool = program === 'npx' ? rest.find((word) => !word.startsWith('-')) : undefined;
    return [program, ...(tool === undefined ? [] : [tool])].filter((name) => name !== '' && !/[$`*/]/.test(name));
  });
}

interface Started { readonly program: string; readonly rest: readonly string[]; readonly isScript: boolean }

/** What is started in the end: scripts of package.json and `sh -c` stand for what is in them. After a `cd` it is not known where. */
function started(run: string, scripts: Scripts, depth = 0): readonly Started[] {
  const commands = commandsOf(run) ?? [];
  if (depth >= DEEPEST || commands.some(([program]) => program === 'cd' || program === 'pushd')) return [];
  return commands.flatMap((words): readonly Started[] => {
    const first = words.findIndex((word) => word !== 'exec' && word !== 'env' && !/^\w+=/.test(word));
    const [program = '', ...rest] = first === -1 ? [] : words.slice(first);
    const isShell = /^(?:ba|da|z)?sh$/.test(program);
    if (isShell && /^-\w*c$/.test(rest[0] ?? '')) return started(rest[1] ?? '', scripts, depth + 1);
    const script = program === 'npm' ? scriptOf(rest) : undefined;
    if (script === undefined) return [{ program, rest, isScript: false }];
    return [{ program, rest: [], isScript: true }, ...started(scripts[script] ?? '', scripts, depth + 1)];
  });
}

function scriptOf([verb = '', name]: readonly string[]): string | undefined {
  return verb === 'start' ? 'start' : ['run', 'run-script'].includes(verb) ? name : undefined;
}

function filesOf(program: string, rest: readonly string[]): readonly string[] {
  if (program === 'node') return firstFile(rest, WITH_VALUE, ['-e', '--eval', '-p', '--print', '-']);
  if (/^python[\d.]*$/.test(program)) return firstFile(rest, new Set(['-W', '-X']), ['-c', '-m', '-']);
  if (/^(?:ba|da|z)?sh$/.test(program)) return firstFile(rest, new Set(['-o']), ['-s', '-']);
  if (program === 'java') return firstFile(rest.slice(rest.indexOf('-jar') + 1), new Set(), rest.includes('-jar') ? [] : rest.slice(0, 1));
  return program.includes('/') && !program.startsWith('/') && !/[$`*]/.test(program) ? [program] : [];
}

/** The first word that is no option, unless an option before it says that there is no file. */
function firstFile(words: readonly string[], withValue: ReadonlySet<string>, without: readonly string[]): readonly string[] {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (without.includes(word)) return [];
    if (withValue.has(word)) at += 1;
    else if (!word.startsWith('-')) return /[$`*]/.test(word) || word.startsWith('/') ? [] : [word];
  }
  return [];
}

/** What an environment needs of the artifact and `has` does not hold, each as the end of a sentence. */
export function lacking(environment: EnvironmentPlan, has: Pick<ReadonlySet<string>, 'has'>, scripts: Scripts): readonly string[] {
  const start = startFiles(environment.run, scripts).map(plain).filter((file) => !['', '.js', '.mjs', '.cjs', '.ts', '/index.js'].some((ending) => has.has(file + ending)));
  const probes = environment.probes.map(({ file }) => plain(file)).filter((file) => !has.has(file));
  return [
    ...start.map((file) => `${environment.name} starts with "${environment.run}", and ${file} is not in it`),
    ...probes.map((file) => `${environment.name} is probed by ${file}, which is not in it`),
  ];
}

function plain(path: string): string {
  return path.split('/').filter((part) => part !== '' && part !== '.').join('/');
}

/** The scripts of a package.json; none of one that is broken. */
export function scriptsOf(manifest: string): { readonly [name: string]: string } {
  try {
    const { scripts } = JSON.parse(manifest) as { scripts?: { readonly [name: string]: unknown } };
    return Object.fromEntries(Object.entries(scripts ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    // npm has refused it already where it matters.
    return {};
  }
}
