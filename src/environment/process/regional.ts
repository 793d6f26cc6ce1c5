/** The words that start the process of a whole region, with which everything of the region ends. */
import { readFileSync } from 'node:fs';
import { findTools } from '../../sandbox/tools.ts';

export type Isolation = 'namespaces' | 'none';
export type Words = readonly [command: string, ...args: string[]];

/** The first process of a namespace: passes on a polite end, reaps orphans, and ends when its one child has ended. */
const FIRST = 'trap : TERM INT HUP; "$@" & child=$!; while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done; exit "$code"';

/**
 * `words` as the process of a whole region, in a PID namespace that ends when it does. `TRUNKLINE_AGENT` tells it who
 * it is on the outside: the number and the start of the process that ends last.
 */
export function regional(isolation: Isolation, words: Words): Words {
  const root = process.getuid?.() === 0;
  const kinds = root ? ['--mount'] : ['--user', '--map-current-user', '--mount'];
  const inner: Words = isolation === 'none' ? words : ['unshare', ...kinds, '--pid', '--fork', '--kill-child', '--mount-proc', '--', 'sh', '-c', FIRST, 'first', ...words];
  const started = process.platform === 'linux' ? 'cut -d" " -f22 "/proc/$$/stat"' : 'ps -o lstart= -p "$$"';
  return ['sh', '-c', `export TRUNKLINE_AGENT="$$ $(${started})"; exec "$@"`, 'regional', ...inner];
}

/**
 * Ends a process started by the words above, with everything in its namespace. What dies is its first process,
 * so that the end of `pid` itself proves the end of all the others. A stopped `pid` would never see that end: it goes on.
 */
export function kill(pid: number): void {
  const inner = firstOf(pid);
  for (const victim of inner.length > 0 ? inner : [-pid]) send(victim, 'SIGKILL');
  send(pid, 'SIGCONT');
}

function send(pid: number, signal: 'SIGKILL' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function firstOf(pid: number): readonly number[] {
  try {
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('unshare\0')) return [];
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // no such process, or no /proc on this machine: the process group it is
  }
}

let known: Isolation | undefined;

/** What this machine lets us do, found out by doing it, once. */
export function isolationHere(): Isolation {
  known ??= 'weakness' in findTools() ? 'none' : 'namespaces';
  return known;
}
