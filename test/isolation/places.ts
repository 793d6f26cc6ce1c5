/** Tries, in each kind of place where code of a commit runs, what can be done there: by the product's own mechanisms. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { runWalled } from '../../src/actions/database/walled-tool.ts';
import { contractPlan, region } from '../../src/environment/contract.testing.ts';
import { fixture } from '../../src/environment/process/fixture.testing.ts';
import { runByServer } from '../../src/environment/process/postgres.testing.ts';
import { newId } from '../../src/foundation/ids.ts';
import { ownContext } from '../../src/local/own-context.ts';
import { evaluateConfig } from '../../src/pipeline/evaluate.ts';
import { memoryLog } from '../../src/pipeline/plain-cell.testing.ts';
import type { ActionPlan, Plan } from '../../src/pipeline/plan.ts';
import { openCells } from '../../src/runner/cells.ts';
import type { Reach } from '../../src/runner/cell.ts';
import { type Facts, type Tried, trying } from './tried.ts';
import type { Places } from './table.ts';

/** What has to be ended after it. */
export type Context = Pick<TestContext, 'after'>;

const never = new AbortController().signal;
const GATE = 3_128;
const TOLD = 'TRIED ';
const TELLING = `console.log('${TOLD}' + JSON.stringify(await tried()));\n`;

interface Ground { readonly facts: Facts; readonly state: string; readonly repository: string; readonly base: string; readonly source: string }

export async function triedEverywhere(t: Context): Promise<Places> {
  const ground = await prepared(t);
  const [configuration, build, migration, { instance, probe, database }, hook] = await Promise.all([inConfiguration(t, ground), inBuild(t, ground), inMigration(ground), inRegion(t, ground), inHook(ground)]);
  return { configuration, build, migration, database, instance, probe, hook };
}

/** Below /var/tmp, which no cell covers of itself: what is not seen there was hidden for what it is. */
async function prepared(t: Context): Promise<Ground> {
  const base = await realpath(await mkdtemp('/var/tmp/trunkline-tried-'));
  const home = await mkdtemp(join(homedir(), '.trunkline-tried-'));
  const tmp = await mkdtemp('/tmp/trunkline-tried-');
  t.after(() => Promise.all([base, home, tmp].map((path) => rm(path, { recursive: true, force: true }))));
  const [state, repository] = [join(base, 'state'), join(base, 'repository')];
  const files = { state: join(state, 'keys', 'signing.pem'), repository: join(repository, '.git', 'config'), home: join(home, 'credentials'), tmp: join(tmp, 'file') };
  for (const path of Object.values(files)) {
    await mkdir(dirname(path), { recursive: true });
    await put(path, 'theirs');
  }
  const marker = newId('tried', Date.now());
  process.env['TRUNKLINE_TRIED'] = marker;
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', marker], { stdio: 'ignore' });
  t.after(() => {
    delete process.env['TRUNKLINE_TRIED'];
    other.kill('SIGKILL');
  });
  const [port, abstract, socket] = [await listening(t, { port: 0, host: '127.0.0.1' }), `${marker}-abstract`, join(state, 'host.sock')];
  await listening(t, { path: `\0${abstract}` });
  await listening(t, { path: socket });
  const facts: Facts = { files, folders: { state, repository, home, tmp }, port, abstract, socket, marker, gate: GATE, network: await readlink('/proc/self/ns/net') };
  return { facts, state, repository, base, source: trying(facts) };
}

/** Whatever the mask: it is not by a file's mode that others are kept from it. */
async function put(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o644);
}

async function listening(t: Context, where: { readonly port: number; readonly host: string } | { readonly path: string }): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}).end()).listen(where);
  await once(server, 'listening');
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function told(text: string): Tried {
  const line = text.split('\n').find((one) => one.startsWith(TOLD));
  if (line === undefined) throw new Error(`nothing was told: ${text}`);
  return JSON.parse(line.slice(TOLD.length)) as Tried;
}

async function cellFor(t: Context, { state, repository }: Ground, name: string) {
  const workdir = join(state, 'work', name);
  await mkdir(workdir, { recursive: true });
  await put(join(workdir, 'own.txt'), 'own');
  const cell = await openCells({ records: join(state, 'cells'), marker: state, npmrc: '' }).open({ id: `run/${name}-1`, workdir, hidden: [state, repository] });
  t.after(() => cell.close());
  return { cell, workdir };
}

async function inConfiguration(t: Context, ground: Ground): Promise<Tried> {
  const { cell, workdir } = await cellFor(t, ground, 'configuration');
  const log = memoryLog();
  const config = join(workdir, 'trunkline.config.ts');
  await put(join(workdir, 'tried.mjs'), ground.source);
  await put(config, `import { tried } from './tried.mjs';\n${TELLING}export default {};\n`);
  // It is no pipeline, and is told so after it has run.
  await evaluateConfig(cell, { config, log, signal: never, timeout: 60_000 }).catch(() => {});
  return told(log.text());
}

async function inBuild(t: Context, ground: Ground): Promise<Tried> {
  const { cell, workdir } = await cellFor(t, ground, 'build');
  const log = memoryLog();
  await put(join(workdir, 'tried.mjs'), ground.source + TELLING);
  const reach: Reach = { hosts: 'registries' };
  await cell.run({ attempt: 'tried', command: [process.execPath, 'tried.mjs'], reach, timeout: 60_000, signal: never, log });
  return told(log.text());
}

async function inMigration({ source }: Ground): Promise<Tried> {
  let printed = '';
  const keep = (chunk: Buffer): void => void (printed += chunk.toString());
  // Its one file stands for what it is to work on.
  const text = source.replace('own.txt', 'tried.mjs') + TELLING;
  await runWalled({ file: { name: 'tried.mjs', text }, words: (folder) => [process.execPath, join(folder, 'tried.mjs')], env: {}, signal: never, out: keep, err: keep });
  return told(printed);
}

const APPLICATION = `
import { createServer } from 'node:http';
import { tried } from './tried.mjs';
createServer(async (request, response) => response.end(request.url === '/tried' ? '${TOLD}' + JSON.stringify(await tried()) : 'well')).listen(Number(process.env.PORT), '127.0.0.1');
`;
const PROBE = `
import { tried } from '../tried.mjs';
let once;
export default async () => { throw new Error('${TOLD}' + Object.values(await (once ??= tried())).map(Number).join('')); };
`;

async function inRegion(t: Context, { repository, state, source }: Ground): Promise<Pick<Places, 'instance' | 'probe' | 'database'>> {
  const made = await fixture(t as TestContext);
  const driver = made.reopen({ hidden: [state, repository] }).region(region);
  await driver.launch({ ...contractPlan, instances: 1, database: 'postgres', data: '/data', health: '/', metrics: '/', probes: [{ name: 'tried', file: 'probes/tried.mjs', everyMs: 200 }] }, never);
  const { release, files } = await made.release('r1', 'good', { 'app.mjs': APPLICATION, 'tried.mjs': source, 'own.txt': 'own', 'probes/tried.mjs': PROBE });
  await driver.prepare(release, files, never);
  await driver.shift('r1', 10_000, never);
  const { url } = await driver.observe();
  const instance = told(await (await request(`${url}/tried`)).body.text());
  const database = told(await runByServer(join(made.root, region.environment, region.region, 'database'), source + TELLING));
  const deadline = performance.now() + 60_000;
  for (;;) {
    // A message is short: one digit for each row, in their order.
    const digits = (await driver.telemetry(0)).probes.map(({ detail }) => /TRIED ([01]+)/.exec(detail)?.[1]).find((found) => found !== undefined);
    if (digits) return { instance, database, probe: Object.fromEntries(Object.keys(instance).map((key, index) => [key, digits[index] === '1'])) as unknown as Tried };
    if (performance.now() > deadline) throw new Error('no probe has told anything');
    await sleep(100);
  }
}

async function inHook({ base, source }: Ground): Promise<Tried> {
  const tree = join(base, 'tree');
  await mkdir(tree);
  await writeFile(join(tree, 'own.txt'), 'own');
  await writeFile(join(tree, 'tried.mjs'), source + TELLING);
  const log = memoryLog();
  const context = ownContext({
    plan: {} as Plan, action: { name: 'tried', kind: 'shell', row: 'build.unit-tests', timeoutMs: 60_000 } as ActionPlan, tree, workTree: tree, log, signal: never, onReport: () => {}, isQuick: true,
    history: { changedLines: async () => new Map(), async *files() {}, async *versions() {} },
  });
  await context.exec([process.execPath, 'tried.mjs']);
  return told(log.text());
}
