import { basename, join } from 'node:path';
import { exists, isInstalled, isOnPath, readProject, type Project } from './project.ts';
import { commandsOf, type SimpleCommand } from '../shellwords.ts';

/** Commands that do nothing to the change: a pipeline of these proves nothing. */
const NOTHING = new Set(['true', ':', 'echo', 'printf', 'exit', 'sleep', 'pwd', 'false', 'cd', 'export', 'set', 'unset', 'mkdir', 'rm', 'date']);
const BUILT_IN = new Set([...NOTHING, '.', '[', 'alias', 'break', 'command', 'continue', 'eval', 'exec', 'kill', 'local', 'read', 'return', 'shift', 'source', 'test', 'trap', 'type', 'ulimit', 'umask', 'wait']);
const DEEPEST = 5;

/** What is missing for a command to run in a repository, each as a finding; none when it would run. */
export async function missingFor(command: string, repository: string): Promise<readonly string[]> {
  return inspect(command, await readProject(repository), 0);
}

async function inspect(line: string, project: Project, depth: number): Promise<readonly string[]> {
  const commands = commandsOf(line);
  if (commands === undefined || depth > DEEPEST) return [];
  if (commands.every(([program = '']) => NOTHING.has(basename(program)))) return [`"${line.slice(0, 200)}" does nothing`];
  // After a "cd" paths and manifests are others; what they would be is for the command to find out.
  const moves = commands.some(([program]) => program === 'cd' || program === 'pushd');
  const findings = await Promise.all(commands.map((words) => inspectOne(words, project, depth, moves)));
  return [...new Set(findings.flat())];
}

async function inspectOne(words: SimpleCommand, project: Project, depth: number, moves: boolean): Promise<readonly string[]> {
  const [program = '', ...rest] = words;
  if (/[$`*?]/.test(program) || BUILT_IN.has(program)) return [];
  if (program.includes('/')) return moves || program.startsWith('/') && await exists(program) || await exists(join(project.folder, program)) ? [] : [`there is no ${program} in the repository`];
  if (program === 'npx') return npx(rest, project);
  if (await isOnPath(program)) return program === 'npm' && !moves ? npm(rest, project, depth) : [];
  if (!await isInstalled(project, program)) return [`"${program}" is not installed: put it on the PATH, or add it to the devDependencies`];
  // Only inside a script of npm the project's own tools are on the path.
  return depth > 0 ? [] : [`"${program}" is a tool of the project and not on the PATH: write "npx ${program}"`];
}

async function npm(words: readonly string[], project: Project, depth: number): Promise<readonly string[]> {
  // With options before the verb, it may well work elsewhere.
  const [verb = '', name] = words;
  if (verb.startsWith('-') || words.some((word) => /^(--prefix|-C|-w|--workspace|--workspaces|-ws)(=|$)/.test(word))) return [];
  if (project.scripts === undefined) return ['"npm" needs a package.json in the repository'];
  if (['ci', 'clean-install'].includes(verb)) return project.lockFile ? [] : ['"npm ci" needs a package-lock.json in the repository'];
  const script = ['run', 'run-script'].includes(verb) ? name : ['test', 't', 'start', 'stop'].includes(verb) ? (verb === 't' ? 'test' : verb) : undefined;
  if (script === undefined || script.startsWith('-') || words.includes('--if-present')) return [];
  const line = project.scripts[script];
  if (line === undefined) return [`package.json has no script "${script}"`];
  return (await inspect(line, project, depth + 1)).map((finding) => `script "${script}": ${finding}`);
}

async function npx(words: readonly string[], project: Project): Promise<readonly string[]> {
  const tool = words.find((word) => !word.startsWith('-'));
  if (tool === undefined || words.some((word) => /^(-p|--package|-c|--call)(=|$)/.test(word))) return [];
  if (!await isOnPath('npx')) return ['"npx" is not installed: it comes with npm'];
  const bare = tool.replace(/(?<=.)@[^/]*$/, '');
  return await isInstalled(project, bare) ? [] : [`"npx ${bare}" would take it from a registry at each run: add it to the devDependencies`];
}
