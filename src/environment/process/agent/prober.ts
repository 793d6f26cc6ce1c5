import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { errorRecord } from '../../../foundation/errors.ts';
import type { Millis } from '../../../foundation/units.ts';
import { openRoom, type Room, type RoomSpec, type Running } from '../../../sandbox/room.ts';
import type { Walls } from '../walls.ts';
import { PROBE_LIMIT, probeOutcome, type ProbeOrder, type ProbeOutcome } from '../prober/order.ts';

export interface ProberSpec {
  readonly walls: Pick<RoomSpec, 'tools' | 'hidden'> & Pick<Walls, 'held'>;
  /** Of all processes of the region. */
  readonly marks: RoomSpec['marks'];
  /** The folder that holds the folders of all releases here. */
  readonly releases: string;
  readonly homes: string;
  readonly environment: { readonly [name: string]: string };
  /** Told what the processes printed. */
  note(line: string): void;
}

type Answer = Pick<ProbeOutcome, 'ok' | 'detail' | 'release'>;

/** Later than the process's own limit: by then it is stuck as a whole. */
const PATIENCE: Millis = PROBE_LIMIT + 2_000;

/** Probes that end their process again and again must not keep the machine busy with that. */
const BETWEEN_STARTS: Millis = 1_000;

const PROGRAM = fileURLToPath(new URL(`../prober/main${extname(import.meta.url)}`, import.meta.url));

/** Runs probe files in a process apart, which is started when it is needed and again when it died. */
export class Prober {
  readonly #spec: ProberSpec;
  readonly #alive = new Set<ProberProcess>();
  #current: ProberProcess | undefined;
  #started = 0;
  #startedAt = -Infinity;
  #ended = false;

  constructor(spec: ProberSpec) {
    this.#spec = spec;
  }

  /** Runs one probe once. Never rejects: whatever goes wrong is a probe that failed. */
  async run(order: Omit<ProbeOrder, 'id'>): Promise<Answer> {
    if (this.#ended) return { ok: false, detail: 'the region is ending' };
    if (this.#current?.over) this.#current = undefined;
    if (!this.#current && performance.now() - this.#startedAt < BETWEEN_STARTS) return { ok: false, detail: 'the prober ended a moment ago' };
    this.#current ??= this.#start();
    return this.#current.run(order);
  }

  /** Later runs begin with a fresh process, which has no earlier release's code in it; those under way finish. */
  renew(): void {
    this.#current?.retire();
    this.#current = undefined;
    this.#startedAt = -Infinity;
  }

  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all([...this.#alive].map((process) => process.end()));
  }

  #start(): ProberProcess {
    this.#startedAt = performance.now();
    const made = new ProberProcess(this.#spec, `prober-${++this.#started}`);
    this.#alive.add(made);
    void made.gone.then(() => this.#alive.delete(made));
    return made;
  }
}

class ProberProcess {
  readonly #note: (line: string) => void;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  readonly #running: Promise<Running>;
  #room: Room | undefined;
  #last = 0;
  #retired = false;
  /** It has ended: nothing that is asked of it from now on would be answered. */
  over = false;
  /** Resolves once it is dead and its home is gone. */
  readonly gone: Promise<void>;

  constructor(spec: ProberSpec, name: string) {
    this.#note = (line) => spec.note(`${name}: ${line}`);
    this.#running = this.#start(spec, name);
    this.gone = this.#running.then(({ over }) => over, (error: unknown) => `could not be started: ${String(error)}`).then(async (how) => {
      this.over = true;
      const hit = await this.#room?.hit();
      this.#note(hit === undefined ? how : `${how}; it hit the limit of ${hit}`);
      for (const answer of this.#pending.values()) answer({ ok: false, detail: `the prober ended before the probe did: ${how}` });
      await this.#room?.close().catch((error: unknown) => this.#note(errorRecord(error).message));
    });
  }

  async run(order: Omit<ProbeOrder, 'id'>): Promise<Answer> {
    const id = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#pending.set(id, resolve);
    const stuck = setTimeout(() => {
      resolve({ ok: false, detail: `not done within ${PROBE_LIMIT} ms, and the prober no longer answers` });
      void this.end();
    }, PATIENCE);
    void this.#running.then(({ child }) => line(child).write(`${JSON.stringify({ id, ...order })}\n`), () => {}); // `gone` answers
    const answer = await promise;
    clearTimeout(stuck);
    this.#pending.delete(id);
    if (this.#retired && this.#pending.size === 0) void this.end();
    return answer;
  }

  retire(): void {
    this.#retired = true;
    if (this.#pending.size === 0) void this.end();
  }

  async end(): Promise<void> {
    await this.#running.catch(() => undefined);
    await this.#room?.close();
    await this.gone;
  }

  async #start({ walls: { held, ...walls }, marks, homes, releases, environment }: ProberSpec, name: string): Promise<Running> {
    this.#room = await openRoom({ ...walls, held: await held(name), scratch: join(homes, name), folder: releases, marks: { ...marks, TRUNKLINE_INSTANCE: name } });
    const { home, temporary } = this.#room;
    const running = this.#room.start([process.execPath, PROGRAM], { ...environment, HOME: home, TMPDIR: temporary }, ['ignore', 'pipe', 'pipe', 'pipe']);
    const { child } = running;
    for (const output of [child.stdout, child.stderr]) createInterface({ input: output as Socket }).on('line', (text) => this.#note(text.slice(0, 500)));
    line(child).on('error', () => {}); // its end is told by `gone`
    createInterface({ input: line(child) }).on('line', (text) => this.#hear(text)).on('error', () => {});
    return running;
  }

  #hear(text: string): void {
    const parsed = probeOutcome.safeParse(json(text));
    if (parsed.success) this.#pending.get(parsed.data.id)?.(parsed.data);
    else this.#note(`unreadable result: ${text.slice(0, 200)}`);
  }
}

function line(child: ChildProcess): Socket {
  return child.stdio[3] as Socket;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
