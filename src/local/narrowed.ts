import { globMatcher } from '../foundation/glob.ts';
import type { Concerned } from './concerned.ts';

/** What the configuration says of a command before a commit. */
export interface StagedCommand {
  readonly run: string;
  readonly files?: readonly string[] | undefined;
  readonly tests?: readonly string[] | undefined;
}

/** The command to run; or why there is nothing to run, or why it has to be run as it is written for a run. */
export type Narrowed = { readonly command: string; readonly scope: string } | { readonly nothing: string } | { readonly whole: string };

/** The kernel takes one argument of at most 128 KiB, and `sh -c` gets all of it as one. */
const LONGEST = 120_000;

/** A command on what changed alone. @param changed files that are there. */
export async function narrowed({ run, files: globs }: StagedCommand, changed: readonly string[], concerned: () => Promise<Concerned>): Promise<Narrowed> {
  const scope: string[] = [];
  let command = run;
  if (run.includes('{files}')) {
    const files = globs ? changed.filter(globMatcher(globs)) : changed;
    if (files.length === 0) return { nothing: globs ? `no file changed that it is for (${globs.join(', ')})` : 'no file changed that is still there' };
    command = command.replaceAll('{files}', () => words(files));
    scope.push(`${files.length} changed ${files.length === 1 ? 'file' : 'files'}`);
  }
  if (run.includes('{tests}')) {
    const { tests, of, all } = await concerned();
    if (tests.length === 0) return { nothing: of === 0 ? 'there are no unit tests' : `none of the ${of} test files reaches what changed` };
    command = command.replaceAll('{tests}', () => words(tests));
    scope.push(`${tests.length} of ${of} test files${all === undefined ? '' : `: ${all}`}`);
  }
  if (command.length > LONGEST) return { whole: 'too many files changed for one command' };
  return { command, scope: scope.join(', ') };
}

/** As words of `sh`: no name is taken for an option, a pattern or a command. */
function words(files: readonly string[]): string {
  return files.map((file) => `'${(file.startsWith('-') ? `./${file}` : file).replaceAll("'", "'\\''")}'`).join(' ');
}
