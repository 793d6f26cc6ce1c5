import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Tree } from '../attend.ts';
import { bearsAttempt, type Mark, markVariables } from '../marks.ts';
import { PROXY_PORT, proxyVariables } from '../../network/proxy-variables.ts';
import { firstInside, handed, inside } from '../../sandbox/inside.ts';
import { descendantsOf, endMarked, send } from '../../sandbox/processes.ts';
import { quoted, type Tools } from '../../sandbox/tools.ts';
import type { Relay, Start } from '../running-cell.ts';

const BY_RELAY = `if [ -n "$TRUNKLINE_RELAY" ]; then ready=$(eval "$TRUNKLINE_RELAY" 3>&1 > /dev/null 2>&1 &); [ "$ready" = listening ] || { echo "trunkline: no way to the network: $ready"; exit 126; }; fi; unset TRUNKLINE_RELAY ready`;
const RELAY = fileURLToPath(new URL(`../../network/relay-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
const POLL = 2;

/** How a command is started in a sealed cell: in namespaces of its own, nested in those of the cell. */
export function startInside(tools: Tools, holder: number, base: { readonly [name: string]: string }, mark: Mark, held: readonly string[]): (start: Start) => Tree {
  return ({ words, cwd, given, attempt, relay }) => {
    const told = relay?.ports.includes(PROXY_PORT) ? proxyVariables(base['JAVA_TOOL_OPTIONS']) : {};
    const [program, ...rest] = [...held, ...inside(tools, holder, { cwd, words, before: BY_RELAY })];
    const child = spawn(program!, rest, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], env: { ...base, ...markVariables(mark, attempt), ...handed({ ...told, ...given }), TRUNKLINE_RELAY: relay === undefined ? '' : relaying(relay) } });
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
    return {
      child,
      async terminate() {
        // The first process of a PID namespace does not hear it; those below it do.
        const first = await firstInside(child.pid);
        if (first !== undefined) for (const pid of (await descendantsOf(first)).toReversed()) send(pid, 'SIGTERM');
      },
      async kill() {
        while (!isOver()) {
          const first = await firstInside(child.pid);
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

/** Its output is closed when it listens: then the command begins. */
function relaying({ gate, ports }: Relay): string {
  return ['exec', process.execPath, RELAY, gate, ...ports.map(String)].map((word, index) => (index === 0 ? word : quoted(word))).join(' ');
}
