import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';
import { product } from '../rig/product.ts';
import { Story, type Answer } from '../rig/story.ts';

const REGIONS = ['beta eu-west', 'gamma eu-west', 'gamma us-east', 'prod eu-west', 'prod us-east'];

test('the shop goes to production with its databases, its features and its page, and its credentials are nowhere', () => Story.told(async (story) => {
  const made = /[\\/](node_modules|dist|reports|coverage|\.trunkline)$/;
  cpSync(join(product, 'examples/orders'), story.repository, { recursive: true, filter: (path) => !made.test(path) });
  const commit = story.commit('The first release of the shop');
  const released = await story.release();
  assert.equal(released.code, 0, `${released.out}${released.err}${(await story.ask(['logs'])).out}`);

  const shown = await story.show();
  assert.equal(shown.commit, commit);
  for (const [stage, suite] of [['build', 'unit-tests'], ['beta', 'integration-tests'], ['beta', 'acceptance-tests']] as const) {
    const { state, output } = shown.stages.find((one) => one.stage === stage)!.actions.find(({ action }) => action === suite)!;
    assert.equal(state, 'passed');
    assert.match(JSON.stringify(output), /"passed":[1-9]\d*,"failed":0,"skipped":0/, suite);
  }
  for (const name of ['software bill of materials', 'build.unit-tests', 'beta.integration-tests', 'beta.acceptance-tests']) assert.ok(shown.evidence.some((one) => one.name === name), `${name} is evidence`);

  const regions = await story.env();
  assert.deepEqual(regions.map(({ environment, region }) => `${environment} ${region}`), REGIONS);
  for (const { url, database } of regions) {
    assert.equal(database, 'running');
    const books = await (await fetch(`${url}/api/books`)).json() as unknown;
    assert.ok(JSON.stringify(books).length > 20, 'what the migrations brought is served');
  }
  assert.match(await (await fetch(regions.at(-1)!.url!)).text(), /<html/i);

  const accesses = REGIONS.map((place) => JSON.parse(readFileSync(join(story.state, 'environments', ...place.split(' '), 'database/access.json'), 'utf8')) as { superuser: string; application: string; port: number });
  for (const [index, { port, application }] of accesses.entries()) assert.deepEqual(await ledgerOf(port, application), migrations(), REGIONS[index]);
  const passwords = accesses.flatMap(({ superuser, application }) => [superuser, application]);
  assert.equal(new Set(passwords).size, 2 * REGIONS.length, 'every database has its own');
  const answers: Answer[] = [released];
  for (const words of [['show'], ['logs'], ['runs'], ['env'], ['metrics'], ['verify']]) answers.push(await story.ask(words), await story.ask([...words, '--json']));
  const found = [
    ...answers.flatMap(({ out, err }) => holds(Buffer.from(out + err), passwords)),
    ...allFiles(story.state).filter((path) => !/\/database\/(access\.json$|data\/)/.test(path)).flatMap((path) => {
      const bytes = readFileSync(path);
      const all = [...holds(bytes, passwords), ...(bytes[0] === 0x1f && bytes[1] === 0x8b ? holds(gunzipSync(bytes), passwords) : [])];
      return all.map((what) => `${relative(story.state, path)}: ${what}`);
    }),
  ];
  assert.deepEqual(found, []);
}, { operators: { people: { [userInfo().username]: { groups: ['orders-operators'] } } } }));

/** The numbers that the migrations of the shop begin with. */
function migrations(): readonly string[] {
  return readdirSync(join(product, 'examples/orders/db/migrations')).map((name) => /^\d+/.exec(name)![0]).sort();
}

/** The migrations that a database says it has finished, in their order. */
async function ledgerOf(port: number, password: string): Promise<readonly string[]> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'application', database: 'application', password });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>('select id from trunkline.ledger where finished_at is not null order by started_at, id');
    return rows.map(({ id }) => id);
  } finally {
    await client.end();
  }
}

/** In plain, as base64 and as hex. */
function holds(bytes: Buffer, secrets: readonly string[]): readonly string[] {
  const text = bytes.toString('latin1');
  return secrets.flatMap((secret) => ([secret, Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1), Buffer.from(secret).toString('hex')].some((form) => text.includes(form)) ? [`a password at ${text.indexOf(secret)}`] : []));
}

function allFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? allFiles(path) : entry.isFile() ? [path] : [];
  });
}
