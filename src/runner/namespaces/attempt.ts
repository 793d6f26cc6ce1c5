import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tree } from '../attend.ts';
import { bearsAttempt, type Mark, markVariables } from '../marks.ts';
import { childrenOf, descendantsOf, endMarked, send } from '../../sandbox/processes.ts';
import type { Start } from '../running-cell.ts';
import { attempting, entering, type Tools } from '../../sandbox/tools.ts';

/**
 * The first process of an attempt's PID namespace. What a command is given comes in one variable and is set here, in
 * the innermost place: an `LD_PRELOAD` must not reach the programs that enter the cell.
 */
const FIRST = 'cd -- "$1" || exit 126; shift; eval "$TRUNKLINE_GIVEN"; unset TRUNKLINE_GIVEN; "$@"; exit $?';
const POLL = 2;

/** How a command is started in a sealed cell: in namespaces of its own, nested in those of the cell. */
export function startInside(tools: Tools, holder: number, base: { readonly [name: string]: string }, mark: Mark): (start: Start) => Tree {
  return ({ words, cwd, given, attempt }) => {
    const [program, ...rest] = [...entering(tools, holder), ...attempting(tools), '/bin/sh', '-c', FIRST, 'sh', cwd, ...words];
    const child = spawn(program!, rest, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], env: { ...base, ...markVariables(mark, attempt), TRUNKLINE_GIVEN: exports(given) } });
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
    return {
      child,
      async terminate() {
        // The first process of a PID namespace does not hear it; those below it do.
        const first = await firstOf(child.pid);
        if (first !== undefined) for (const pid of (await descendantsOf(first)).toReversed()) send(pid, 'SIGTERM');
      },
      async kill() {
        while (!isOver()) {
          const first = await firstOf(child.pid);
          if (first !== undefined) send(first, 'SIGKILL');
          await sleep(POLL);
        }
      },
      async gone(killed) {
        // `nsenter` and `unshare` end after the namespace is empty, unless someone ended them themselves.
        if (child.signalCode !== null && !killed) await endMarked(bearsAttempt(mark, attempt));
      },
    };
  };
}

/** Below `nsenter` and `unshare`; undefined when it is not there yet, or not any more. */
async function firstOf(nsenter: number | undefined): Promise<number | undefined> {
  const [unshare] = nsenter === undefined ? [] : await childrenOf(nsenter);
  return unshare === undefined ? undefined : (await childrenOf(unshare))[0];
}

function exports(given: { readonly [name: string]: string }): string {
  return Object.entries(given).map(([name, value]) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`).join('\n');
}
