/** Repositories of the shape of the official reference implementations: each would be told what it lacks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kioskFiles } from '../../rig/kiosk.ts';
import { Story } from '../../rig/story.ts';

interface Row { readonly id: string; readonly level: string; readonly state: string; readonly reason?: string; readonly findings?: readonly { readonly file?: string; readonly line?: number; readonly rule: string }[] }

/** What a repository lacks of what is required: by row, why. */
async function lacking(files: { readonly [path: string]: string }): Promise<ReadonlyMap<string, Row>> {
  let found: ReadonlyMap<string, Row> = new Map();
  await Story.told(async (story) => {
    story.commit('A pipeline', files);
    const { code, out, err } = await story.ask(['check', '--json']);
    assert.equal(code, 1, `${out}${err}`);
    found = new Map((JSON.parse(out) as { rows: Row[] }).rows.filter(({ level, state }) => level === 'required' && state === 'missing').map((row) => [row.id, row]));
    const told = await story.ask(['check']);
    assert.equal(told.code, 1);
    for (const id of found.keys()) assert.match(told.out, new RegExp(`✘ +${id.replace('.', '\\.')} `), id);
  });
  return found;
}

function says(rows: ReadonlyMap<string, Row>, wanted: { readonly [row: string]: RegExp }): void {
  for (const [row, reason] of Object.entries(wanted)) assert.match(rows.get(row)?.reason ?? '', reason, `${row}: ${rows.get(row)?.reason ?? 'it is not missing'}`);
}

test('one whose scans are off by default, whose image nobody signs and whose integration tests run in Build lacks all of these', async () => {
  const manifest = JSON.stringify({ name: 'kiosk', private: true, type: 'module', scripts: { 'scan:secrets': 'sh tools/secrets.sh', 'test:integration': 'node tools/test.mjs integration' } });
  const rows = await lacking(kioskFiles({
    number: 1,
    files: {
      'package.json': manifest,
      'tools/secrets.sh': '#!/bin/sh\n# Turned on by the platform team.\nif [ "$ENABLE_SECRETS_SCAN" = "true" ]; then\n  node tools/scan.mjs\nfi\n',
      'tools/sca.sh': '[ "${RUN_VULNERABILITY_SCAN:-false}" = "true" ] && node tools/audit.mjs || echo "vulnerability scan is off"\n',
    },
    fields: {
      'build.code': "sh('node tools/build.mjs && docker push registry.example.com/kiosk:latest')",
      'build.unitTests': "sh('node tools/test.mjs unit && npm run test:integration', { junit: 'reports/unit.xml' })",
      'build.secrets': "sh('npm run scan:secrets')",
      'build.sca': "sh('sh tools/sca.sh')",
      'build.package': "waive('the image is pushed by the build')",
    },
  }));
  says(rows, {
    'build.secrets': /runs only when \$ENABLE_SECRETS_SCAN says so/,
    'build.sca': /runs only when \$RUN_VULNERABILITY_SCAN says so/,
    'build.package': /build\.code publishes by itself \("docker push"\): nobody has signed that/,
    'build.unit-tests': /runs integration tests \("npm run test:integration"\), which belong to Beta/,
  });
});

test('one that builds its image anew at every deployment, asks nobody, and writes SARIF for an SBOM lacks all of these', async () => {
  const shape = {
    number: 1,
    files: { 'tools/start.sh': 'set -e\ndocker build -t kiosk .\ndocker run --rm -p "$PORT:80" kiosk\n' },
    fields: {
      'build.sbom': "sh('node tools/bom.mjs --format sarif --output reports/sbom.sarif', { sbom: 'reports/sbom.sarif' })",
      'beta.environment': "processes('beta', { ...kiosk, run: 'sh tools/start.sh', regions: ['here'] })",
      'gamma.environment': "processes('gamma', { ...kiosk, ...watched, run: 'sh tools/start.sh', regions: ['here'] })",
      'prod.environment': "processes('prod', { ...kiosk, ...watched, run: 'sh tools/start.sh', regions: ['here'] })",
    },
  };
  await Story.told(async (story) => {
    story.commit('No approval', kioskFiles({ ...shape, fields: { ...shape.fields, 'prod.approval': '' } }));
    const { code, err } = await story.ask(['check']);
    assert.equal(code, 2, err);
    assert.match(err, /prod\.approval/);
  });
  says(await lacking(kioskFiles(shape)), {
    'build.sbom': /reports\/sbom\.sarif is SARIF, which lists findings and no components/,
    'gamma.deploy': /it is built again where it is deployed \("docker build"\)/,
    'prod.deploy': /it is built again where it is deployed \("docker build"\)/,
  });
});

test('one whose three environments are one stack, and that deploys any branch to Beta, lacks all of these', async () => {
  const environment = (name: string): string => `processes('${name}', { ...kiosk, ...watched, settings: { STACK_NAME: 'kiosk' }, regions: ['here'] })`;
  const rows = await lacking(kioskFiles({
    number: 1,
    files: { '.github/workflows/beta.yml': "name: beta\non:\n  push:\n    branches: ['**']\njobs:\n  beta:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: npx cdk deploy kiosk --require-approval never\n" },
    fields: { 'beta.environment': environment('beta'), 'gamma.environment': environment('gamma'), 'prod.environment': environment('prod'), 'build.sbom': "sh('node tools/bom.mjs || true')" },
  }));
  says(rows, {
    'gamma.launch': /beta and gamma are one and the same: both have STACK_NAME=kiosk/,
    'prod.deploy': /beta and prod are one and the same: both have STACK_NAME=kiosk/,
    'pipeline.trunk-only': /\.github\/workflows\/beta\.yml:10 deploys \("cdk deploy"\) beside this pipeline, and not from main alone/,
    'build.sbom': /can't fail/,
  });
  assert.deepEqual(rows.get('pipeline.trunk-only')?.findings?.map(({ file, line }) => [file, line]), [['.github/workflows/beta.yml', 10]]);
});

test('one whose tests lie in another repository, and whose dependencies and configuration are anything, is told so with each place', async () => {
  const rows = await lacking(kioskFiles({
    number: 1,
    files: {
      'package.json': '{\n  "name": "kiosk",\n  "type": "module",\n  "dependencies": {\n    "left": "latest"\n  }\n}\n',
      'config/app.yaml': 'name: kiosk\nproduction:\n  database: postgres://kiosk:hunter22@db.kiosk.internal/kiosk\n',
      'src/mode.js': "export const isStrict =\n  process.env.NODE_ENV === 'production';\n",
    },
    fields: { 'source.dependencyManifests': '', 'source.tests': "'e2e/**'" },
  }));
  const at = (row: string) => rows.get(row)?.findings?.map(({ file, line, rule }) => `${file ?? ''}:${line ?? ''} ${rule}`);
  assert.deepEqual(at('source.dependency-manifests'), ['package.json:1 unlocked-manifest', 'package.json:5 unpinned-dependency']);
  assert.deepEqual(at('source.static-configuration'), ['config/app.yaml:3 environment-credential', 'config/app.yaml:2 environment-switch', 'src/mode.js:2 environment-switch']);
  says(rows, { 'source.tests': /no tracked file matches e2e\/\*\*/ });
  assert.doesNotMatch(JSON.stringify([...rows.values()]), /hunter22/);
});
