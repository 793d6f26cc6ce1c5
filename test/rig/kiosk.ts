/** A kiosk: the smallest application that the acceptance stories need. All of its Build takes well under a second. */

/**
 * What is wrong with a commit. None of them names an environment: `vouchers` fails on what customers alone send,
 * `orders` on what Gamma's probe does and Beta's test does not, `stock` on what the probe asks and does not look at.
 */
export type Fault = 'vouchers' | 'orders' | 'stock';

export interface Kiosk {
  /** Rises with every commit: it is what the kiosk answers, so that no two artifacts are the same. */
  readonly number: number;
  readonly fault?: Fault;
  /** Of Gamma and Prod; the first is the first wave, the others the second. Beta is the first. */
  readonly regions?: readonly [string, ...string[]];
  /** Source text that takes the place of a field of the pipeline, such as `build.code`. */
  readonly fields?: { readonly [field: string]: string };
  /** Source text that is added to what runs in every environment, such as `secrets: ['API_TOKEN'],`. */
  readonly surroundings?: string;
  /** Added to its files, or in their place. */
  readonly files?: { readonly [path: string]: string };
}

const NOTHING = "{ minTime: '0s', maxTime: '0s', minRequests: 0 }";

/** The files of its repository, by path. */
export function kioskFiles(kiosk: Kiosk): { readonly [path: string]: string } {
  return {
    'trunkline.config.ts': configuration(kiosk),
    'package.json': JSON.stringify({ name: 'kiosk', private: true, type: 'module' }),
    'src/release.json': JSON.stringify({ number: kiosk.number, fault: kiosk.fault ?? 'none' }),
    'src/server.js': SERVER,
    'probes/shop.mjs': PROBE,
    'tools/build.mjs': BUILD,
    'tools/test.mjs': TEST,
    ...kiosk.files,
  };
}

/** All traffic of Beta and Gamma at once; in Prod a tenth first, watched on requests that the probes can make. */
function configuration({ regions = ['here'], fields = {}, surroundings = '' }: Kiosk): string {
  const [first, ...rest] = regions;
  const list = (names: readonly string[]): string => `[${names.map((name) => `'${name}'`).join(', ')}]`;
  const waived = "waive('this kiosk is there to be told stories about')";
  const waves = [`wave('first light', ['${first}'], canary({ steps: [{ weight: 0.1, bake: { minTime: '1s', minRequests: 20, maxTime: '20s', onInsufficientData: 'rollback' } }, { weight: 1, bake: ${NOTHING} }] }))`];
  if (rest.length > 0) waves.push(`wave('the rest', ${list(rest)}, canary({ steps: [{ weight: 0.1, bake: ${NOTHING} }, { weight: 1, bake: ${NOTHING} }] }))`);
  const all: { readonly [field: string]: string } = {
    'local.preCommitHooks': waived,
    'source.tests': "'tools/**'",
    'source.infrastructure': "'trunkline.config.ts'",
    'source.staticAssets': waived, 'source.dependencyManifests': waived, 'source.database': waived,
    'build.code': "sh('node tools/build.mjs')",
    'build.unitTests': "sh('node tools/test.mjs unit', { junit: 'reports/unit.xml' })",
    'build.codeQuality': waived, 'build.secrets': waived, 'build.sast': waived, 'build.sbom': waived, 'build.sca': waived,
    'build.package': "archive({ files: ['dist/**', 'probes/**'], productionDependencies: 'none' })",
    'beta.environment': `processes('beta', { ...kiosk, regions: ['${first}'] })`,
    'beta.integrationTests': "cucumber('node tools/test.mjs integration', { junit: 'reports/integration.xml', prepare: false })",
    'beta.acceptanceTests': waived,
    'gamma.environment': `processes('gamma', { ...kiosk, ...watched, regions: ${list(regions)} })`,
    'gamma.monitoring': waived,
    'gamma.syntheticTests': 'probes({ atLeast: 2 })',
    'prod.environment': `processes('prod', { ...kiosk, ...watched, regions: ${list(regions)} })`,
    'prod.approval': "approval({ by: ['operators'], expires: '1h' })",
    'prod.deploy': `[${waves.join(', ')}]`,
    ...fields,
  };
  const section = (name: string): string => Object.entries(all).flatMap(([field, text]) => (field.startsWith(`${name}.`) && text !== '' ? [`    ${field.slice(name.length + 1)}: ${text},\n`] : [])).join('');
  return `import { alarms, allAtOnce, application, approval, archive, canary, cucumber, dbmate, npmSbom, osv, probes, secretlint, sh, staticAnalysis, waive, wave } from 'trunkline';
import { alarm, counter, httpProbe, postgres, probe, processes } from 'trunkline/environments';

const kiosk = { run: 'node dist/server.js', instances: 1, health: '/healthz', metrics: '/metrics', drain: '200ms', probes: [], alarms: [], ${surroundings} } as const;
const watched = {
  probes: [httpProbe('shop', 'probes/shop.mjs', { every: '100ms' })],
  alarms: [alarm('errors', counter('http_requests_total', { status: /^5/ }).shareOf('http_requests_total'), { above: 0.05, for: [1, 2], every: '1s', minRequests: 5 })],
};

export default application('kiosk', {
  trunk: 'main',
${['local', 'source', 'build', 'beta', 'gamma', 'prod'].map((name) => `  ${name}: {\n${section(name)}  },\n`).join('')}});
`;
}

/** Answers the number of its release, its process and when it began; \`/read\` is the hole that every story of theft needs. */
const SERVER = `
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
const release = RELEASE;
const began = Date.now();
const counted = new Map();
const fails = { '/order': release.fault === 'orders', '/stock': release.fault === 'stock' };
const read = (path) => {
  try {
    return [200, readFileSync(path)];
  } catch (error) {
    return [404, error.code];
  }
};
createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://kiosk');
  const answer = ([status, text]) => response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
  if (pathname === '/healthz') return answer([200, 'well']);
  if (pathname === '/metrics') return answer([200, '# TYPE http_requests counter\\n' + [...counted].map(([status, count]) => 'http_requests_total{status="' + status + '"} ' + count + '\\n').join('') + '# EOF\\n']);
  if (pathname === '/read') return answer(read(searchParams.get('file')));
  const broken = fails[pathname] || (release.fault === 'vouchers' && searchParams.has('voucher'));
  const status = broken ? 500 : 200;
  counted.set(status, (counted.get(status) ?? 0) + 1);
  answer([status, JSON.stringify({ number: release.number, pid: process.pid, began })]);
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

const PROBE = `
export default async ({ url, fetch, assert }) => {
  const welcome = await fetch(new URL('/', url));
  assert.equal(welcome.status, 200);
  const order = await fetch(new URL('/order', url));
  assert.equal(order.status, 200, 'nothing can be ordered');
  await fetch(new URL('/stock', url));
};
`;

const BUILD = `
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
mkdirSync('dist', { recursive: true });
writeFileSync('dist/server.js', readFileSync('src/server.js', 'utf8').replace('RELEASE', readFileSync('src/release.json', 'utf8')));
writeFileSync('dist/package.json', '{"type":"module"}');
`;

const TEST = `
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
const { number } = JSON.parse(readFileSync('src/release.json', 'utf8'));
const [, , suite] = process.argv;
if (suite === 'integration') assert.equal((await (await fetch(process.env.BASE_URL)).json()).number, number);
assert.ok(number > 0);
mkdirSync('reports', { recursive: true });
writeFileSync('reports/' + suite + '.xml', '<testsuite name="kiosk" tests="1"><testcase classname="kiosk" name="' + suite + '" time="0.01"/></testsuite>');
`;
