/**
 * `npm start`: three commits of the example application on their way to production, on this machine. Everything in it
 * is done by the command line that users have; the customers are a program of the example's own.
 */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Terminal } from '../src/cli/terminal.ts';
import { linesOf, text } from '../src/cli/text.ts';
import { Stage } from './stage.ts';

const APPROVER = 'demonstration';

interface RunShown {
  readonly run: string; readonly outcome: string; readonly rolledBack: boolean; readonly reason: string | null; readonly artifact: string | null;
  readonly approval: { readonly given: readonly unknown[] } | null;
  readonly stages: readonly { readonly stage: string; readonly state: string; readonly actions: readonly { readonly action: string; readonly state: string; readonly attempt?: number }[] }[];
}
interface RegionShown { readonly environment: string; readonly region: string; readonly url: string; readonly releases: readonly { readonly run: string; readonly weight: number; readonly role: string }[] }

const person = process.stdin.isTTY === true && process.stdout.isTTY === true;
const terminal = new Terminal();
const began = Date.now();
const stage = new Stage();
let failure: unknown;
// What runs is told as well, and ends; then this fails, and takes everything down like after any failure.
const interrupted = (): void => {
  failure ??= new Error('interrupted');
  stage.interrupt();
};
process.on('SIGINT', interrupted).on('SIGTERM', interrupted);

try {
  await demonstrate();
} catch (error) {
  failure ??= error;
  terminal.note(text`\nThe demonstration failed: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  say('Everything is taken down');
  await stage.end();
}
process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
process.exitCode = failure === undefined ? 0 : 1;
if (failure === undefined) terminal.print(text`\nDone in ${Math.round((Date.now() - began) / 1_000)} s; nothing is left running.`);

async function demonstrate(): Promise<void> {
  say('The example application, in a fresh git repository', stage.repository);
  operators();
  stage.commit('The first release of the shop');
  const up = await stage.up();

  say('1. The first release: there is no baseline yet, so nothing could be gone back to');
  await release('SUCCEEDED', 0);
  const customers = stage.start(['customers/traffic.ts', ...(await prod()).flatMap(({ url }) => ['--url', url]), '--rate', '40', '--seconds', '1200']);
  const met: Buffer[] = [];
  customers.stdout?.on('data', (chunk: Buffer) => met.push(chunk));

  say('2. A good change, while customers buy: a share of them first, then all');
  stage.commit('Let customers add a gift message', 'good-gift-message.patch');
  const good = await release('SUCCEEDED', 0);

  say('3. A bad change that every test passes: it fails on what only customers send');
  stage.commit('Reckon vouchers per country', 'error-in-production.patch');
  const bad = await release('FAILED', 3);
  if (!bad.rolledBack) throw new Error(`the bad change was not rolled back: ${bad.reason ?? ''}`);

  customers.kill('SIGTERM');
  await once(customers, 'close');
  say('What the customers met', Buffer.concat(met).toString('utf8').trim());

  say('What runs where, as another process sees it');
  await shown('env');
  for (const { region, releases } of await prod()) {
    if (releases.length !== 1 || releases[0]?.run !== good.run || releases[0].weight !== 10_000) throw new Error(`prod ${region} should run ${good.run} with all traffic, and runs ${JSON.stringify(releases)}`);
  }
  say('The evidence of what is live');
  await shown('verify', good.run);
  say('The four metrics');
  await shown('metrics');
  up.kill('SIGTERM');
  await once(up, 'exit');
}

/** Takes the head of the trunk as far as it comes, and holds it to what is expected of it. */
async function release(outcome: string, code: number): Promise<RunShown> {
  const running = person ? stage.trunkline(['run'], { show: true }) : stage.trunkline(['run', '--wait'], { show: true });
  const ended = { yet: false };
  const watched = running.finally(() => {
    ended.yet = true;
  });
  if (!person) await approve(ended);
  const end = await watched;
  const run = await data<RunShown>('show');
  if (run.outcome === outcome && end.code === code) return run;
  const failed = run.stages.flatMap(({ stage: name, actions }) => actions.filter(({ state }) => state === 'failed').map(({ action }) => `${name}.${action}`))[0];
  await shown('logs', run.run);
  throw new Error(`run ${run.run} ended ${run.outcome} (exit code ${end.code}) instead of ${outcome}${failed === undefined ? '' : ` at ${failed}`}: ${run.reason ?? 'no reason'}`);
}

/** Without a person at the terminal, the user that `operators.json` names for it approves, and it is said. */
async function approve(ended: { readonly yet: boolean }): Promise<void> {
  while (!ended.yet) {
    const run = await data<RunShown>('show').catch(() => undefined);
    const waits = run?.stages.find(({ stage: name }) => name === 'prod')?.actions.find(({ action }) => action === 'approval')?.state === 'running';
    if (run && waits && run.approval?.given.length === 0) {
      terminal.print(`          no terminal: "${APPROVER}" approves, a user made for this demonstration`);
      const { code } = await stage.trunkline(['approve', run.run, '--as', APPROVER, '--message', 'the demonstration goes on']);
      if (code !== 0) throw new Error(`the approval was refused (exit code ${code})`);
      return;
    }
    await sleep(300);
  }
}

/** One approver: whoever sits here, or the user made for this. */
function operators(): void {
  const user = userInfo().username;
  const groups = ['orders-operators'];
  mkdirSync(join(stage.repository, '.trunkline'), { mode: 0o700 });
  writeFileSync(join(stage.repository, '.trunkline/operators.json'), JSON.stringify({ people: person ? { [user]: { groups } } : { [APPROVER]: { groups, actedBy: [user] } } }), { mode: 0o600 });
}

async function prod(): Promise<RegionShown[]> {
  return (await data<RegionShown[]>('env')).filter(({ environment }) => environment === 'prod');
}

async function data<Value>(...args: string[]): Promise<Value> {
  const { code, out } = await stage.trunkline([...args, '--json']);
  if (code !== 0) throw new Error(`trunkline ${args.join(' ')} ended with exit code ${code}: ${out.trim()}`);
  return JSON.parse(out) as Value;
}

async function shown(...args: string[]): Promise<void> {
  const { code } = await stage.trunkline(args, { show: true });
  if (code !== 0) throw new Error(`trunkline ${args.join(' ')} ended with exit code ${code}`);
}

function say(what: string, more?: string): void {
  terminal.print(text`\n━━ ${what}`);
  if (more !== undefined) for (const line of linesOf(more)) terminal.print(line);
}
