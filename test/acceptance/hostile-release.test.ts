import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { HOSTILE, runByServer } from '../../src/environment/process/postgres.testing.ts';
import { isolationHere } from '../../src/environment/process/regional.ts';
import { intruder, leftOut, type Intrusion, type Targets } from '../../src/sandbox/intruder.testing.ts';
import { kioskFiles, type Kiosk } from '../rig/kiosk.ts';
import { Story } from '../rig/story.ts';
import { until } from '../rig/waiting.ts';

const skip = isolationHere() === 'none' && 'no namespaces here';
const TOLD = 'INTRUSION ';
/** Whatever goes wrong with it is no intrusion that failed. */
const INTRUDING = "await intrude().catch((error) => ({ reached: [String(error)], tried: [] }))";

const ENVIRONMENT = `processes('beta', {
  ...kiosk, database: postgres(), data: '/data', regions: ['here', 'there'], probes: [httpProbe('shop', 'probes/beta.mjs', { every: '200ms' })],
})`;

function kiosk(number: number, code: string, files: Kiosk['files'] = {}): Kiosk {
  return {
    number, files: { 'probes/beta.mjs': 'export default async () => {};\n', ...files },
    fields: {
      'source.database': "'db/**'", 'beta.environment': ENVIRONMENT, 'beta.database': "dbmate('db')", 'build.code': `sh('${code}')`,
      'build.package': "archive({ files: ['dist/**', 'probes/**', 'db/**'], productionDependencies: 'none' })",
    },
  };
}

const MIGRATION = '-- migrate:up\ncreate table t (line text);\ncreate table stolen (what text);\n-- migrate:down\ndrop table t, stolen;\n';

/** Each statement by itself: one that is refused must not hide the next. */
const HOSTILE_MIGRATION = `-- migrate:up
do $hostile$
declare tried text;
begin
  foreach tried in array array[${HOSTILE.map((statement) => `'${statement.replaceAll("'", "''")}'`).join(', ')}] loop
    begin
      execute tried;
      insert into stolen values (tried);
    exception when others then
      insert into stolen values ('refused');
    end;
  end loop;
end
$hostile$;
-- migrate:down
delete from stolen;
`;

const SERVER = `
import { createServer } from 'node:http';
import { intrude } from './intruder.mjs';
const release = RELEASE;
let probe = '';
createServer(async (request, response) => {
  if (request.url === '/intrude') return response.end(JSON.stringify(${INTRUDING}));
  if (request.url === '/database') return response.end(process.env.DATABASE_URL);
  if (request.url === '/metrics') return response.end('# TYPE http_requests counter\\n# EOF\\n');
  if (request.method === 'POST') probe = (await Array.fromAsync(request)).join('');
  response.end(request.url === '/probe' ? probe : JSON.stringify({ number: release.number }));
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

const PROBE = `
import { intrude } from './intruder.mjs';
let told;
export default async ({ url, fetch }) => {
  told ??= (async () => fetch(new URL('/', url), { method: 'POST', body: JSON.stringify(${INTRUDING}) }))();
  await told;
};
`;

/** What a thief who knows this machine and this product would want. */
function targetsOf(story: Story, home: string): Targets {
  const region = (name: string): string => join(story.state, 'environments', 'beta', name);
  const files = [
    join(story.state, 'keys', 'signing-key.pem'), join(story.state, 'journal.db'), join(story.state, 'operators.json'), join(story.repository, '.git', 'config'), join(home, 'credentials'),
    ...['here', 'there'].flatMap((name) => [join(region(name), 'database', 'access.json'), join(region(name), 'desired.json')]), join(region('there'), 'database', 'cluster', 'PG_VERSION'),
    ...(process.geteuid?.() === 0 ? ['/etc/shadow'] : []),
  ];
  for (const file of files) assert.ok(statSync(file).size > 0, `${file} is there to be stolen`);
  return {
    files, sockets: [join(story.state, 'host.sock'), join(region('here'), 'agent.sock'), join(region('there'), 'agent.sock')], covered: [story.state, story.repository],
    folders: ['/', '/etc', '/usr/bin', '/usr/local/bin', '/var/tmp', '/run', '/mnt', home].filter((path) => !path.startsWith(`${tmpdir()}/`)),
    processes: 'agent/main|src/main|environments/beta/there',
  };
}

test('a hostile release reaches nothing by its build, configuration, instance, probe, migration, nor its database', { skip }, () => Story.told(async (story) => {
  const home = mkdtempSync(join(homedir(), '.trunkline-hostile-'));
  try {
    writeFileSync(join(home, 'credentials'), 'theirs', { mode: 0o600 });
    story.commit('An honest kiosk', kioskFiles(kiosk(1, 'node tools/build.mjs', { 'db/20260101000000_first.sql': MIGRATION })));
    const first = await story.ask(['run']);
    assert.equal(first.code, 4, `${first.out}${first.err}`);

    const targets = targetsOf(story, home);
    const kept = targets.files.filter((file) => /\.pem$|operators\.json$|\.git\/config$|credentials$|shadow$/.test(file));
    const before = digests(kept);
    const module = intruder(targets);
    const code = 'node tools/build.mjs && cp tools/intruder.mjs dist/ && node tools/intrude.mjs';
    const { 'trunkline.config.ts': configuration, ...files } = kioskFiles(kiosk(2, code, {
      'src/server.js': SERVER, 'probes/beta.mjs': PROBE, 'probes/intruder.mjs': module, 'tools/intruder.mjs': module,
      'tools/intrude.mjs': `import { intrude } from './intruder.mjs';\nconsole.log('${TOLD}' + JSON.stringify(${INTRUDING}));\n`,
      'db/20260101000000_first.sql': MIGRATION, 'db/20260102000000_hostile.sql': HOSTILE_MIGRATION,
    }));
    // A reason is short.
    const stolen = `import { createHash } from 'node:crypto';
import { intrude } from './tools/intruder.mjs';
const stolen = ${INTRUDING};
const reason = 'reached: ' + stolen.reached.join().slice(0, 300) + '; tried: ' + createHash('sha256').update(JSON.stringify(stolen.tried)).digest('hex');
`;
    const waived = 'secrets: waive(reason),';
    assert.match(configuration ?? '', /secrets: waive\([^)]*\),/);
    story.commit('Take what there is', { ...files, 'trunkline.config.ts': stolen + configuration!.replace(/secrets: waive\([^)]*\),/, waived) });
    const second = await story.ask(['run']);
    assert.equal(second.code, 4, `${second.out}${second.err}`);

    const shown = await story.data<{ readonly run: string; readonly waivers: readonly { readonly row: string; readonly reason: string }[] }>(['show']);
    const { out: log } = await story.ask(['logs', shown.run, 'build.code']);
    const [beta] = await story.env('beta');
    assert.equal(beta!.releases[0]!.run, shown.run, 'it is deployed');
    const asked = async (path: string): Promise<string> => (await fetch(`${beta!.url}${path}`)).text();
    await until('the probe has told', async () => (await asked('/probe')).endsWith('}') || undefined);
    const tried: { readonly [place: string]: Intrusion } = {
      build: told(log), instance: JSON.parse(await asked('/intrude')) as Intrusion, probe: JSON.parse(await asked('/probe')) as Intrusion,
      database: told(await runByServer(join(story.state, 'environments', 'beta', 'here', 'database'), `${module}\nconsole.log('${TOLD}' + JSON.stringify(${INTRUDING}));\n`)),
    };
    const nothing = Object.fromEntries(Object.keys(tried).map((place) => [place, []]));
    assert.deepEqual(Object.fromEntries(Object.entries(tried).map(([place, { reached }]) => [place, reached])), nothing);
    assert.deepEqual(Object.fromEntries(Object.entries(tried).map(([place, one]) => [place, leftOut(targets, one.tried)])), nothing);
    const configured = createHash('sha256').update(JSON.stringify(tried['build']!.tried)).digest('hex');
    assert.equal(shown.waivers.find(({ row }) => row === 'build.secrets')!.reason, `reached: ; tried: ${configured}`, 'the same as the build');

    const own = await asked('/database');
    assert.deepEqual(await query(own, 'select what, count(*)::int as times from stolen group by what'), [{ what: 'refused', times: HOSTILE.length }]);
    const there = JSON.parse(readFileSync(join(story.state, 'environments', 'beta', 'there', 'database', 'access.json'), 'utf8')) as { readonly port: number };
    await assert.rejects(query(Object.assign(new URL(own), { port: there.port }).href, 'select 1'), /password authentication failed/, "the other region's database");

    assert.deepEqual(digests(kept), before);
    const { code: verified, err } = await story.ask(['verify']);
    assert.equal(verified, 0, err);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}));

function told(text: string): Intrusion {
  const line = text.split('\n').find((one) => one.includes(TOLD));
  assert.ok(line !== undefined, text);
  return JSON.parse(line.slice(line.indexOf(TOLD) + TOLD.length)) as Intrusion;
}

function digests(files: readonly string[]): readonly string[] {
  return files.map((file) => `${file} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`);
}

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // the query under way is told
  await client.connect();
  try {
    return (await client.query<{ [column: string]: unknown }>(sql)).rows;
  } finally {
    await client.end();
  }
}
