/** Histories from elsewhere, as `trunkline metrics --import FILE` reads them. */
import { z } from 'zod';
import { TrunklineError } from '../foundation/errors.ts';
import type { Attempt } from './attempt.ts';

/** Limits of what is read at all, so that a wrong file is refused rather than fills the memory. */
export const LARGEST_IMPORT = { bytes: 64 * 1024 * 1024, attempts: 100_000, commits: 1_000_000 } as const;

const text = z.string().min(1).max(200).regex(/^\P{C}+$/u, 'write it without control characters');
/** Up to the year 9999: what lies later was written in micro- or nanoseconds. */
const instant = z.int('write a whole number of epoch milliseconds').min(0, 'write epoch milliseconds').max(253_402_300_799_999, 'write epoch milliseconds: this lies after the year 9999');

// A field that we do not know belongs to whoever wrote the file, and is passed over.
const commit = z.object({
  id: text,
  pushedAt: instant,
  reverts: z.union([text, z.array(text).max(1_000)]).optional(),
  orphaned: z.boolean().optional(),
});

const attempt = z.object({
  run: text,
  attempt: z.int().min(1),
  kind: z.enum(['STANDARD', 'ROLLBACK']),
  startedAt: instant,
  endedAt: instant.optional(),
  outcome: z.enum(['SUCCEEDED', 'FAILED', 'SUPERSEDED', 'STOPPED', 'REJECTED', 'EXPIRED', 'IN_PROGRESS']),
  revision: text,
  commits: z.array(commit),
  rejectReason: z.enum(['defect', 'not-now']).optional(),
  cause: z.enum(['infra', 'code', 'rollback']).optional(),
  /** All commits of the attempt left the trunk. */
  orphaned: z.boolean().optional(),
  production: z.enum(['changed', 'unchanged', 'none']).optional(),
  exposedAt: instant.optional(),
}).check(({ value, issues }) => {
  const fault = (field: string, message: string): void => void issues.push({ code: 'custom', path: [field], message, input: value });
  if (value.outcome === 'IN_PROGRESS' && value.endedAt !== undefined) fault('endedAt', 'an attempt that is IN_PROGRESS has no end');
  if (value.outcome === 'SUCCEEDED' && value.endedAt === undefined) fault('endedAt', 'an attempt that SUCCEEDED needs its end');
  if (value.endedAt !== undefined && value.endedAt < value.startedAt) fault('endedAt', 'it ends before it starts');
  if (value.rejectReason !== undefined && value.outcome !== 'REJECTED') fault('rejectReason', 'only an attempt that was REJECTED has one');
});

export const importSchema = z.object({ attempts: z.array(attempt).max(LARGEST_IMPORT.attempts) });

const HINT = 'the form is {"attempts": [{"run", "attempt", "kind", "startedAt", "endedAt", "outcome", "revision", "commits": [{"id", "pushedAt", "reverts"}]}]}, times in epoch milliseconds';

/** The attempts in the order of the file, which decides between equal times. @throws {TrunklineError} `METRICS_IMPORT_INVALID`, naming the path of each field at fault. */
export function parseImport(file: string): Attempt[] {
  if (Buffer.byteLength(file) > LARGEST_IMPORT.bytes) throw invalid(`the file is larger than ${LARGEST_IMPORT.bytes / 1024 / 1024} MiB`);
  const parsed = importSchema.safeParse(jsonOf(file));
  if (!parsed.success) {
    const faults = parsed.error.issues.slice(0, 10).map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
    throw invalid(faults.join('; '));
  }
  const { attempts } = parsed.data;
  const commits = attempts.reduce((count, each) => count + each.commits.length, 0);
  if (commits > LARGEST_IMPORT.commits) throw invalid(`there are ${commits} commits, more than ${LARGEST_IMPORT.commits}`);
  const seen = new Set<string>();
  for (const [index, { run, attempt: number }] of attempts.entries()) {
    const key = JSON.stringify([run, number]);
    if (seen.has(key)) throw invalid(`attempts.${index}: attempt ${number} of run "${run}" is there twice`);
    seen.add(key);
  }
  return attempts.map(attemptOf);
}

function attemptOf({ orphaned, commits, endedAt, rejectReason, cause, production, exposedAt, ...rest }: z.infer<typeof attempt>): Attempt {
  return {
    ...rest,
    commits: commits.map(({ id, pushedAt, reverts, orphaned: itself }) => ({
      id,
      pushedAt,
      ...(reverts === undefined ? {} : { reverts: typeof reverts === 'string' ? [reverts] : reverts }),
      ...(itself === true || orphaned === true ? { orphaned: true } : {}),
    })),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(rejectReason === undefined ? {} : { rejectReason }),
    ...(cause === undefined ? {} : { cause }),
    ...(production === undefined ? {} : { production }),
    ...(exposedAt === undefined ? {} : { exposedAt }),
  };
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(file.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw invalid(`the file is not JSON: ${(error as Error).message}`);
  }
}

function invalid(message: string): TrunklineError {
  return new TrunklineError('METRICS_IMPORT_INVALID', 'usage', message, HINT);
}
