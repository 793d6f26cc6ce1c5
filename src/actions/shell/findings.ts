import type { ErrorRecord } from '../../foundation/errors.ts';
import type { Json } from '../../foundation/units.ts';
import { formats } from '../../reports/formats.ts';
import type { Unlisted } from '../../reports/judge.ts';
import { noneFrom, severities, type FindingsFormatName, type Limits } from '../../reports/names.ts';
import type { ActionContext } from '../action.ts';
import { conclude } from '../findings.ts';
import { findingsIn } from '../reading.ts';
import type { ShellInput } from './shell.ts';

export interface Concluded {
  readonly error?: ErrorRecord;
  readonly output: { readonly [field: string]: Json };
  /** Whether the command's exit code says no more than that it found what is in its reports. */
  readonly explains: boolean;
}

/**
 * Reads what the command found, in all the formats that it promised, and judges it as one.
 * @param exitCode of the command. A tool that exits with a code by which, as it documents, it says that it found
 * something, and whose report holds something, has not failed: what it found decides. With an empty report it has.
 */
export async function concluded({ findings, limits }: { readonly findings: NonNullable<ShellInput['findings']>; readonly limits: ShellInput['limits'] }, exitCode: number | null, context: ActionContext): Promise<Concluded> {
  const read = [];
  for (const [name, pattern] of Object.entries(findings) as [FindingsFormatName, string][]) {
    read.push({ name, ...await findingsIn(name, pattern, context) });
  }
  const result = await conclude({
    found: read.flatMap(({ found }) => found), tools: read.flatMap(({ tools }) => tools), scope: read.flatMap(({ scope }) => scope),
    limits: (limits as Limits | undefined) ?? noneFrom('medium'), unlisted: sumOf(read.map(({ unlisted }) => unlisted)),
  }, context);
  return {
    ...(result.passed ? {} : { error: result.error }), output: result.output as { readonly [field: string]: Json },
    explains: exitCode !== null && read.some(({ name, found }) => found.length > 0 && formats[name].exitCodes.includes(exitCode)),
  };
}

function sumOf(all: readonly Unlisted[]): Unlisted {
  return Object.fromEntries(severities.map((severity) => [severity, all.reduce((total, each) => total + (each[severity] ?? 0), 0)]));
}
