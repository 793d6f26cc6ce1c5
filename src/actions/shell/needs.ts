import { basename, posix } from 'node:path';
import { isForeign } from '../../inspection/places.ts';
import type { CheckContext } from '../action.ts';
import { commandsOf, type SimpleCommand } from '../shellwords.ts';
import { isExecutable, isOnPath, readProject, type Project } from './project.ts';
import { pythonNeeds } from './python.ts';

/** Commands that tell nothing of the change, and leave nothing behind. */
const NOTHING = new Set(['true', ':', 'echo', 'printf', 'exit', 'sleep', 'pwd', 'false']);
/** Commands that make ready, which is all that a `prepare` is for: a check of these proves nothing. */
const READY = new Set(['cd', 'export', 'set', 'unset', 'mkdir', 'rm', 'date']);
const BUILT_IN = new Set([...NOTHING, ...READY, '.', '[', 'alias', 'break', 'command', 'continue', 'eval', 'exec', 'kill', 'local', 'read', 'return', 'shift', 'source', 'test', 'trap', 'type', 'ulimit', 'umask', 'wait']);
const DEEPEST = 5;
const RUNNERS = new Set(['npm', 'pnpm', 'yarn']);
/** Of pnpm and Yarn: what is their own, and no script. */
const OWN = new Set(['install', 'i', 'add', 'audit', 'dlx', 'create', 'import', 'rebuild', 'deploy', 'pack', 'publish', 'licenses', 'list', 'why', 'workspace', 'workspaces', 'config', 'cache', 'version', 'set', 'node', 'store', 'fetch', 'prune', 'recursive', 'm', 'multi', 'plugin', 'up', 'upgrade', 'dedupe', 'info', 'npm', 'patch', 'link', 'unlink', 'constraints', 'remove', 'outdated', 'env', 'setup', 'ci']);

/** Where a line stands: in a script of a package, whose programs are on the path there, or in the configuration. */
interface Standing { readonly depth: number; readonly isPrepare: boolean; readonly installed: string }

/** What is missing for a command, and what makes ready for it, to run in any clone: each as a finding; none when it would. */
export async function missingFor({ command, prepare }: { readonly command: string; readonly prepare?: string | undefined }, context: CheckContext): Promise<readonly string[]> {
  const project = await readProject(context);
  const installed = `${prepare ?? ''}\n${command}`;
  return [...new Set([
    ...(prepare === undefined ? [] : await inspect(prepare, project, { depth: 0, isPrepare: true, installed })),
    ...await inspect(command, project, { depth: 0, isPrepare: false, installed }),
  ])];
}

async function inspect(line: string, project: Project, standing: Standing): Promise<readonly string[]> {
  const commands = commandsOf(line);
  if (commands === undefined || standing.depth > DEEPEST) return [];
  if (commands.every(([program = '']) => NOTHING.has(basename(program)) || !standing.isPrepare && READY.has(basename(program)))) return [`"${line.slice(0, 200)}" does nothing`];
  // After a "cd" paths and manifests are others; what they would be is for the command to find out.
  const moves = commands.some(([program]) => program === 'cd' || program === 'pushd');
  const findings = await Promise.all(commands.map((words) => inspectOne(words, project, standing, moves)));
  return [...new Set(findings.flat())];
}

async function inspectOne(words: SimpleCommand, project: Project, standing: Standing, moves: boolean): Promise<readonly string[]> {
  const [program = '', ...rest] = words;
  if (/[$`*?]/.test(program) || BUILT_IN.has(program)) return [];
  if (program.includes('/')) return moves ? [] : atPath(program, project);
  if (program === 'npx') return npx(rest, project);
  if (await isOnPath(program)) {
    if (moves) return [];
    if (RUNNERS.has(program)) return runner(program, rest, project, standing);
    return /^python[\d.]*$/.test(program) ? pythonNeeds(rest, project, standing.installed) : [];
  }
  if (!project.tools.has(program)) return [`"${program}" is not installed: put it on the PATH, or add it to the devDependencies`];
  // Only inside a script of npm the project's own tools are on the path.
  return standing.depth > 0 ? [] : [`"${program}" is a tool of the project and not on the PATH: write "npx ${program}"`];
}

/** A program at a path: of this machine, of what an installation or a build makes, or of the repository. */
async function atPath(program: string, { tracked, tools }: Project): Promise<readonly string[]> {
  if (program.startsWith('/')) return await isExecutable(program) ? [] : [`there is no ${program} on this machine`];
  const path = posix.normalize(program);
  const tool = /^node_modules\/\.bin\/(.+)$/.exec(path)?.[1];
  if (tool !== undefined) return tools.has(tool) ? [] : [`"${program}" is a program of no dependency: add it to the devDependencies`];
  return isForeign(path) || tracked.has(path) ? [] : [`there is no ${program} in the repository`];
}

async function runner(program: string, words: readonly string[], project: Project, standing: Standing): Promise<readonly string[]> {
  // With options before the verb, it may well work elsewhere.
  const [verb = '', name] = words;
  if (verb.startsWith('-') || words.some((word) => /^(--prefix|-C|-w|--workspace|--workspaces|-ws|--filter|-F|-r|--recursive|--cwd|--dir)(=|$)/.test(word))) return [];
  if (project.scripts === undefined) return [`"${program}" needs a package.json in the repository`];
  if (program === 'npm' && ['ci', 'clean-install'].includes(verb)) return project.lockFile ? [] : ['"npm ci" needs a package-lock.json in the repository'];
  if (verb === 'exec' || verb === 'x') return program === 'npm' ? [] : npx(words.slice(1), project);
  const script = scriptIn(program, verb, name);
  if (script === undefined || script.startsWith('-') || words.includes('--if-present')) return [];
  const line = project.scripts[script];
  if (line !== undefined) return (await inspect(line, project, { ...standing, depth: standing.depth + 1 })).map((finding) => `script "${script}": ${finding}`);
  // pnpm and Yarn take a program of a dependency where there is no such script.
  return program !== 'npm' && project.tools.has(script) ? [] : [`package.json has no script "${script}"`];
}

function scriptIn(program: string, verb: string, name: string | undefined): string | undefined {
  if (['run', 'run-script'].includes(verb)) return name;
  if (verb === 't' && program !== 'yarn') return 'test';
  if (['test', 'start', 'stop'].includes(verb)) return verb;
  return program === 'npm' || verb === '' || OWN.has(verb) ? undefined : verb;
}

async function npx(words: readonly string[], project: Project): Promise<readonly string[]> {
  const tool = words.find((word) => !word.startsWith('-'));
  if (tool === undefined || words.some((word) => /^(-p|--package|-c|--call)(=|$)/.test(word))) return [];
  if (!await isOnPath('npx')) return ['"npx" is not installed: it comes with npm'];
  const bare = tool.replace(/(?<=.)@[^/]*$/, '');
  return project.tools.has(bare) ? [] : [`"npx ${bare}" would take it from a registry at each run: add it to the devDependencies`];
}
