import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../foundation/clock.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Millis } from '../foundation/units.ts';
import type { CellCommand, Exit } from './cell.ts';

/** A command that has been started, and the powers over all that it starts. */
export interface Tree {
  readonly child: ChildProcess;
  /** Tells all of it to end. */
  terminate(): Promise<void>;
  /** Ends all of it, once what there is to end has shown itself. */
  kill(): Promise<void>;
  /** Resolves once nothing of it lives, after the child has ended. @param killed whether {@link kill} was called. */
  gone(killed: boolean): Promise<void>;
}

export interface Attending {
  readonly clock: Clock;
  /** Between telling a command to end and ending it. */
  readonly grace: Millis;
  /** Aborts when the cell is closed. */
  readonly closing: AbortSignal;
}

/** For what is still in the pipe when every writer is dead; one that escaped could hold it open for ever. */
const DRAIN: Millis = 2_000;

/** Sees a command through to its end: output into the log, timeout, cancellation, proof of death. */
export async function attend(start: () => Tree, command: CellCommand, { clock, grace, closing }: Attending): Promise<Exit> {
  const began = clock.now();
  const cancelled = AbortSignal.any([command.signal, closing]);
  if (cancelled.aborted) return { code: null, signal: null, ended: 'cancelled', duration: 0 };

  const tree = start();
  const { child } = tree;
  const over = new AbortController();
  const exited = Promise.withResolvers<Pick<Exit, 'code' | 'signal'>>();
  child.once('exit', (code, signal) => exited.resolve(exitOf(code, signal)));
  child.once('error', exited.reject);
  const drained = new Promise<void>((resolve) => child.once('close', () => resolve()));

  let ended: Exit['ended'] = 'by-itself';
  let ending: Promise<void> | undefined;
  let killed = false;
  const end = (why: Exit['ended']): void => {
    if (ending !== undefined) return;
    ended = why;
    ending = (async () => {
      await tree.terminate();
      if (!(await elapsed(clock, grace, over.signal))) return;
      killed = true;
      await tree.kill();
    })();
    ending.catch(exited.reject);
  };

  let failure: unknown;
  const write = (chunk: Buffer): void => {
    if (failure !== undefined) return;
    try {
      command.log.write(chunk);
    } catch (error) {
      failure = error;
      end('cancelled');
    }
  };
  child.stdout?.on('data', write);
  child.stderr?.on('data', write);

  const cancel = (): void => end('cancelled');
  cancelled.addEventListener('abort', cancel, { once: true });
  void elapsed(clock, command.timeout, over.signal).then((late) => late && end('timeout'));
  try {
    const exit = await exited.promise;
    const duration = clock.now() - began;
    over.abort();
    await ending;
    await tree.gone(killed);
    await Promise.race([drained, sleep(DRAIN, undefined, { ref: false })]);
    if (failure !== undefined) throw failure;
    if (exit.code === 127 && ended === 'by-itself') throw notFound(command);
    // What ends between here and the command tells of it in ways of its own.
    return { ...(killed ? { code: null, signal: 'SIGKILL' } : exit), ended, duration };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw notFound(command);
    throw error;
  } finally {
    over.abort();
    cancelled.removeEventListener('abort', cancel);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

/** @returns false when the signal came first. */
async function elapsed(clock: Clock, duration: Millis, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(duration, signal).then(() => true, () => false);
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number as number, name]));

/** A shell tells of a signal by 128 and its number: one way of saying it is enough. */
function exitOf(code: number | null, signal: string | null): Pick<Exit, 'code' | 'signal'> {
  const told = code !== null && code > 128 ? SIGNALS.get(code - 128) : undefined;
  return told === undefined ? { code, signal } : { code: null, signal: told };
}

function notFound({ command, log }: CellCommand): TrunklineError {
  const shown = typeof command === 'string' ? command : command.join(' ');
  const program = typeof command === 'string' ? 'a program that it names' : `${command[0]}, or a program that it starts,`;
  return new TrunklineError('COMMAND_NOT_FOUND', 'code', `\`${shown.length > 200 ? `${shown.slice(0, 200)}…` : shown}\` ended with 127: ${program} is not there`,
    'install what the last lines name: on this machine, or among the dependencies of the project', log.lastLines(5));
}
