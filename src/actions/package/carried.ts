import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { globMatcher } from '../../foundation/glob.ts';
import type { EnvironmentPlan, Plan } from '../../pipeline/plan.ts';
import type { CheckContext } from '../action.ts';
import { isOnPath } from '../shell/project.ts';
import { commandsOf } from '../shellwords.ts';
import { lacking, scriptsOf, startPrograms } from './startfile.ts';

export interface Packaged {
  readonly files: readonly string[];
  readonly productionDependencies: 'npm' | 'none';
}

/** Words of the shell, which are on no path. */
const OF_THE_SHELL = new Set(['set', 'export', 'exec', 'test', '[', ':', 'true', 'echo', 'cd', 'ulimit', 'umask', 'trap', 'wait', '.', 'source', 'eval', 'unset', 'exit', 'read', 'shift', 'command', 'kill', 'if', 'printf']);

/**
 * What an environment starts or is probed with, and the package can't hold: told before anything is built. What a build
 * makes is not there yet, so a path is believed where the package takes it in and something might make it.
 */
export async function notCarried(environment: EnvironmentPlan, { files, productionDependencies }: Packaged, { repository, tracked, plan }: CheckContext): Promise<readonly string[]> {
  const isTaken = globMatcher(files);
  const isInstalled = (path: string): boolean => productionDependencies === 'npm' && (path === 'package.json' || path.startsWith('node_modules/'));
  const isMade = plan === undefined || builds(plan);
  const has = (path: string): boolean => isInstalled(path) || isTaken(path) && (isMade || tracked.has(path));
  const manifest = tracked.has('package.json') ? await readFile(join(repository, 'package.json'), 'utf8').catch(() => '') : '';
  const scripts = scriptsOf(manifest);
  const programs = [...new Set(startPrograms(environment.run, scripts))].filter((name) => !OF_THE_SHELL.has(name));
  const there = await Promise.all(programs.map(isOnPath));
  const why = productionDependencies === 'none' ? 'the package takes no dependencies with it ("none")' : 'the package holds dependencies without their node_modules/.bin';
  return [
    ...lacking(environment, { has }, scripts).map((lack) => lack.replace('is not in it', 'is not in the package')),
    ...programs.filter((_name, index) => !there[index]).map((name) => `${environment.name} starts with "${environment.run}", and "${name}" is not on this machine: ${why}; start it by a file that the package holds`),
  ];
}

const INSTALLS = /^(?:npm|pnpm|yarn|bun|pip3?|poetry|uv|bundle)$/;

/** Whether Build has a command that may make files, beside installing and testing. */
function builds({ stages }: Plan): boolean {
  const actions = stages.find(({ name }) => name === 'build')?.actions.filter(({ row }) => row === 'build.code') ?? [];
  return actions.some(({ input }) => {
    const { command, prepare } = (input ?? {}) as { readonly command?: unknown; readonly prepare?: unknown };
    const commands = [command, prepare].flatMap((line) => (typeof line === 'string' ? commandsOf(line) ?? [['?']] : []));
    return commands.some(([program = '', verb = 'install']) => !INSTALLS.test(program) || !['install', 'ci', 'i', 'sync'].includes(verb));
  });
}
