/** What can be told of a place only by trying it there: the rows of the table in docs/explanation/isolation.md. */
export interface Facts {
  /** Files that this machine's people would miss, by row; each is put back by nobody, for it is only opened. */
  readonly files: { readonly [what: string]: string };
  readonly folders: { readonly [what: string]: string };
  /** A port of the machine's loopback, an abstract socket and a socket in the state folder, all listening. */
  readonly port: number;
  readonly abstract: string;
  readonly socket: string;
  /** In the command line and the environment of another process of the host's user, and in the host's own environment. */
  readonly marker: string;
  /** Where the gate for registries is met. */
  readonly gate: number;
  /** Of the machine's network namespace. */
  readonly network: string;
}

export const rows = [
  ['Reads', 'the files it is to work on', 'own'],
  ['Reads', 'programs, libraries and `/etc/passwd` of the machine', 'system'],
  ['Reads', 'the state folder: keys, journal, secrets, other runs', 'read state'],
  ['Reads', "the repository's git folder", 'read repository'],
  ['Reads', 'the home of the host\'s user', 'read home'],
  ['Reads', "the machine's `/tmp`", 'read tmp'],
  ['Reads', '`/etc/shadow`', 'shadow'],
  ['Writes', 'the folder it works in', 'write own'],
  ['Writes', 'a HOME and a temporary folder', 'write home and tmp'],
  ['Writes', 'data that outlive it, where the plan declares them', 'data'],
  ['Writes', 'the state folder, the repository, the home, the machine\'s `/tmp`', 'write theirs'],
  ['Writes', "the machine's programs and settings", 'write system'],
  ['Reaches', "the machine's network: its addresses, and those that it reaches", 'network'],
  ['Reaches', "a port of the machine's loopback", 'port'],
  ['Reaches', 'the registries, through the gate', 'gate'],
  ['Reaches', 'sockets in files, those of host and agents among them', 'sockets'],
  ['Reaches', 'abstract sockets of the machine', 'abstract'],
  ['Sees', 'other processes, their words and environments', 'processes'],
  ['Sees', "the host's environment", 'environment'],
  ['Has', 'the user root', 'root'],
  ['Has', 'capabilities', 'capabilities'],
  ['Has', 'new privileges by programs such as `su`', 'privileges'],
] as const;

export type Tried = { readonly [key in typeof rows[number][2]]: boolean };

/** The source of a module whose `tried()` resolves with {@link Tried}, of the place where it is called. */
export function trying(facts: Facts): string {
  return `
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
const facts = ${JSON.stringify(facts)};
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const can = (act) => { try { return act() !== false; } catch { return false; } };
const reads = (path) => can(() => readFileSync(path));
const opens = (path) => can(() => closeSync(openSync(path, 'r+')));
const makesIn = (folder) => can(() => { writeFileSync(folder + '/trunkline-was-here', 'x'); rmSync(folder + '/trunkline-was-here'); });
const meets = (to) => new Promise((done) => {
  const socket = connect(to).setTimeout(3000, () => { socket.destroy(); done(false); });
  socket.once('connect', () => { socket.destroy(); done(true); }).once('error', () => done(false));
});
const status = (field) => new RegExp('^' + field + ':\\\\s*(\\\\S+)$', 'm').exec(readFileSync('/proc/self/status', 'utf8'))[1];
const others = () => readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).some((pid) => ['cmdline', 'environ'].some((of) => can(() => readFileSync('/proc/' + pid + '/' + of, 'utf8').includes(facts.marker) && pid !== String(process.pid))));
const isTheirs = readlinkSync('/proc/self/ns/net') === facts.network;
export async function tried() {
  return {
    own: reads(beside('own.txt')), system: reads('/bin/sh') && reads('/etc/passwd'), 'read state': reads(facts.files.state), 'read repository': reads(facts.files.repository),
    'read home': reads(facts.files.home), 'read tmp': reads(facts.files.tmp), shadow: reads('/etc/shadow'),
    'write own': makesIn(beside('.')), 'write home and tmp': makesIn(process.env.HOME) && makesIn(process.env.TMPDIR ?? '/tmp'),
    data: process.env.TRUNKLINE_DATA !== undefined && makesIn(process.env.TRUNKLINE_DATA),
    'write theirs': Object.values(facts.files).some(opens) || Object.values(facts.folders).some(makesIn), 'write system': ['/usr/bin', '/etc', '/usr/lib'].some(makesIn) || opens('/etc/passwd'),
    network: isTheirs, port: await meets({ host: '127.0.0.1', port: facts.port }), gate: !isTheirs && await meets({ host: '127.0.0.1', port: facts.gate }),
    sockets: await meets({ path: facts.socket }), abstract: await meets({ path: '\\0' + facts.abstract }),
    processes: others(), environment: Object.values(process.env).includes(facts.marker),
    root: process.getuid() === 0, capabilities: !/^0+$/.test(status('CapEff')), privileges: status('NoNewPrivs') !== '1',
  };
}
`;
}
