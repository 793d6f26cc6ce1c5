import type { Command as Program } from 'commander';
import { TrunklineError, errorRecord } from '../foundation/errors.ts';
import { EXIT, exitOfError, type ExitCode } from './exit.ts';
import type { Desk, OpenDesk } from './desk.ts';
import type { Product } from './product.ts';
import { Terminal } from './terminal.ts';
import { linesOf, paint, text } from './text.ts';

/** What every command gets: the product, opened when it is first needed, and where to print. */
export interface Session {
  readonly terminal: Terminal;
  readonly json: boolean;
  /** Aborted by Ctrl-C, and by a request to end. */
  readonly signal: AbortSignal;
  product(): Promise<Product>;
  /** What works on this machine alone; opened without anything of the product. */
  desk(): Promise<Desk>;
}

const LINGER = 1_000;

interface Globals { readonly json?: boolean; readonly state?: string; readonly directory?: string }

/** How a command gets what it works with, when it first needs it. */
export interface Openers { readonly product: OpenProduct; readonly desk: OpenDesk }

export type OpenProduct = (options: { readonly cwd: string; readonly state?: string; readonly signal: AbortSignal; /** Where a host says what it met. */ readonly tell: (line: string) => void }) => Promise<Product>;

/** Runs the body of a command, and turns what it throws into an explanation and an exit code. */
export function acting<Options>({ product, desk }: Openers, act: (session: Session, options: Options, ...given: (string | undefined)[]) => Promise<ExitCode | void>) {
  return async (...all: unknown[]): Promise<void> => {
    const command = all.at(-1) as Program;
    const options = all.at(-2) as Options;
    const given = all.slice(0, -2) as (string | undefined)[];
    const globals = command.optsWithGlobals<Globals>();
    const terminal = new Terminal();
    const stop = new AbortController();
    const end = (): void => stop.abort(new TrunklineError('INTERRUPTED', 'refused', 'interrupted'));
    process.once('SIGINT', end).once('SIGTERM', end);
    try {
      const place = { cwd: globals.directory ?? process.cwd(), ...(globals.state === undefined ? {} : { state: globals.state }) };
      const session: Session = { terminal, json: globals.json === true, signal: stop.signal, product: () => product({ ...place, signal: stop.signal, tell: (line) => terminal.note(line) }), desk: () => desk(place) };
      process.exitCode = (await act(session, options, ...given)) ?? EXIT.done;
    } catch (thrown) {
      process.exitCode = explain(terminal, thrown, globals.json === true);
    } finally {
      process.removeListener('SIGINT', end).removeListener('SIGTERM', end);
      // What nobody waits for any more, such as a region that is silent, keeps no process that was asked to end.
      if (stop.signal.aborted) setTimeout(() => process.exit(), LINGER).unref();
    }
  };
}

/** What happened, why, and what to do next. */
export function explain(terminal: Terminal, thrown: unknown, json: boolean): ExitCode {
  const error = errorRecord(thrown);
  if (json) terminal.json({ error });
  else {
    for (const line of error.lastLines ?? []) terminal.note(paint('dim', `  | ${line}`));
    terminal.note(text`${paint('red', 'trunkline:')} ${error.message} [${error.code}]`);
    if (error.hint !== undefined) terminal.note(`  ${error.hint}`);
    if (error.class === 'bug' && thrown instanceof Error && process.env['TRUNKLINE_DEBUG'] !== undefined) for (const line of linesOf(thrown.stack ?? '')) terminal.note(line);
  }
  return exitOfError(error);
}
