/** What a release would try that knows this machine; the same text is an instance, a probe, a build. For tests. */
export interface Targets {
  /** Files that nobody in there may read, nor write. */
  readonly files: readonly string[];
  /** Folders in which nothing may be made; none below the temporary folder, for in there that is its own. */
  readonly folders: readonly string[];
  /** Sockets of the control plane. */
  readonly sockets: readonly string[];
  /** Covered folders, which a mount of its own might uncover. */
  readonly covered: readonly string[];
  /** What the words of processes hold that are not to be seen, as a regular expression; of the product's and its databases where nothing is said. */
  readonly processes?: string;
}

/** To uncover a folder, `$1`, or to come around what covers it; each prints then what it can of the files behind it. */
const WAYS = [
  ...['umount -l "$1"', 'mount -t tmpfs x "$1"', 'mount -o remount,bind,rw "$1"', 'mount --bind / /tmp'].map((way) => `${way}; shift; cat "$@"`),
  'shift; nsenter -t 1 -m cat "$@"', 'shift; chroot / cat "$@"',
];

/**
 * The source of a module whose `intrude()` resolves with what was reached: nothing, where the walls hold. Where they do
 * not, it still leaves this machine as it was: files are opened for writing and not written, what it makes it removes.
 */
export function intruder({ files, folders, sockets, covered, processes = 'agent/main|src/main|postgres' }: Targets): string {
  return `
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, copyFileSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
const quiet = { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8', timeout: 5_000 };
export async function intrude() {
  const reached = [];
  const tried = [];
  const attempt = (what, act) => { tried.push(what); try { if (act() !== false) reached.push(what); } catch { /* denied */ } };
  const run = (...words) => execFileSync(words[0], words.slice(1), quiet);
  for (const file of ${JSON.stringify(files)}) {
    attempt('read ' + file, () => readFileSync(file));
    attempt('read by another root ' + file, () => readFileSync('/proc/1/root' + file));
    attempt('write ' + file, () => closeSync(openSync(file, 'r+')));
  }
  for (const folder of ${JSON.stringify(folders)}) attempt('write in ' + folder, () => {
    writeFileSync(folder + '/trunkline-was-here', 'x');
    rmSync(folder + '/trunkline-was-here');
  });
  for (const file of ['/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/dev/mem']) attempt('open ' + file, () => closeSync(openSync(file, 'r+')));
  attempt('see another process', () => readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).some((pid) => new RegExp(${JSON.stringify(processes)}).test(readFileSync('/proc/' + pid + '/cmdline', 'utf8'))));
  attempt('find a socket', () => run('find', '/run', '/var/run/', '/mnt', '/tmp', '-type', 's').trim() !== '');
  attempt('find a disk', () => readdirSync('/dev').some((name) => /^(sd|vd|nvme|mem|kmsg)/.test(name)));
  attempt('have a capability', () => !/CapEff:\\s+0+\\n/.test(readFileSync('/proc/self/status', 'utf8')));
  attempt('gain privileges', () => !/NoNewPrivs:\\s+1/.test(readFileSync('/proc/self/status', 'utf8')));
  attempt('su', () => run('su', '-c', 'id', 'root'));
  attempt('a copy set to run as its owner', () => {
    copyFileSync('/bin/sh', '/tmp/sh');
    try {
      chmodSync('/tmp/sh', 0o4755);
      return run('/tmp/sh', '-p', '-c', 'id -u').trim() === '0';
    } finally {
      rmSync('/tmp/sh');
    }
  });
  for (const hidden of ${JSON.stringify(covered)}) {
    for (const way of ${JSON.stringify(WAYS)}) {
      for (const inside of [[], ['unshare', '-Urm']]) attempt([...inside, way, hidden].join(' '), () => {
        try { return run(...inside, 'sh', '-c', way, 'sh', hidden, ...${JSON.stringify(files)}) !== ''; } catch (error) { return String(error.stdout ?? '') !== ''; }
      });
    }
  }
  for (const path of ${JSON.stringify(sockets)}) {
    tried.push('connect to ' + path);
    const socket = connect(path);
    if (await new Promise((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)))) reached.push('connect to ' + path);
    socket.destroy();
  }
  attempt('be root', () => process.getuid() === 0);
  mkdirSync(process.env.HOME + '/own'); // what is its own it has
  rmSync(process.env.HOME + '/own', { recursive: true });
  writeFileSync(process.env.TMPDIR + '/own', 'x');
  rmSync(process.env.TMPDIR + '/own');
  return { reached, tried };
}
`;
}

/** What `intrude()` resolves with. */
export interface Intrusion { readonly reached: readonly string[]; readonly tried: readonly string[] }

const EVERYWHERE = ['see another process', 'find a socket', 'find a disk', 'have a capability', 'gain privileges', 'su', 'a copy set to run as its owner', 'be root'];

/** What of the targets nothing was tried with, though it should have been: nothing, where the intruder did its work. */
export function leftOut({ files, folders, sockets, covered }: Targets, tried: readonly string[]): readonly string[] {
  const named = [
    ...files.flatMap((file) => [`read ${file}`, `read by another root ${file}`, `write ${file}`]),
    ...folders.map((folder) => `write in ${folder}`), ...sockets.map((path) => `connect to ${path}`), ...EVERYWHERE,
  ];
  const ways = covered.flatMap((folder) => WAYS.flatMap((way) => ['', 'unshare -Urm '].map((inside) => `${inside}${way} ${folder}`)));
  return [...named, ...ways].filter((what) => !tried.includes(what));
}
