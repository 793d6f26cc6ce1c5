import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorRecord } from '../../../foundation/errors.ts';
import { Pool } from 'undici';
import type { Millis } from '../../../foundation/units.ts';
import type { EnvironmentPlan } from '../../../pipeline/plan.ts';
import { askToEnd } from '../../../sandbox/ending.ts';
import { openRoom, type Room, type RoomSpec, type Running } from '../../../sandbox/room.ts';
import type { Walls } from '../walls.ts';
import { Connections } from './connections.ts';
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
  readonly walls: Pick<RoomSpec, 'tools' | 'hidden'> & Pick<Walls, 'held'>;
  /** Of all processes of the region. */
  readonly marks: RoomSpec['marks'];
  /** Where the region keeps what instances keep; at which path they see it is for the plan to say. */
  readonly data: string;
  readonly homes: string;
  readonly log: InstanceLog;
  /** It ended, or had to be ended for being ill, though nobody asked it to. */
  crashed(): void;
  /** All that the process finds in its environment, for what it is given; asked anew at each start. */
  environment(given: InstanceGiven): { readonly [name: string]: string };
}

export interface InstanceGiven extends Pick<Room, 'home' | 'temporary' | 'data'> { readonly port: number }

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
  /** The limits that it hit, for people; undefined for none so far. */
  hit: string | undefined;
  /** For traffic; `side` is for our own questions, which must not wait behind it. */
  http!: Connections;
  side!: Pool;

  constructor(spec: InstanceSpec, id: string, changed: () => void) {
    this.#spec = spec;
    this.#changed = changed;
    this.id = id;
  }

  get isCondemned(): boolean {
    return this.#condemned.signal.aborted;
  }

  condemn(why: string): void {
    this.#condemned.abort(why);
  }

  /** Resolves once the process and all that it started are dead; true when it was ever healthy. Never rejects. */
  async run(ending: AbortSignal): Promise<boolean> {
    const { log } = this.#spec;
    let wasHealthy = false;
    let room: Room | undefined;
    try {
      await this.#spec.whole();
      const port = await freePort();
      room = await this.#room();
      this.http = new Connections(port);
      this.side = new Pool(`http://127.0.0.1:${port}`, { connections: 2 });
      const running = this.#start(room, port);
      const over = new AbortController();
      void running.over.then((how) => over.abort(`it ended by itself: ${how}`));
      const stop = AbortSignal.any([ending, this.#condemned.signal, over.signal]);
      const looks = setInterval(() => void this.#lookAtLimits(room), CHECK_EVERY);
      const why = await this.#watch(stop).finally(() => clearInterval(looks));
      await this.#lookAtLimits(room);
      wasHealthy = this.healthy;
      this.healthy = false;
      this.#changed();
      log.line(`trunkline: ${this.id} ends: ${ending.aborted ? 'asked to' : why}`);
      await this.#finish(running, port, over.signal.aborted);
    } catch (error) {
      log.line(`trunkline: ${this.id} could not be started: ${errorRecord(error).message}`);
    } finally {
      await Promise.all([this.http?.destroy(), this.side?.destroy()]);
      await room?.close().catch((error: unknown) => log.line(`trunkline: ${errorRecord(error).message}`));
    }
    return wasHealthy;
  }

  /** Told once, as it happens: a process that was refused another one may live on. */
  async #lookAtLimits(room: Room | undefined): Promise<void> {
    const hit = await room?.hit();
    if (hit === undefined || hit === this.hit) return;
    this.hit = hit;
    this.#spec.log.line(`trunkline: ${this.id} hit the limit of ${hit}; an operator sets others by "limits" in sandbox.json of the state folder`);
  }

  async #room(): Promise<Room> {
    const { walls: { held, ...walls }, marks, data, plan, homes, files } = this.#spec;
    return openRoom({
      ...walls, held: await held(this.id), scratch: join(homes, this.id), folder: files, marks: { ...marks, TRUNKLINE_INSTANCE: this.id },
      ...(plan.data === undefined ? {} : { data: { source: data, target: plan.data } }),
    });
  }

  #start(room: Room, port: number): Running {
    const { plan, log } = this.#spec;
    const running = room.start(['sh', '-c', plan.run], this.#spec.environment({ ...room, port }), ['ignore', 'pipe', 'pipe']);
    for (const from of [running.child.stdout, running.child.stderr]) {
      const into = log.stream();
      from?.on('data', (chunk: Buffer) => into.write(chunk)).once('close', () => into.end());
    }
    return running;
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

  /** Drains, and asks: whatever is left when the time is over ends with its room. */
  async #finish({ members }: Running, port: number, gone: boolean): Promise<void> {
    const { drainMs } = this.#spec.plan;
    if (!gone) await this.inFlight.drained(drainMs);
    await askToEnd({ members, patience: drainMs, goesOn: () => takesConnections(port) });
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: CHECK_LIMIT });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}
