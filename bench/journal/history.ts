/** The history of a pipeline that has run for years, made quickly: one run is simulated, and told again for each commit. */
import { DatabaseSync } from 'node:sqlite';
import { openKeys } from '../../src/artifact/keys/file/keyfile.ts';
import { kindWorld } from '../../src/core/fixture.testing.ts';
import { Simulation } from '../../src/core/simulation.testing.ts';
import { digestOf } from '../../src/foundation/digest.ts';
import type { Event } from '../../src/journal/events.ts';
import { keepHead } from '../../src/journal/sqlite/heads.ts';
import { openJournal } from '../../src/journal/sqlite/journal.ts';
import { chainOf } from '../../src/journal/sqlite/rows.ts';
import { headKeys } from '../../src/journal-keys.ts';
import { parsePlan, type ActionPlan, type Plan, type StagePlan } from '../../src/pipeline/plan.ts';

const PERIOD = 3_600_000;
const BEGAN = 1_700_000_000_000;
/** What an action says of itself: a report in short, with the digests of what it made. */
const OUTPUT = { reports: [{ type: 'tests', passed: 412, failed: 0, skipped: 3, durationMs: 18_422 }], outputs: { 'dist/**': digestOf('dist') }, cached: null, note: 'x'.repeat(80) };

/** As large as that of the example: Build of ten actions, three environments, a wave for each region of production. */
export function largePlan(): Plan {
  const bake = { minTimeMs: 60_000, minRequests: 0, maxTimeMs: 600_000, onInsufficientData: 'hold' as const };
  const command = (name: string, row: ActionPlan['row'], needs: readonly string[] = []): ActionPlan => ({
    name, row, kind: 'shell', needs: [...needs], timeoutMs: 600_000, retry: { attempts: 2, backoffMs: 1_000 },
    input: { command: `npm run ${name}`, reports: [{ format: 'junit', path: `reports/${name}.xml` }], outputs: ['dist/**'], env: { NODE_ENV: 'test', CI: 'true' }, limits: { findings: 0, coverage: 80 } },
  });
  const build: StagePlan = { name: 'build', budgetMs: 600_000, mode: 'parallel', waves: [], actions: [
    command('code', 'build.code'), ...Array.from({ length: 8 }, (_, n) => command(`tests-${n}`, 'build.unit-tests', ['code'])),
    { ...command('package', 'build.package', ['code']), kind: 'archive', input: { path: 'dist' } }] };
  const deploying = (name: 'beta' | 'gamma' | 'prod', regions: readonly string[], after: readonly ActionPlan[]): StagePlan => ({
    name, budgetMs: 1_800_000, mode: 'superseded',
    environment: { name, driver: 'processes', regions: [...regions], instances: 2, run: 'node server.js', health: '/healthz', metrics: '/metrics', database: 'none', settings: {}, secrets: [], startTimeoutMs: 10_000, drainMs: 5_000, probes: [], alarms: [] },
    waves: regions.map((region) => ({ name: region, regions: [region], steps: [{ weight: 500, bake }, { weight: 10_000, bake }] })),
    actions: [{ ...command('deploy', `${name}.deploy`), kind: 'rollout', input: {} }, ...after],
  });
  return parsePlan({ version: 1, application: 'bench', trunk: 'main', source: {}, waivers: [], stages: [build,
    deploying('beta', ['one'], Array.from({ length: 4 }, (_, n) => command(`check-${n}`, 'beta.integration-tests', ['deploy']))),
    deploying('gamma', ['one', 'two'], Array.from({ length: 4 }, (_, n) => command(`check-${n}`, 'gamma.monitoring', ['deploy']))),
    deploying('prod', ['one', 'two'], [])] });
}

/** The events of the third run: the first ones also set things up. */
function template(): { readonly events: readonly Event[]; readonly first: readonly Event[]; readonly run: string; readonly commit: string } {
  const plan = largePlan();
  const world = kindWorld({ bake: 60_000 });
  const it = new Simulation(plan, { ...world, end: (effect, known) => ({ ...world.end(effect, known), output: OUTPUT } as ReturnType<typeof world.end>) });
  const taken: (readonly Event[])[] = [];
  let run = '';
  for (const name of ['one', 'two', 'three']) {
    const from = it.events.length;
    run = it.push(name);
    it.advanceTo(it.now + PERIOD);
    if (it.finished(run)?.outcome !== 'SUCCEEDED') throw new Error(`the simulated run ended ${it.finished(run)?.reason}`);
    taken.push(it.events.slice(from));
  }
  const events = taken.at(-1) ?? [];
  return { events, first: taken.slice(0, 2).flat(), run, commit: it.state.runs.get(run)?.commit ?? '' };
}

/**
 * Writes at least `count` events, with a signed head for every end of a stage, as a host with these keys would have.
 * Answers how many.
 */
export async function writeHistory(journal: string, keys: string, count: number): Promise<{ readonly events: number; readonly runs: number }> {
  const { signer } = await openKeys(keys);
  const trust = headKeys({ keys }, signer);
  openJournal(journal, trust).close(); // makes the tables
  const { events, first, run, commit } = template();
  const db = new DatabaseSync(journal);
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN');
  const insert = db.prepare('INSERT INTO events (seq, body, chain) VALUES (?, ?, ?)');
  const keep = db.prepare('INSERT INTO heads (envelope) VALUES (?)');
  let [seq, chain, runs] = [0, '', 2];
  const write = async (event: Event): Promise<void> => {
    const body = JSON.stringify(event);
    chain = chainOf(chain, seq += 1, body);
    insert.run(seq, body, chain);
    if (event.type === 'stage-passed') keep.run(await trust.sign({ seq, chain }));
  };
  for (const event of first) await write(shifted(event, 0) as Event);
  const texts = events.map((event) => JSON.stringify(event));
  for (; seq < count; runs += 1) {
    const renamed = (text: string): string => text.replaceAll(run, `r-${String(runs).padStart(8, '0')}`)
      .replaceAll(commit, digestOf(`commit ${runs}`).slice(7, 47)).replaceAll(digestOf(run), digestOf(`artifact ${runs}`));
    for (const text of texts) await write(shifted(JSON.parse(renamed(text)), runs - 2) as Event);
  }
  db.exec('COMMIT');
  keepHead(db, journal, await trust.sign({ seq, chain }));
  db.close();
  return { events: seq, runs };
}

/** Later by as many runs: in time, in the order of the trunk, and in the fences of the stages. */
function shifted(value: unknown, by: number): unknown {
  if (Array.isArray(value)) return value.map((each) => shifted(each, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => {
    if (name === 'sequence' || name === 'fence') return [name, Number(each) + by];
    if (name === 'at' || name === 'expiresAt') return [name, Number(each) + BEGAN + by * PERIOD];
    return [name, name === 'plan' ? each : shifted(each, by)];
  }));
}
