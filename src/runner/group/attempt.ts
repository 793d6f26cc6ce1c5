import { spawn } from 'node:child_process';
import type { Tree } from '../attend.ts';
import { bearsAttempt, type Mark, markVariables } from '../marks.ts';
import { endMarked, marked, send } from '../../sandbox/processes.ts';
import type { Start } from '../running-cell.ts';

/**
 * How a command is started where there are no namespaces: a process group and the marks in the environment hold its
 * processes together. What clears its environment and leaves the group escapes: hence isolation `none`.
 */
export function startInGroup(base: { readonly [name: string]: string }, mark: Mark): (start: Start) => Tree {
  return ({ words: [program, ...rest], cwd, given, attempt }) => {
    const child = spawn(program!, rest, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...base, ...given, ...markVariables(mark, attempt) } });
    const ours = bearsAttempt(mark, attempt);
    const toAll = async (signal: NodeJS.Signals): Promise<void> => {
      if (child.pid !== undefined) send(-child.pid, signal);
      for (const pid of await marked(ours)) send(pid, signal);
    };
    return {
      child,
      terminate: () => toAll('SIGTERM'),
      kill: () => toAll('SIGKILL'),
      async gone() {
        if (child.pid !== undefined) send(-child.pid, 'SIGKILL');
        await endMarked(ours);
      },
    };
  };
}
