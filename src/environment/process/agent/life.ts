import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorRecord } from '../../../foundation/errors.ts';
import { removeFolder } from '../../../foundation/removal.ts';
import { Pool } from 'undici';
import type { Millis } from '../../../foundation/units.ts';
import type { EnvironmentPlan } from '../../../pipeline/plan.ts';
import { enclosed, kill, type Isolation } from '../enclosure.ts';
import { InFlight } from './inflight.ts';
import type { InstanceLog } from './instance-log.ts';
import { freePort } from './port.ts';
import type { Target } from './router.ts';

export interface InstanceSpec {
  readonly release: string;
  readonly plan: EnvironmentPlan;
  /** The release's folder: read-only, and the working folder. */
  readonly files: string;
  /** Asked before each start. @throws {TrunklineError} where the folder no longer holds what the artifact does. */
  readonly whole: () => Promise<unknown>;
  readonly isolation: Isolation;
  readonly state: string;
  readonly stage: string;
  readonly homes: string;
  readonly log: InstanceLog;
  /** All that the process finds in its environment, for the port and home it is given; asked anew at each start. */
  environment(given: { readonly port: number; readonly home: string; readonly instance: string }): { readonly [name: string]: string };
}

const CHECK_EVERY: Millis = 1_000;
const CHECK_EVERY_AT_START: Millis = 50;
const CHECK_LIMIT: Millis = 2_000;
const FAILURES = 3;

/** One process, from its start to its end. */
export class Life implements Target {
  readonly #spec: InstanceSpec;
  readonly #changed: () => void;
  readonly #condemned = new AbortController();
  readonly id: string;
  readonly inFlight = new InFlight();
  healthy = false;
  /** For traffic; `side` is for our own questions, which must not wait behind it. */
  http!: Pool;
  side!: Pool;

  constructor(spec: InstanceSpec, id: string, changed: () => void) {
    this.#spec = spec;
    this.#changed = changed;
    this.id = id;
  }

  condemn(why: string): void {
    this.#condemned.abort(why);
  }

  /** Resolves once the process and all that it started are dead; true when it was ever healthy. Never rejects. */
  async run(ending: AbortSignal): Promise<boolean> {
    const { log, homes } = this.#spec;
    const home = join(homes, this.id);
    let wasHealthy = false;
    try {
      await this.#spec.whole();
      await mkdir(home, { recursive: true, mode: 0o700 });
      const port = await freePort();
      this.http = new Pool(`http://127.0.0.1:${port}`, { connections: 256, pipelining: 1 });
      this.side = new Pool(`http://127.0.0.1:${port}`, { connections: 2 });
      const child = this.#start(home, port);
      const over = new AbortController();
      const exited = ended(child).then((how) => over.abort(`it ended by itself: ${how}`));
      const stop = AbortSignal.any([ending, this.#condemned.signal, over.signal]);
      const why = await this.#watch(stop);
      wasHealthy = this.healthy;
      this.healthy = false;
      this.#changed();
      log.line(`trunkline: ${this.id} ends: ${ending.aborted ? 'asked to' : why}`);
      await this.#finish(child, exited, over.signal.aborted);
    } catch (error) {
      log.line(`trunkline: ${this.id} could not be started: ${errorRecord(error).message}`);
    } finally {
      await Promise.all([this.http?.destroy(), this.side?.destroy(), removeFolder(home).catch((error: unknown) => log.line(`trunkline: ${errorRecord(error).message}`))]);
    }
    return wasHealthy;
  }

  #start(home: string, port: number): ChildProcess {
    const { plan, log, ...where } = this.#spec;
    const [command, ...args] = enclosed({ ...where, home }, ['sh', '-c', plan.run]);
    const env = { ...this.#spec.environment({ port, home, instance: this.id }) };
    const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const from of [child.stdout, child.stderr]) {
      const into = log.stream();
      from.on('data', (chunk: Buffer) => into.write(chunk)).once('close', () => into.end());
    }
    return child;
  }

  /** Resolves with the reason why the process should end, or has ended. */
  async #watch(stop: AbortSignal): Promise<string> {
    const { plan } = this.#spec;
    const deadline = performance.now() + plan.startTimeoutMs;
    let failures = 0;
    while (!stop.aborted) {
      const fault = await this.#check();
      if (stop.aborted) break;
      if (fault === undefined) {
        failures = 0;
        if (!this.healthy) {
          this.healthy = true;
          this.#changed();
        }
      } else if (this.healthy && ++failures >= FAILURES) {
        return `unhealthy: ${fault}`;
      } else if (!this.healthy && performance.now() > deadline) {
        return `not healthy within ${plan.startTimeoutMs} ms: ${fault}`;
      }
      await sleep(this.healthy ? CHECK_EVERY : CHECK_EVERY_AT_START, undefined, { signal: stop }).catch(() => {}); // the loop looks itself
    }
    return String(stop.reason);
  }

  async #check(): Promise<string | undefined> {
    try {
      const { statusCode, body } = await this.side.request({ path: this.#spec.plan.health, method: 'GET', signal: AbortSignal.timeout(CHECK_LIMIT) });
      await body.dump();
      return statusCode >= 200 && statusCode < 300 ? undefined : `${this.#spec.plan.health} answers ${statusCode}`;
    } catch (error) {
      return error instanceof Error && error.name !== 'TimeoutError' ? error.message : `${this.#spec.plan.health} does not answer within ${CHECK_LIMIT} ms`;
    }
  }

  /** Drains, asks, insists. */
  async #finish(child: ChildProcess, exited: Promise<void>, gone: boolean): Promise<void> {
    const { drainMs } = this.#spec.plan;
    const { pid } = child;
    if (pid === undefined) return;
    if (!gone) {
      await this.inFlight.drained(drainMs);
      signal(pid, 'SIGTERM');
      const patience = setTimeout(() => kill(pid), drainMs);
      await exited;
      clearTimeout(patience);
    }
    // Where there is no namespace, what the process left behind still has its group.
    if (this.#spec.isolation === 'none') signal(pid, 'SIGKILL');
  }
}

/** How it ended, once its last words have been read; a grandchild that holds its pipes is not waited for. */
async function ended(child: ChildProcess): Promise<string> {
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const how = await new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('exit', (code, name) => resolve(name ? `signal ${name}` : `exit code ${code}`));
  });
  await Promise.race([closed, sleep(250)]);
  return how;
}

function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
