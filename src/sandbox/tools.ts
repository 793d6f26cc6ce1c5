import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { raisingLoopback } from './loopback.ts';

export interface User { readonly uid: number; readonly gid: number }

/** The programs of util-linux that make and enter namespaces, and the user that commands run as. */
export interface Tools {
  readonly unshare: string;
  readonly nsenter: string;
  readonly mount: string;
  readonly setpriv: string;
  /** Limits single processes, where there are no control groups; older machines lack it. */
  readonly prlimit: string | undefined;
  /** Holds a lock on a file for as long as a process lives. */
  readonly flock: string | undefined;
  /**
   * A host that is root makes sandboxes with root's own powers, and runs commands in them as another user: the owner of
   * the machine's devices and settings must not be the one who runs a commit's code. For cells that is nobody.
   */
  readonly stranger: User | undefined;
  readonly uid: number;
  readonly gid: number;
  /** What raises the loopback of a new network namespace; undefined where none can be made, and the network is the machine's. */
  readonly loopback: readonly string[] | undefined;
}

const NOBODY = 65_534;
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/run/current-system/sw/bin'];

/** @returns why there can be no cells here, or what makes them: tried, not guessed. */
export function findTools(): Tools | { readonly weakness: string } {
  if (process.platform !== 'linux') return { weakness: `${process.platform} has no namespaces; run Trunkline on Linux for sealed builds` };
  const [unshare, nsenter, mount, setpriv] = ['unshare', 'nsenter', 'mount', 'setpriv'].map(find);
  if (!unshare || !nsenter || !mount || !setpriv) return { weakness: 'unshare, nsenter, mount or setpriv is missing; install util-linux' };
  const [uid, gid] = [process.geteuid!(), process.getegid!()];
  const base = { unshare, nsenter, mount, setpriv, prlimit: find('prlimit'), flock: find('flock'), uid, gid, stranger: uid === 0 ? { uid: NOBODY, gid: NOBODY } : undefined };
  const failures: string[] = [];
  for (const loopback of [...raisingLoopback(find), undefined]) {
    const tools: Tools = { ...base, loopback };
    const why = failureOf(tools);
    if (why === undefined) return tools;
    failures.push(why);
  }
  return { weakness: `this machine does not let ${uid === 0 ? 'root' : 'an ordinary user'} make namespaces (${failures.at(-1)}); allow it by kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0 and user.max_user_namespaces, or by --privileged for a container` };
}

/** What goes wrong when a cell and an attempt in it are tried; undefined when nothing does. */
function failureOf(tools: Tools): string | undefined {
  const { unshare, mount } = tools;
  const tried = spawnSync(unshare, [...cellOptions(tools), '/bin/sh', '-c', `${mount} -t tmpfs trial /run && exec "$@"`, 'sh', ...trialOfAttempt(tools)], { encoding: 'utf8', timeout: 10_000, env: {} });
  return tried.status === 0 ? undefined : (tried.stderr ?? tried.error?.message ?? '').trim().split('\n').at(-1) ?? '';
}

function find(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Options of `unshare` for the namespaces of a cell. */
export function cellOptions({ stranger }: Tools): readonly string[] {
  return [...(stranger ? [] : ['--user', '--map-root-user']), ...INSIDE];
}

/** The words that enter the cell whose first process is `pid`, with the powers to make an attempt's namespaces there. */
export function entering({ nsenter, stranger }: Tools, pid: number): readonly string[] {
  return stranger
    ? [nsenter, '--target', String(pid), '--mount', '--pid', '--setuid', String(stranger.uid), '--setgid', String(stranger.gid)]
    : [nsenter, '--target', String(pid), '--user', '--mount', '--pid', '--preserve-credentials'];
}

/**
 * The words that make the namespaces of one attempt inside a cell. Its user namespace is another one than that which
 * owns the cell's mounts: they are locked, whatever powers a command gets itself in namespaces of its own. No program
 * that is set to run as another user gives it more than it has.
 */
export function attempting({ unshare, setpriv, stranger, uid, gid, loopback }: Tools): readonly string[] {
  // Whichever number a stranger has outside, inside it is one that the machine knows by a name.
  const user = stranger ? { uid: NOBODY, gid: NOBODY } : { uid, gid };
  const inner = [unshare, '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, ...INSIDE, setpriv, '--no-new-privs', '--'];
  if (loopback === undefined) return inner;
  // Whoever raises the loopback owns the network; the attempt's own user namespace, inside, has no power over it.
  return [unshare, '--user', '--map-root-user', '--net', '/bin/sh', '-c', `${loopback.map(quoted).join(' ')} && exec "$@"`, 'sh', ...inner];
}

/** For a shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

const INSIDE = ['--mount', '--pid', '--ipc', '--fork', '--kill-child', '--mount-proc'];

function trialOfAttempt(tools: Tools): readonly string[] {
  const asStranger = tools.stranger ? [tools.nsenter, '--setuid', String(tools.stranger.uid), '--setgid', String(tools.stranger.gid)] : [];
  return [...asStranger, ...attempting(tools), 'true'];
}
