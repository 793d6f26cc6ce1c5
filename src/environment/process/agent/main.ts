/** A region's own process: it outlives whoever started it, and everything of the region ends with it. */
import { existsSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { errorRecord } from '../../../foundation/errors.ts';
import type { Millis } from '../../../foundation/units.ts';
import { handOverOnce } from '../../../sandbox/hand-over.ts';
import type { Isolation } from '../regional.ts';
import { layout } from '../layout.ts';
import { takeLock } from '../lock.ts';
import { WALLS, type Identity } from '../survivors.ts';
import { wallsOf } from '../walls.ts';
import type { Greeting } from '../protocol.ts';
import { serveControl } from './control.ts';
import { Region } from './region.ts';
import { writeWhole } from './stored.ts';

const PURPOSE_EVERY: Millis = 2_000;
const IDLE_LIMIT: Millis = 60_000;

const [folder, environment, region, isolation, ...hidden] = process.argv.slice(2) as [string, string, string, Isolation, ...string[]];
const note = (line: string): void => console.error(`${new Date().toISOString()} ${line}`);

// A fault in one corner must not take a region's traffic with it; the log keeps it.
process.on('uncaughtException', (error) => note(`fault: ${error.stack ?? String(error)}`));
process.on('unhandledRejection', (reason) => note(`fault: ${reason instanceof Error ? reason.stack : String(reason)}`));

process.umask(0o077);
process.chdir(folder);
const here = layout(folder, { environment, region });
const lock = takeLock(here.lock);
if (!lock) {
  greet({ error: { code: 'AGENT_RUNNING', class: 'infra', message: `another agent serves ${folder} already` } });
  process.exit(1);
}
try {
  await identify(false);
  for (const name of ['releases', 'logs', 'homes', 'data'] as const) await mkdir(here[name], { recursive: true, mode: 0o700 });
  const walls = await wallsOf(here, isolation, hidden);
  // Before any instance is at work in there: a host that was another user, or had other walls, may have left it.
  if (walls.application?.stranger) await handOverOnce(here.data, walls.application.stranger);
  const opened = await Region.open({ layout: here, walls, note });
  const end = (): void => {
    lock.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void opened.end().then(end));
  lookForPurpose(opened, end);
  await serveControl(opened, { ended: end, note });
  await identify(true);
  note('ready');
  greet({ ready: true });
} catch (error) {
  note(`cannot start: ${error instanceof Error ? error.stack : String(error)}`);
  greet({ error: errorRecord(error) });
  process.exit(1);
}

/** Tells whoever finds this folder which process to end, and whether it should answer by now. */
async function identify(serves: boolean): Promise<void> {
  const [pid, ...started] = (process.env['TRUNKLINE_AGENT'] ?? '').split(' ');
  const identity: Identity = { pid: Number(pid), started: started.join(' '), walls: WALLS, serves };
  await writeWhole(here.identity, JSON.stringify(identity), false);
}

/** Without a folder, or with nothing launched for long, there is nobody left who could ever end this process. */
function lookForPurpose(opened: Region, end: () => void): void {
  let idle = 0;
  setInterval(() => {
    idle = opened.isLaunched ? 0 : idle + PURPOSE_EVERY;
    const gone = !existsSync(here.identity);
    if (!gone && idle < IDLE_LIMIT) return;
    note(gone ? 'the folder of this region is gone; ending' : 'nothing was launched; ending');
    void opened.end().finally(end);
  }, PURPOSE_EVERY);
}

/** Says it to whoever started this process, who may have gone. */
function greet(greeting: Greeting): void {
  try {
    writeSync(3, `${JSON.stringify(greeting)}\n`);
  } catch (error) {
    note(`nobody heard ${JSON.stringify(greeting)}: ${(error as Error).message}`);
  }
}
