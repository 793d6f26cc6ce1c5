import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { admit, isRefusal, type Admission, type DatabaseState, type LedgerRow } from './admission.ts';
import { parseMigration, type Migration } from './migration.ts';

function migration(id: string, body = `create table t${id} ();`, options = ''): Migration {
  return parseMigration(`${id}_change.sql`, `-- migrate:up ${options}\n${body}\n-- migrate:down\n`);
}

function row(of: Migration, also: Partial<LedgerRow> = {}): LedgerRow {
  return { id: of.id, sha256: of.sha256, run: 'run-0', transactional: of.transactional, finished: true, failedWith: null, before: 'x', after: 'now', ...also };
}

function state(also: Partial<DatabaseState> = {}): DatabaseState {
  return { ledger: [], recorded: [], fingerprint: 'now', ...also };
}

function code(answer: ReturnType<typeof admit>): string {
  return isRefusal(answer) ? answer.code : `admitted ${answer.pending.map(({ id }) => id).join()}`;
}

const [one, two, three, nine, ten] = ['1', '2', '3', '9', '10'].map((id) => migration(id)) as [Migration, Migration, Migration, Migration, Migration];

describe('migrations', () => {
  it('are admitted in the order of their numbers, whatever the order of their names', () => {
    assert.equal(code(admit([one, nine, ten], state({ ledger: [row(one)], recorded: ['1'] }))), 'admitted 9,10');
  });

  it('are refused when an applied one has changed', () => {
    assert.equal(code(admit([migration('1', 'drop table users;'), two], state({ ledger: [row(one)], recorded: ['1'] }))), 'MIGRATION_CHANGED');
  });

  it('are refused when a new one comes before the last that was applied', () => {
    assert.equal(code(admit([one, two, three], state({ ledger: [row(one), row(three)], recorded: ['1', '3'] }))), 'MIGRATION_OUT_OF_ORDER');
  });

  it('are refused when an applied one has gone from between the others', () => {
    assert.equal(code(admit([one, three], state({ ledger: [row(one), row(two)], recorded: ['1', '2'] }))), 'MIGRATION_REMOVED');
  });

  it('are refused when the schema was changed by something else, until a person takes it as it is', () => {
    const drifted = state({ ledger: [row(one, { after: 'then' })], recorded: ['1'] });
    const answer = admit([one, two], drifted);
    assert.equal(code(answer), 'SCHEMA_DRIFT');
    assert.match((isRefusal(answer) && answer.hint) || '', /update trunkline\.ledger set fingerprint_after = null where id = '1'/);
    assert.equal(code(admit([one, two], state({ ledger: [row(one, { after: null })], recorded: ['1'] }))), 'admitted 2');
  });

  it('are refused where another tool applied one, or took a record away', () => {
    assert.equal(code(admit([one, two], state({ ledger: [row(one)], recorded: ['1', '2'] }))), 'MIGRATION_RECORDS_DIFFER');
    assert.equal(code(admit([one, two], state({ ledger: [row(one)], recorded: [] }))), 'MIGRATION_RECORDS_DIFFER');
  });

  it('leave a database alone that a later release has brought further', () => {
    const answer = admit([one], state({ ledger: [row(one), row(two)], recorded: ['1', '2'] })) as Admission;
    assert.deepEqual([answer.pending, answer.ahead], [[], ['2']]);
  });

  it('are taken over from a database that dbmate alone has migrated so far', () => {
    const answer = admit([one, two, three], state({ recorded: ['1', '2'] })) as Admission;
    assert.deepEqual([answer.adopt, answer.pending], [[one, two], [three]]);
    assert.equal(code(admit([three], state({ recorded: ['1'] }))), 'MIGRATION_REMOVED');
  });
});

describe('a migration that was begun and not ended', () => {
  const begun = (of: Migration, also: Partial<LedgerRow> = {}): LedgerRow => row(of, { finished: false, before: 'now', after: null, ...also });

  it('is finished where the database recorded it', () => {
    const answer = admit([one, two], state({ ledger: [row(one), begun(two, { before: 'then' })], recorded: ['1', '2'] })) as Admission;
    assert.deepEqual([answer.finish, answer.pending], [['2'], []]);
  });

  it('is applied again where its transaction left nothing, also when it was corrected meanwhile', () => {
    const answer = admit([one, migration('2', 'select 2;')], state({ ledger: [row(one), begun(two)], recorded: ['1'] })) as Admission;
    assert.deepEqual([answer.forget, answer.pending.map(({ id }) => id)], [['2'], ['2']]);
  });

  it('is for a person to look at where it left something, or had no transaction', () => {
    const loose = migration('2', 'create index concurrently on t(a);', 'transaction:false');
    for (const left of [begun(two, { before: 'then' }), begun(loose)]) {
      const answer = admit([one, two], state({ ledger: [row(one), left], recorded: ['1'] }));
      assert.equal(code(answer), 'MIGRATION_HALF_APPLIED');
      assert.match(isRefusal(answer) ? answer.message : '', /^MANUAL: /);
    }
  });
});

describe('any history', () => {
  it('is brought to its end by applying what is admitted, once', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.nat(500), { minLength: 1, maxLength: 12 }), fc.nat(12), (ids, done) => {
      const all = ids.toSorted((a, b) => a - b).map((id) => migration(String(id)));
      const ledger = all.slice(0, done).map((each) => row(each));
      const before = state({ ledger, recorded: ledger.map(({ id }) => id) });
      const answer = admit(all, before) as Admission;
      assert.deepEqual(answer.pending, all.slice(done));
      const after = state({ ledger: [...ledger, ...answer.pending.map((each) => row(each))], recorded: all.map(({ id }) => id) });
      assert.deepEqual((admit(all, after) as Admission).pending, []);
    }), { numRuns: 100 });
  });
});
