import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { explain } from './cli/command.ts';
import { program } from './cli/program.ts';
import { Terminal } from './cli/terminal.ts';
import type { Wrapping } from './compose.ts';

/** The command line. @param wrap lets the crash tests stand between the host and the world. */
export async function commandLine(argv: readonly string[], wrap?: Wrapping): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  // A host that lives in this process judges it instead: it has runs to end well.
  process.on('uncaughtException', (error) => {
    if (process.listenerCount('uncaughtException') === 1) process.exit(explain(new Terminal(), error, false));
  });
  try {
    await program({
      // Loaded when a command needs it: a hook must not wait for databases and browsers.
      product: async (options) => (await import('./product.ts')).openProduct({ ...options, ...(wrap ? { wrap } : {}) }),
      desk: async (options) => (await import('./desk.ts')).openDesk(options),
    }, version).parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) process.exitCode = explain(new Terminal(), error, false);
  }
}
