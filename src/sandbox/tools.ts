import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** The programs of util-linux that make and enter namespaces, and the user that commands run as. */
export interface Tools {
  readonly unshare: string;
  readonly nsenter: string;
  readonly mount: string;
  /**
   * A host that is root makes cells with root's own powers, and runs commands in them as nobody: the owner of the
   * machine's devices and settings must not be the one who runs a commit's code.
   */
  readonly stranger: { readonly uid: number; readonly gid: number } | undefined;
  readonly uid: number;
  readonly gid: number;
}

const NOBODY = 65_534;
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/run/current-system/sw/bin'];

/** @returns why there can be no cells here, or what makes them: tried, not guessed. */
export function findTools(): Tools | { readonly weakness: string } {
  if (process.platform !== 'linux') return { weakness: `${process.platform} has no namespaces; run Trunkline on Linux for sealed builds` };
  const [unshare, nsenter, mount] = ['unshare', 'nsenter', 'mount'].map(find);
  if (!unshare || !nsenter || !mount) return { weakness: 'unshare, nsenter or mount is missing; install util-linux' };
  const [uid, gid] = [process.geteuid!(), process.getegid!()];
  const tools: Tools = { unshare, nsenter, mount, uid, gid, stranger: uid === 0 ? { uid: NOBODY, gid: NOBODY } : undefined };
  const tried = spawnSync(unshare, [...cellOptions(tools), '/bin/sh', '-c', `${mount} -t tmpfs trial /run && exec "$@"`, 'sh', ...trialOfAttempt(tools)], { encoding: 'utf8', timeout: 10_000, env: {} });
  if (tried.status === 0) return tools;
  const why = (tried.stderr ?? tried.error?.message ?? '').trim().split('\n').at(-1);
  return { weakness: `this machine does not let ${uid === 0 ? 'root' : 'an ordinary user'} make namespaces (${why}); allow it by kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0 and user.max_user_namespaces, or by --privileged for a container` };
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
 * owns the cell's mounts: they are locked, whatever powers a command gets itself in namespaces of its own.
 */
export function attempting({ unshare, stranger, uid, gid }: Tools): readonly string[] {
  const user = stranger ?? { uid, gid };
  return [unshare, '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, ...INSIDE];
}

const INSIDE = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

function trialOfAttempt(tools: Tools): readonly string[] {
  const asStranger = tools.stranger ? [tools.nsenter, '--setuid', String(tools.stranger.uid), '--setgid', String(tools.stranger.gid)] : [];
  return [...asStranger, ...attempting(tools), 'true'];
}
