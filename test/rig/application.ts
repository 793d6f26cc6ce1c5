/** A tiny application with everything that a pipeline needs of one; all of Build takes well under a second. */

export interface Flavour {
  /** Rises with every commit: it is what the application answers, so that no two artifacts are the same. */
  readonly number: number;
  /** Whether it answers customers with errors, in production alone. */
  readonly bad: boolean;
  /** The folder with the socket at which {@link ../rig/witness.ts} hears of the commands that run. */
  readonly witness: string;
  /** Regions of Gamma and Prod; the first is the first wave. */
  readonly regions: readonly [string, ...string[]];
  /** How long, and on how many requests, the canary of Prod is watched. */
  readonly bake: { readonly minTime: string; readonly minRequests: number; readonly maxTime: string };
}

/** The files of its repository, by path. */
export function applicationFiles({ number, bad, witness, regions, bake }: Flavour): { readonly [path: string]: string } {
  const [first, ...rest] = regions;
  return {
    'trunkline.config.ts': `
import { allAtOnce, application, approval, archive, canary, cucumber, probes, sh, waive, wave } from 'trunkline';
import { alarm, httpProbe, probe, processes } from 'trunkline/environments';

const tiny = { run: 'node dist/server.js', instances: 1, health: '/healthz', metrics: '/metrics', drain: '200ms' } as const;
const watched = {
  ...tiny,
  probes: [httpProbe('greet', 'probes/greet.mjs', { every: '100ms' })],
  alarms: [alarm('greetings fail', probe('greet'), { above: 0.2, for: [1, 2], every: '200ms', minRequests: 1 })],
};
const nothing = { minTime: '0s', maxTime: '0s', minRequests: 0 } as const;
const climb = canary({ steps: [{ weight: 0.1, bake: ${JSON.stringify(bake)} }, { weight: 1, bake: nothing }] });
const left = () => waive('this pipeline is there to be killed, not to be complete');

export default application('tiny', {
  trunk: 'main',
  local: { preCommitHooks: left() },
  source: { tests: 'tools/**', infrastructure: 'trunkline.config.ts', staticAssets: left(), dependencyManifests: left() },
  build: {
    code: sh('node tools/work.mjs code'),
    unitTests: sh('node tools/work.mjs unit-tests', { junit: 'reports/unit-tests.xml' }),
    codeQuality: sh('node tools/work.mjs code-quality'),
    secrets: left(), sast: left(), sca: left(), sbom: left(),
    package: archive({ files: ['dist/**', 'probes/**'], productionDependencies: 'none' }),
  },
  beta: {
    environment: processes('beta', { ...tiny, regions: ['${first}'], probes: [], alarms: [] }),
    integrationTests: cucumber('node tools/work.mjs integration', { junit: 'reports/integration.xml', prepare: false }),
    acceptanceTests: left(),
  },
  gamma: {
    environment: processes('gamma', { ...watched, regions: ${JSON.stringify(regions)} }),
    monitoring: left(),
    syntheticTests: probes({ atLeast: 2 }),
  },
  prod: {
    environment: processes('prod', { ...watched, regions: ${JSON.stringify(regions)}, settings: { PLACE: 'prod' } }),
    approval: approval({ by: ['tiny-operators'], expires: '1h' }),
    deploy: [wave('first light', ['${first}'], climb)${rest.length === 0 ? '' : `, wave('the rest', ${JSON.stringify(rest)}, allAtOnce({ riskAccepted: 'nobody uses it' }))`}],
  },
});
`,
    'src/release.json': JSON.stringify({ number, bad }),
    'probes/greet.mjs': `
export default async ({ url, fetch, assert }) => {
  const answer = await fetch(new URL('/', url));
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /^tiny \\d+$/);
};
`,
    'src/server.js': `
import { createServer } from 'node:http';
const release = RELEASE;
const counted = new Map();
const routes = {
  '/healthz': () => [200, 'well'],
  '/metrics': () => [200, '# TYPE http_requests counter\\n' + [...counted].map(([status, count]) => 'http_requests_total{status="' + status + '"} ' + count + '\\n').join('') + '# EOF\\n'],
};
createServer((request, response) => {
  const internal = routes[request.url];
  const [status, text] = internal ? internal() : release.bad && process.env.PLACE === 'prod' ? [500, 'broken'] : [200, 'tiny ' + release.number];
  if (!internal) counted.set(status, (counted.get(status) ?? 0) + 1);
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}).listen(Number(process.env.PORT), '127.0.0.1');
`,
    'package.json': JSON.stringify({ name: 'tiny', private: true, type: 'module' }),
    'tools/work.mjs': `
/** Does what each action of the pipeline is there for. It holds a connection to the witness for as long as it lives. */
import { connect } from 'node:net';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , what] = process.argv;
const here = process.cwd();
process.chdir(${JSON.stringify(witness)});
const witness = connect('socket');
await once(witness, 'connect');
process.chdir(here);
witness.write(JSON.stringify({ attempt: process.env.TRUNKLINE_ATTEMPT, pid: process.pid }) + '\\n');
await once(witness, 'data');

const report = () => {
  mkdirSync('reports', { recursive: true });
  writeFileSync('reports/' + what + '.xml', '<testsuite name="tiny" tests="1"><testcase classname="tiny" name="' + what + ' holds" time="0.01"/></testsuite>');
};
const works = {
  code: () => {
    mkdirSync('dist', { recursive: true });
    writeFileSync('dist/server.js', readFileSync('src/server.js', 'utf8').replace('RELEASE', readFileSync('src/release.json', 'utf8')));
    writeFileSync('dist/package.json', '{"type":"module"}');
  },
  'unit-tests': report,
  'code-quality': () => {},
  integration: async () => {
    const answer = await fetch(process.env.BASE_URL);
    if (await answer.text() !== 'tiny ' + JSON.parse(readFileSync('src/release.json', 'utf8')).number) throw new Error('another release answers');
    report();
  },
};
await sleep(30); // long enough that a second one beside it would be seen
await works[what]();
witness.end('end\\n');
await once(witness, 'close');
`,
  };
}
