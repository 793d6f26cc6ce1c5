import type { EnvironmentPlan } from '../../pipeline/plan.ts';
import { commandsOf } from '../shellwords.ts';

type Scripts = { readonly [name: string]: string };

/** Options of node that take the next word with them. */
const WITH_VALUE = new Set(['-r', '--require', '--import', '--loader', '--experimental-loader', '-C', '--conditions', '--env-file', '--env-file-if-exists', '--title', '--input-type']);
const DEEPEST = 5;

/** The files that a start command cannot do without, as far as its words tell: `node dist/server.js` names one. */
export function startFiles(run: string, scripts: Scripts = {}, depth = 0): readonly string[] {
  return (commandsOf(run) ?? []).flatMap((words) => {
    const first = words.findIndex((word) => word !== 'exec' && word !== 'env' && !/^\w+=/.test(word));
    const [program = '', ...rest] = first === -1 ? [] : words.slice(first);
    if (program === 'node') return nodeFile(rest);
    if (program === 'npm' && depth < DEEPEST) {
      const script = rest[0] === 'start' ? 'start' : ['run', 'run-script'].includes(rest[0] ?? '') ? rest[1] : undefined;
      return script === undefined ? [] : ['package.json', ...startFiles(scripts[script] ?? '', scripts, depth + 1)];
    }
    return program.includes('/') && !program.startsWith('/') && !/[$`*]/.test(program) ? [program] : [];
  });
}

function nodeFile(words: readonly string[]): readonly string[] {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (['-e', '--eval', '-p', '--print', '-'].includes(word)) return [];
    if (WITH_VALUE.has(word)) at += 1;
    else if (!word.startsWith('-')) return /[$`*]/.test(word) || word.startsWith('/') ? [] : [word];
  }
  return [];
}

/** What an environment needs of the artifact and `has` does not hold, each as the end of a sentence. */
export function lacking(environment: EnvironmentPlan, has: ReadonlySet<string>, scripts: Scripts): readonly string[] {
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
