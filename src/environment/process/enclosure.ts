/**
 * The words that start a process which cannot outlive its region nor look around in it. A PID namespace ends every
 * process when its first one ends; a mount and user namespace of its own hides the state folder for good.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

export type Isolation = 'namespaces' | 'none';
export type Words = readonly [command: string, ...args: string[]];

/** The first process of a namespace: passes on a polite end, reaps orphans, and ends when its one child has ended. */
const FIRST = 'trap : TERM INT HUP; "$@" & child=$!; while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done; exit "$code"';

/** Puts together what may be seen on `stage`, lays that over the state folder, and gives the power to undo it away. */
const HIDE = `set -e
state=$1 stage=$2 files=$3 home=$4 uid=$5 gid=$6; shift 6
mount -t tmpfs -o size=1m,mode=0755 tmpfs "$stage"
mkdir -p "$stage\${files#"$state"}" "$stage\${home#"$state"}"
mount --bind "$files" "$stage\${files#"$state"}"
mount -o remount,bind,ro "$stage\${files#"$state"}"
mount --bind "$home" "$stage\${home#"$state"}"
mount --rbind "$stage" "$state"
mount -o remount,bind,ro "$state"
umask 022
cd "$files"
unset OLDPWD
exec unshare --user --map-user="$uid" --map-group="$gid" "$@"`;

const PLAIN = 'umask 022; cd "$1"; unset OLDPWD; shift; exec "$@"';

export interface Enclosure {
  readonly isolation: Isolation;
  /** Does not exist inside, but for `files` and `home`, which lie below it. Symbolic links resolved. */
  readonly state: string;
  readonly stage: string;
  /** Read-only inside, and the working folder. */
  readonly files: string;
  readonly home: string;
}

/** `words`, run inside `enclosure`. */
export function enclosed({ isolation, state, stage, files, home }: Enclosure, words: Words): Words {
  const first: Words = ['sh', '-c', FIRST, 'first', ...words];
  if (isolation === 'none') return ['sh', '-c', PLAIN, 'plain', files, ...first];
  return [...namespace(['--user', '--map-root-user', '--mount']), 'sh', '-c', HIDE, 'hide', state, stage, files, home, String(process.getuid?.()), String(process.getgid?.()), ...first];
}

/**
 * `words` as the process of a whole region. `TRUNKLINE_AGENT` tells it who it is on the outside: the number and the
 * start of the process that ends last.
 */
export function regional(isolation: Isolation, words: Words): Words {
  const root = process.getuid?.() === 0;
  const inner: Words = isolation === 'none' ? words : [...namespace(root ? ['--mount'] : ['--user', '--map-current-user', '--mount']), 'sh', '-c', FIRST, 'first', ...words];
  const started = process.platform === 'linux' ? 'cut -d" " -f22 "/proc/$$/stat"' : 'ps -o lstart= -p "$$"';
  return ['sh', '-c', `export TRUNKLINE_AGENT="$$ $(${started})"; exec "$@"`, 'regional', ...inner];
}

function namespace(kinds: readonly string[]): Words {
  return ['unshare', ...kinds, '--pid', '--fork', '--kill-child', '--mount-proc', '--'];
}

/**
 * Ends a process started by the words above, with everything in its namespace. What dies is its first process,
 * so that the end of `pid` itself proves the end of all the others.
 */
export function kill(pid: number): void {
  const inner = firstOf(pid);
  for (const victim of inner.length > 0 ? inner : [-pid]) {
    try {
      process.kill(victim, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
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

let known: Promise<Isolation> | undefined;

/** What this machine lets us do, found out by doing it, once. */
export function isolationHere(): Promise<Isolation> {
  known ??= (async () => {
    if (process.platform !== 'linux') return 'none';
    const [command, ...args] = regional('namespaces', [...namespace(['--user', '--map-root-user', '--mount']), 'sh', '-c', 'mount -t tmpfs tmpfs /mnt && exec unshare --user --map-user=0 true']);
    return promisify(execFile)(command, args, { timeout: 10_000 }).then(() => 'namespaces' as const, () => 'none' as const);
  })();
  return known;
}
