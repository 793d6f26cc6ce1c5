import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Tree } from '../attend.ts';
import { bearsAttempt, type Mark, markVariables } from '../marks.ts';
import { childrenOf, descendantsOf, endMarked, send } from '../../sandbox/processes.ts';
import { PROXY_PORT, PROXY_VARIABLES } from '../../network/proxy-variables.ts';
import type { Relay, Start } from '../running-cell.ts';
import { attempting, entering, type Tools } from '../../sandbox/tools.ts';

/**
 * The first process of an attempt's PID namespace. What a command is given comes in one variable and is set here, in
 * the innermost place: an `LD_PRELOAD` must not reach the programs that enter the cell.
 */
const FIRST = `cd -- "$1" || exit 126; shift
if [ -n "$TRUNKLINE_RELAY" ]; then ready=$(eval "$TRUNKLINE_RELAY" 3>&1 > /dev/null 2>&1 &); [ "$ready" = listening ] || { echo "trunkline: no way to the network: $ready"; exit 126; }; fi
eval "$TRUNKLINE_GIVEN"; unset TRUNKLINE_GIVEN TRUNKLINE_RELAY ready; "$@"; exit $?`;
const RELAY = fileURLToPath(new URL(`../../network/relay-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
const POLL = 2;

/** How a command is started in a sealed cell: in namespaces of its own, nested in those of the cell. */
export function startInside(tools: Tools, holder: number, base: { readonly [name: string]: string }, mark: Mark): (start: Start) => Tree {
  return ({ words, cwd, given, attempt, relay }) => {
    const told = relay?.ports.includes(PROXY_PORT) ? PROXY_VARIABLES : {};
    const [program, ...rest] = [...entering(tools, holder), ...attempting(tools), '/bin/sh', '-c', FIRST, 'sh', cwd, ...words];
    const child = spawn(program!, rest, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], env: { ...base, ...markVariables(mark, attempt), TRUNKLINE_GIVEN: exports({ ...told, ...given }), TRUNKLINE_RELAY: relay === undefined ? '' : relaying(relay) } });
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

/** Its output is closed when it listens: then the command begins. */
function relaying({ gate, ports }: Relay): string {
  return ['exec', process.execPath, RELAY, gate, ...ports.map(String)].map((word, index) => (index === 0 ? word : quoted(word))).join(' ');
}

function exports(given: { readonly [name: string]: string }): string {
  return Object.entries(given).map(([name, value]) => `export ${name}=${quoted(value)}`).join('\n');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
