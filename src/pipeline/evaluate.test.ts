import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { TrunklineError } from '../foundation/errors.ts';
import { evaluateConfig } from './evaluate.ts';
import { spec } from './fixture.testing.ts';
import { application } from './index.ts';
import { memoryLog, plainCell } from './plain-cell.testing.ts';
import { planDigest } from './plan.ts';

const root = await mkdtemp(join(tmpdir(), 'trunkline-evaluate-'));
after(() => rm(root, { recursive: true, force: true }));

const CONFIG = 'trunkline.config.ts';
const ENVIRONMENTS = `import { alarm, counter, histogram, httpProbe, postgres, processes, type ProcessesSpec } from "trunkline/environments";
const orders = {
  run: "node dist/server.js", instances: 2, health: "/healthz", metrics: "/metrics", database: postgres(),
  probes: [httpProbe("order a book", "probes/order.ts", { every: "1s" })],
  alarms: [
    alarm("errors", counter("http_requests_total", { status: /^5/ }).shareOf("http_requests_total"), { above: 0.01, for: [3, 5] }),
    alarm("slow", histogram("http_request_seconds").quantile(0.99), { above: 0.3, for: [3, 5] }),
  ],
} satisfies Partial<ProcessesSpec>;
export const beta = processes("beta", { ...orders, regions: ["eu-west"], instances: 1 });
export const gamma = processes("gamma", { ...orders, regions: ["eu-west", "us-east", "ap-south"] });
export const prod = processes("prod", { ...orders, regions: ["eu-west", "us-east", "ap-south"] });
`;
const ORDERS = `import { alarms, application, approval, archive, canary, cucumber, dbmate, linear, npmSbom, playwright, probes, sh, waive, wave } from "trunkline";
import { beta, gamma, prod } from "./infrastructure/environments.ts";
const later = waive("comes with the next issue");
export default application("orders", {
  trunk: "main",
  local: { preCommitHooks: later },
  build: {
    code: sh("npm ci && npm run build"), unitTests: sh("npm test", { junit: "reports/unit.xml", coverage: "coverage/lcov.info" }),
    codeQuality: later, secrets: later, sast: later, sca: later, sbom: npmSbom(),
    package: archive({ files: ["dist/**", "public/**", "db/**"], productionDependencies: "npm" }),
  },
  beta: { environment: beta, database: dbmate("db/migrations"), integrationTests: cucumber("npm run features", { junit: "reports/features.xml" }), acceptanceTests: playwright("npm run acceptance", { junit: "reports/acceptance.xml" }) },
  gamma: { environment: gamma, database: dbmate("db/migrations"), monitoring: alarms({ for: "10m" }), syntheticTests: probes({ atLeast: 20 }), dast: waive("the platform team scans it") },
  prod: {
    environment: prod, approval: approval({ by: ["orders-operators"], atLeast: 1, expires: "24h" }), database: dbmate("db/migrations"),
    deploy: [
      wave("first light", ["eu-west"], canary({ steps: [{ weight: 0.05, bake: "5m" }, { weight: 0.25, bake: "10m" }] })),
      wave("the rest", ["us-east", "ap-south"], linear({ step: 0.25, every: "2m" })),
    ],
    syntheticTests: probes({ atLeast: 20 }),
  },
});
`;

async function checkout(files: { readonly [path: string]: string }): Promise<string> {
  const folder = await mkdtemp(join(root, 'checkout-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

async function evaluated(files: { readonly [path: string]: string }, { timeout = 30_000, signal = new AbortController().signal, log = memoryLog() } = {}) {
  const folder = await checkout(files);
  const plan = await evaluateConfig(plainCell(folder), { config: join(folder, CONFIG), log, signal, timeout });
  return { plan, folder, log };
}

/** What is said of a configuration that can't be evaluated. */
async function refusal(config: string, files: { readonly [path: string]: string } = {}, options: { timeout?: number } = {}) {
  try {
    await evaluated({ [CONFIG]: config, ...files }, options);
  } catch (error) {
    assert.ok(error instanceof TrunklineError, String(error));
    return error.record;
  }
  return assert.fail('it was accepted');
}

test('a repository without trunkline installed yields the plan that the same code yields here', async () => {
  const { plan, folder, log } = await evaluated({ [CONFIG]: ORDERS, 'infrastructure/environments.ts': ENVIRONMENTS });
  assert.equal(planDigest(plan), planDigest(application('orders', spec)));
  assert.deepEqual((await readdir(folder)).sort(), ['infrastructure', CONFIG], 'nothing is left behind');
  assert.equal(log.text(), '', 'nothing is printed');
});

test('the nearest package.json has no say in how the configuration is read', async () => {
  const { log } = await evaluated({ [CONFIG]: ORDERS, 'infrastructure/environments.ts': ENVIRONMENTS, 'package.json': '{"type":"commonjs"}' });
  assert.equal(log.text(), '');
});

test('a configuration can not say which tools its run is held to', async () => {
  const config = ORDERS.replace('export default application(', 'const made = application(').concat('export default { ...made, tools: [] };\n');
  assert.match((await refusal(config, { 'infrastructure/environments.ts': ENVIRONMENTS })).message, /tools: Trunkline itself says which they are/);
});

test('a syntax error is named by file and line', async () => {
  const record = await refusal('export default {\n  a: 1\n  b: 2,\n};\n');
  assert.equal(record.code, 'CONFIG_INVALID');
  assert.match(record.message, /trunkline\.config\.ts:3: SyntaxError: Expected ','/);
});

test('TypeScript that cannot be erased says what to write instead', async () => {
  const record = await refusal('enum Colour { Red }\nexport default Colour;\n');
  assert.match(record.message, /trunkline\.config\.ts:1: .*enum is not supported/);
  assert.match(record.hint ?? '', /union/);
});

test('a type that is imported as a value says how to import it', async () => {
  const record = await refusal('import { application,\n  Duration } from "trunkline";\nexport default application;');
  assert.match(record.message, /trunkline\.config\.ts:2: SyntaxError: The requested module 'trunkline' does not provide an export named 'Duration'/);
  assert.match(record.hint ?? '', /import type/);
});

test('an import without its ending, of a package, and of an unknown part of trunkline say what to write', async () => {
  const ending = await refusal('import "./infrastructure/environments";', { 'infrastructure/environments.ts': '' });
  assert.match(`${ending.message} ${ending.hint}`, /trunkline\.config\.ts:1: .*Cannot find module.*environments.*ending/s);
  const installed = await refusal('import "left-pad";');
  assert.match(`${installed.message} ${installed.hint}`, /left-pad.*nothing is installed/s);
  const unknown = await refusal('import "trunkline/secrets";');
  assert.match(`${unknown.message} ${unknown.hint}`, /trunkline\.config\.ts:1: there is no "trunkline\/secrets".*"trunkline\/environments"/);
});

test('an error that the configuration throws is named by file and line, also from a file that it imports', async () => {
  assert.match((await refusal('const regions = undefined as any;\n\nregions.map(String);\n')).message, /^trunkline\.config\.ts:3: TypeError: Cannot read/);
  assert.match((await refusal('import "./infrastructure/environments.ts";', { 'infrastructure/environments.ts': '\nthrow new Error("no regions yet");' })).message, /^infrastructure\/environments\.ts:2: no regions yet$/);
  assert.match((await refusal('throw "a text";')).message, /it threw a text/);
});

test('a wrong value is named by field, file and line', async () => {
  const record = await refusal('import { sh } from "trunkline";\n\nexport default sh("npm test", { junit: "/etc/passwd" });\n');
  assert.match(record.message, /^trunkline\.config\.ts:3: sh\.junit: .*inside the repository/);
});

test('a missing default export, and one that is no plan, are named', async () => {
  assert.match((await refusal('export const pipeline = 1;')).message, /trunkline\.config\.ts:1: it has no default export/);
  assert.match((await refusal('export default () => 1;')).message, /not a plan: it is a function/);
  assert.equal((await refusal('export default { stages: 5 };')).code, 'PLAN_INVALID');
});

test('a missing configuration says how to write one', async () => {
  const folder = await checkout({});
  await assert.rejects(evaluateConfig(plainCell(folder), { config: join(folder, CONFIG), log: memoryLog(), signal: new AbortController().signal, timeout: 1_000 }),
    (error) => error instanceof TrunklineError && error.record.code === 'CONFIG_NOT_FOUND' && /trunkline init/.test(error.record.hint ?? ''));
});

test('a configuration that is a link is not followed', async () => {
  const folder = await checkout({ 'elsewhere.ts': ORDERS });
  await symlink(join(folder, 'elsewhere.ts'), join(folder, CONFIG));
  await assert.rejects(evaluateConfig(plainCell(folder), { config: join(folder, CONFIG), log: memoryLog(), signal: new AbortController().signal, timeout: 1_000 }), { message: /not a file/ });
});

test('an endless loop, an endless wait and an early exit each say so', async () => {
  assert.equal((await refusal('for (;;);', {}, { timeout: 1_500 })).code, 'CONFIG_TIMEOUT');
  assert.match((await refusal('await new Promise(() => {});\nexport default 1;')).message, /never comes/);
  assert.match((await refusal('process.exit(3);')).message, /ended before it gave a plan \(exit code 3\)/);
});

test('what the configuration leaves running does not keep it from ending', async () => {
  const { plan } = await evaluated({ [CONFIG]: `setInterval(() => {}, 1_000);\n${ORDERS}`, 'infrastructure/environments.ts': ENVIRONMENTS });
  assert.equal(plan.application, 'orders');
});

test('a cancelled evaluation ends as cancelled', async () => {
  const stop = new AbortController();
  const log = memoryLog();
  const write = log.write;
  log.write = (chunk) => { write(chunk); stop.abort(); };
  await assert.rejects(evaluated({ [CONFIG]: 'console.log("started"); for (;;);' }, { signal: stop.signal, log }), (error) => error instanceof TrunklineError && error.record.code === 'CANCELLED');
});

test('a bomb of aliases, a bomb of memory and a plan too large end early', async () => {
  assert.match((await refusal('let bomb: unknown = ["x"];\nfor (let i = 0; i < 25; i += 1) bomb = [bomb, bomb];\nexport default { bomb };')).message, /more than 50,000 values/);
  assert.match((await refusal('const all: unknown[] = [];\nfor (;;) all.push(new Array(100_000).fill(all.length));')).message, /256 MB/);
  assert.match((await refusal('export default { text: "x".repeat(2_000_000) };')).message, /more than 1 MB/);
});

test('a configuration that puts a link, a pipe, a folder or junk where its plan belongs gets nothing from it', async () => {
  const secret = join(root, 'signing-key');
  await writeFile(secret, '{"fault":{"hint":"","message":"the secret"}}');
  const instead = (act: string) => refusal(`import { execFileSync } from "node:child_process";\nimport { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";\nimport { readFileSync } from "node:fs";\nconst out = readFileSync("/proc/self/cmdline", "utf8").split("\\0")[4]!;\n${act}\nprocess.exit(0);`);
  for (const act of [`symlinkSync(${JSON.stringify(secret)}, out);`, `linkSync(${JSON.stringify(secret)}, out);`, 'execFileSync("mkfifo", [out]);', 'mkdirSync(out);']) {
    const { code, message } = await instead(act);
    assert.equal(code, 'CONFIG_INVALID', act);
    assert.match(message, /something else where its plan belongs/, act);
  }
  assert.equal(await readFile(secret, 'utf8'), '{"fault":{"hint":"","message":"the secret"}}');
  assert.match((await instead('writeFileSync(out, "{\\"plan\\":1,\\"plan\\":2}");')).message, /not canonical JSON/);
  assert.match((await instead('writeFileSync(out, "[".repeat(900_000));')).message, /yields no plan/);
  assert.equal((await instead('writeFileSync(out, "null");')).code, 'PLAN_INVALID');
  assert.equal((await instead('writeFileSync(out, "{\\"plan\\":{}}");')).code, 'PLAN_INVALID');
});

test('a plan that never met the authoring functions is held to the same rules', async () => {
  const plan = structuredClone(application('orders', spec));
  plan.stages[3]?.actions.find(({ name }) => name === 'verify')?.needs.splice(0);
  const { code, message } = await refusal(`export default ${JSON.stringify(plan)};`);
  assert.equal(code, 'PLAN_INVALID');
  assert.match(message, /prod\.approval: "verify" must need the approval/);
});

test('what a configuration says cannot steer a terminal', async () => {
  const { message } = await refusal('throw new Error("\\u001b]52;c;evil\\u0007\\u001b[2J\\u202Eend");');
  // oxlint-disable-next-line no-control-regex -- control characters are the point
  assert.doesNotMatch(message, /[\u0000-\u001f\u007f-\u009f\u202e]/);
});
