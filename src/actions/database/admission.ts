import type { ErrorRecord } from '../../foundation/errors.ts';
import type { Digest } from '../../foundation/units.ts';
import { compareIds, type Migration } from './migration.ts';

/** One migration in the ledger: written before it is applied, finished after it was. */
export interface LedgerRow {
  readonly id: string;
  readonly sha256: Digest;
  readonly run: string;
  readonly transactional: boolean;
  readonly finished: boolean;
  /** What the tool said when it failed though it had recorded the migration; null otherwise. */
  readonly failedWith: string | null;
  readonly before: string;
  /** Null where a person said that the schema is to be taken as it is. */
  readonly after: string | null;
}

/** What a database says of itself while nobody else migrates it. */
export interface DatabaseState {
  readonly ledger: readonly LedgerRow[];
  /** Ids that dbmate recorded as applied, in the transaction that applied them. */
  readonly recorded: readonly string[];
  /** Of the schema as it is now. */
  readonly fingerprint: string;
}

export interface Admission {
  /** Begun by an earlier attempt, and proven to be applied whole: to be finished in the ledger. */
  readonly finish: readonly string[];
  /** Begun by an earlier attempt, and proven to have left nothing: to be struck from the ledger. */
  readonly forget: readonly string[];
  /** Applied before this ledger was begun: to be taken over into it. */
  readonly adopt: readonly Migration[];
  /** To be applied, in this order. */
  readonly pending: readonly Migration[];
  /** Applied by a later release than this one: newer than all that it brings. */
  readonly ahead: readonly string[];
}

/** What is to be done, or why nothing may be. Pure. */
export function admit(migrations: readonly Migration[], state: DatabaseState): Admission | ErrorRecord {
  const files = new Map(migrations.map((migration) => [migration.id, migration]));
  const recorded = new Set(state.recorded);
  const begun = state.ledger.filter((row) => !row.finished);
  // A record alone proves nothing where the tool itself has failed.
  const failed = begun.find(({ failedWith }) => failedWith !== null);
  if (failed) return halfApplied(failed, files.get(failed.id));
  const finish = begun.filter(({ id }) => recorded.has(id));
  const forget = begun.filter((row) => !recorded.has(row.id));

  for (const row of forget) {
    if (!row.transactional || row.before !== state.fingerprint) return halfApplied(row, files.get(row.id));
  }
  const adopt = state.ledger.length > 0 ? [] : state.recorded.map((id) => files.get(id));
  if (adopt.includes(undefined)) return removed(state.recorded.find((id) => !files.has(id)) ?? '');
  const applied = state.ledger.filter(({ id }) => recorded.has(id));
  const known = new Set(applied.map(({ id }) => id));
  const strangers = state.ledger.length > 0 ? state.recorded.filter((id) => !known.has(id)) : [];
  const lost = state.ledger.filter((row) => row.finished && !recorded.has(row.id)).map(({ id }) => id);
  if (strangers.length > 0 || lost.length > 0) return recordsDiffer(strangers, lost);

  const last = applied.toSorted((a, b) => compareIds(a.id, b.id)).at(-1);
  if (begun.length === 0 && last && last.after !== null && last.after !== state.fingerprint) return drifted(last);

  const newestFile = migrations.at(-1);
  const ahead: string[] = [];
  for (const row of applied) {
    const file = files.get(row.id);
    if (file && file.sha256 !== row.sha256) return changed(file, row);
    if (!file && newestFile && compareIds(row.id, newestFile.id) < 0) return removed(row.id);
    if (!file) ahead.push(row.id);
  }
  const pending = migrations.filter(({ id }) => !recorded.has(id));
  const newest = state.recorded.toSorted(compareIds).at(-1);
  const late = newest === undefined ? undefined : pending.find(({ id }) => compareIds(id, newest) <= 0);
  if (late && newest !== undefined) return outOfOrder(late, newest);
  return { finish: finish.map(({ id }) => id), forget: forget.map(({ id }) => id), adopt: adopt as readonly Migration[], pending, ahead: ahead.toSorted(compareIds) };
}

export function isRefusal(answer: Admission | ErrorRecord): answer is ErrorRecord {
  return 'code' in answer;
}

function refusal(code: string, message: string, hint: string): ErrorRecord {
  return { code, class: 'refused', message, hint };
}

type Begun = Pick<LedgerRow, 'id' | 'run' | 'transactional' | 'failedWith'>;

export function halfApplied(row: Begun, file: Migration | undefined): ErrorRecord {
  const name = file?.file ?? row.id;
  if (row.failedWith !== null) {
    return refusal('MIGRATION_HALF_APPLIED', `MANUAL: ${name} of run ${row.run} is recorded as applied, and dbmate failed: ${row.failedWith}`,
      `compare the database with the statements of ${name}. Then either undo what is there and "delete from schema_migrations where version = '${row.id}'; `
      + `delete from trunkline.ledger where id = '${row.id}'", or complete it and "update trunkline.ledger set failed_with = null where id = '${row.id}'", and run again`);
  }
  const why = row.transactional ? 'the schema is not as it was before it began' : 'it does not run in one transaction, so a part of it may have been applied';
  return refusal('MIGRATION_HALF_APPLIED', `MANUAL: ${name} was begun by run ${row.run} and did not end: ${why}`,
    `compare the database with the statements of ${name} (an index that failed half way is INVALID in \\d). Then either undo what is there and "delete from trunkline.ledger where id = '${row.id}'", `
    + `or complete it, "insert into schema_migrations values ('${row.id}')" and run again`);
}

function removed(id: string): ErrorRecord {
  return refusal('MIGRATION_REMOVED', `migration ${id} was applied, but this release no longer has its file`, 'put the file back as it was: what was applied is never taken out');
}

function changed(file: Migration, row: LedgerRow): ErrorRecord {
  return refusal('MIGRATION_CHANGED', `${file.file} was applied by run ${row.run} with other contents than this release has`,
    'put the file back as it was, and write the change as a new migration');
}

function outOfOrder(late: Migration, newest: string): ErrorRecord {
  return refusal('MIGRATION_OUT_OF_ORDER', `${late.file} is new, but migration ${newest} was applied before it`, `give it an id above ${newest}`);
}

function drifted(last: LedgerRow): ErrorRecord {
  return refusal('SCHEMA_DRIFT', `the schema was changed by something else since migration ${last.id} of run ${last.run}`,
    `find out by whom and undo it; or, to take the schema as it is now, "update trunkline.ledger set fingerprint_after = null where id = '${last.id}'"`);
}

function recordsDiffer(strangers: readonly string[], lost: readonly string[]): ErrorRecord {
  const parts = [
    ...(strangers.length > 0 ? [`${strangers.join(', ')} applied by something else than Trunkline`] : []),
    ...(lost.length > 0 ? [`${lost.join(', ')} applied by Trunkline, but no longer recorded by dbmate`] : []),
  ];
  return refusal('MIGRATION_RECORDS_DIFFER', `the records of the database disagree: ${parts.join('; ')}`, 'compare the tables schema_migrations and trunkline.ledger, and correct the one that is wrong');
}
