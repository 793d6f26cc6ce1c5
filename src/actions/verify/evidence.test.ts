import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application, osv, secretlint, sh, staticAnalysis, waive } from '../../pipeline/index.ts';
import { spec } from '../../pipeline/fixture.testing.ts';
import { buildEvidenceOf } from './evidence.ts';

const of = (build: object) => buildEvidenceOf(application('orders', { ...spec, build: { ...spec.build, ...build } }));

test('every row of Build whose action reports must have been attested', () => {
  assert.deepEqual(of({ codeQuality: sh('lint', { findings: { sarif: 'lint.sarif' } }), secrets: secretlint(), sast: staticAnalysis(), sca: osv({ advisories: 'security/advisories' }) }), {
    tests: ['build.unit-tests', 'build.code-quality', 'build.secrets', 'build.sast', 'build.sca'], sbom: true,
  });
});

test('a command that reports nothing, and a row that is waived, leave nothing to be asked for', () => {
  const no = waive('for this test');
  assert.deepEqual(of({ codeQuality: sh('lint'), secrets: no, sast: no, sca: no }), { tests: ['build.unit-tests'], sbom: true });
  assert.deepEqual(of({ unitTests: no, codeQuality: no, secrets: no, sast: no, sca: no, sbom: no }), { tests: [], sbom: false });
});
