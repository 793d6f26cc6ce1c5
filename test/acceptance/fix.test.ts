import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fixed } from '../../src/cli/product.ts';
import { Story } from '../rig/story.ts';

const CONFIG = `import { application, approval, archive, canary, npmSbom, osv, sh, waive, wave } from "trunkline";
import { processes } from "trunkline/environments";
const not = waive("this story is of dependencies");
const place = { run: "node src/server.js", regions: ["local"], instances: 1, health: "/", metrics: "/metrics", probes: [], alarms: [] };
export default application("shop", {
  trunk: "main",
  local: { preCommitHooks: not },
  source: { infrastructure: ["trunkline.config.ts"], staticAssets: not, staticConfiguration: not },
  build: {
    code: sh("node --check src/server.js"), unitTests: not, codeQuality: not, secrets: not, sast: not, sbom: npmSbom(),
    sca: osv({ advisories: "advisories" }), package: archive({ files: ["src/**", "package.json"], productionDependencies: "none" }),
  },
  beta: { environment: processes("beta", place), integrationTests: not, acceptanceTests: not },
  gamma: { environment: processes("gamma", place), monitoring: not, syntheticTests: not },
  prod: { environment: processes("prod", place), approval: approval({ by: ["operators"] }), deploy: [wave("all", ["local"], canary({ steps: [{ weight: 0.1, bake: "1s" }, { weight: 1, bake: "1s" }] }))] },
});
`;

const hash = (letter: string): string => `sha512-${letter.repeat(86)}==`;
const manifest = { name: 'shop', version: '1.0.0', license: 'MIT', type: 'module', dependencies: { debug: '2.6.9' } };
const lock = {
  name: 'shop', version: '1.0.0', lockfileVersion: 3, requires: true,
  packages: {
    '': { name: 'shop', version: '1.0.0', license: 'MIT', dependencies: { debug: '2.6.9' } },
    'node_modules/debug': { version: '2.6.9', integrity: hash('A'), license: 'MIT', dependencies: { ms: '2.0.0' } },
    'node_modules/ms': { version: '2.0.0', integrity: hash('B'), license: 'MIT' },
  },
};
const advisory = (id: string, name: string, events: readonly object[]): object => ({
  id, modified: '2026-11-20T00:00:00Z', summary: 'invented for a test', database_specific: { severity: 'HIGH' }, affected: [{ package: { ecosystem: 'npm', name }, ranges: [{ type: 'SEMVER', events }] }],
});

test('what needs a vulnerable package that it has pinned is overridden on a branch, Build passes there, and the work tree stays as it is', () => Story.told(async (story) => {
  story.write({
    'trunkline.config.ts': CONFIG, 'src/server.js': 'export {};\n', 'src/server.test.js': 'export {};\n', '.gitignore': 'node_modules\n',
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`, 'package-lock.json': `${JSON.stringify(lock, null, 2)}\n`,
    'advisories/all.json': JSON.stringify([advisory('TEST-2026-0001', 'ms', [{ introduced: '0' }, { fixed: '2.1.3' }]), advisory('TEST-2026-0002', 'debug', [{ introduced: '9.0.0' }])]),
  });
  const base = story.commit('A shop with a vulnerable dependency');
  story.write({ 'src/server.js': 'export const unfinished = true;\n' });
  const before = story.git('status', '--porcelain=v2', '--branch');

  const { code, out, err } = await story.ask(['fix', '--json']);
  assert.equal(code, 0, `${out}${err}`);
  const fixed = JSON.parse(out) as Fixed;
  assert.deepEqual([fixed.base, fixed.branch, fixed.passed, fixed.unfixable], [base, 'trunkline/fix-test-2026-0001', true, []]);
  assert.deepEqual(fixed.upgrades, [{ name: 'ms', from: ['2.0.0'], to: '2.1.3', advisories: ['TEST-2026-0001'] }]);
  assert.ok(fixed.build.some(({ row, state }) => row === 'build.sca' && state === 'passed'));
  assert.equal(story.git('status', '--porcelain=v2', '--branch'), before);
  assert.match(story.git('show', `${fixed.branch}:package.json`), /"overrides": \{\s+"ms": "\^2\.1\.3"/);
  assert.match(story.git('log', '-1', '--format=%B', fixed.branch ?? ''), /^Upgrade ms: TEST-2026-0001\n\nms 2\.0\.0 -> 2\.1\.3 or later/);

  const unknown = await story.ask(['fix', 'TEST-2026-0002']);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /ADVISORY_NOT_FOUND/);
}));

test('a vulnerable package that the project itself names is raised there', () => Story.told(async (story) => {
  const packages = { '': { ...lock.packages[''], dependencies: { ms: '2.0.0' } }, 'node_modules/ms': lock.packages['node_modules/ms'] };
  story.write({
    'trunkline.config.ts': CONFIG, 'src/server.js': 'export {};\n', 'src/server.test.js': 'export {};\n', '.gitignore': 'node_modules\n',
    'package.json': `${JSON.stringify({ ...manifest, dependencies: { ms: '2.0.0' } }, null, 2)}\n`, 'package-lock.json': `${JSON.stringify({ ...lock, packages }, null, 2)}\n`,
    'advisories/all.json': JSON.stringify([advisory('TEST-2026-0001', 'ms', [{ introduced: '0' }, { fixed: '2.1.1' }])]),
  });
  story.commit('A shop with a vulnerable dependency of its own');
  const { code, out, err } = await story.ask(['fix', '--json']);
  assert.equal(code, 0, `${out}${err}`);
  const { branch = '', passed, upgrades } = JSON.parse(out) as Fixed;
  assert.deepEqual([passed, upgrades.map(({ name, from }) => [name, from])], [true, [['ms', ['2.0.0']]]]);
  const raised = JSON.parse(story.git('show', `${branch}:package.json`)) as { readonly dependencies: { readonly ms: string }; readonly overrides?: unknown };
  assert.match(raised.dependencies.ms, /^\^?2\.1\./);
  assert.equal(raised.overrides, undefined);
  const locked = JSON.parse(story.git('show', `${branch}:package-lock.json`)) as { readonly packages: { readonly [path: string]: { readonly version: string } } };
  assert.match(locked.packages['node_modules/ms']?.version ?? '', /^2\.1\./);
}));
