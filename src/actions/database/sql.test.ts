import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildsIndex, statementsOf, transactionBorder } from './sql.ts';

describe('the statements of a script', () => {
  it('are told apart by semicolons that stand outside of quotes and comments', () => {
    assert.deepEqual(statementsOf(`select ';' ; -- ;\n/* ; /* ; */ ; */ select E'\\';' , ";" ; select $a$ ; $b$ ; $a$, 'it''s;' ;;`),
      ["select ''", "select '' , ''", "select '', ''"]);
  });

  it('keep a parameter for what it is', () => {
    assert.deepEqual(statementsOf('select $1; select $2'), ['select $1', 'select $2']);
  });
});

const hostile: { readonly [what: string]: string } = {
  'comments that are never closed': '/*'.repeat(500_000), 'comments in comments': `${'/*'.repeat(250_000)}${'*/'.repeat(250_000)}`, 'stars and slashes': '/*/'.repeat(333_000),
  'quotes': "'".repeat(999_999), 'quotes that begin with e': "e'\\".repeat(250_000), 'double quotes': '"'.repeat(999_999), 'tags that are never closed': Array.from({ length: 120_000 }, (_, n) => `$a${n}$ `).join(''),
  'blanks': ' '.repeat(1_000_000), 'semicolons': ';'.repeat(1_000_000), 'dollars': '$'.repeat(1_000_000), 'letters': 'a'.repeat(1_000_000), 'bodies of functions': 'create function f() begin atomic;'.repeat(30_000),
};
for (const [what, sql] of Object.entries(hostile)) {
  it(`a megabyte of ${what} is read to its end`, () => {
    assert.equal(transactionBorder(`${sql}`), undefined);
    assert.equal(buildsIndex(sql), false);
  });
}

it('a border is seen behind comments that hold comments that hold comments', () => {
  assert.equal(transactionBorder('select 1; /* /* /* */ */ */ commit'), 'commit');
  assert.equal(transactionBorder('/* /* /* commit; */ */ ; commit; */ select 1'), undefined);
});

describe('the border of a transaction', () => {
  for (const sql of ['COMMIT;', 'select 1;\n begin;', 'start  transaction', 'END;', 'rollback;', 'abort', "prepare transaction 'x'"]) {
    it(`is seen in ${JSON.stringify(sql)}`, () => assert.notEqual(transactionBorder(sql), undefined));
  }
  for (const sql of [
    'create function f() returns int language plpgsql as $$ begin commit; end; $$;',
    'create function f() returns int begin atomic select 1; select 2; end; select 1',
    "insert into words values ('; commit;')",
    '-- ; commit;\nselect 1',
    'savepoint a; rollback to savepoint a; rollback work to a; release a',
    'alter table endings add column begin_at date',
  ]) {
    it(`is not seen in ${JSON.stringify(sql)}`, () => assert.equal(transactionBorder(sql), undefined));
  }
});

describe('the building of an index', () => {
  it('is seen, and only as a statement', () => {
    assert.equal(buildsIndex('select 1; create unique index concurrently on t(a)'), true);
    assert.equal(buildsIndex("select 'x; create index'"), false);
  });
});
