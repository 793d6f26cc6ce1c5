import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrunklineError } from '../../foundation/errors.ts';
import { exported } from './exported.ts';
import { sbomDocument, toldRun } from './fixture.testing.ts';

const documents = async () => sbomDocument();

test('a run as SARIF has the findings of every action, security marked as such', async () => {
  const log = JSON.parse(await exported('sarif', toldRun(), documents)) as { runs: { tool: { driver: { name: string; rules: { properties?: object }[] } }; results: object[] }[] };
  assert.deepEqual(log.runs.map(({ tool, results }) => [tool.driver.name, results.length]), [['analyser', 4]]);
  assert.ok(log.runs[0]?.tool.driver.rules[0]?.properties);
});

test('a run as JUnit XML has the tests of every action', async () => {
  const told = toldRun();
  assert.match(await exported('junit', told, documents), /<testsuites name="unit-tests" tests="4" failures="1" skipped="1"/);
  assert.match(await exported('junit', { ...told, actions: [...told.actions, ...told.actions] }, documents), /<testsuites name="r-1 a commit" tests="8" failures="2" skipped="2"/);
});

test('a run as JSON has the reports themselves', async () => {
  const told = toldRun();
  const actions = JSON.parse(await exported('json', told, documents)) as { action: string; reports: object[] }[];
  assert.deepEqual(actions.map(({ action }) => action), ['unit-tests', 'sast', 'sbom']);
  assert.deepEqual(actions[1]?.reports, told.actions[1]?.reports);
});

test('a format that can hold nothing of what was reported is refused', async () => {
  const none = { ...toldRun(), actions: toldRun().actions.slice(2) };
  await assert.rejects(exported('sarif', none, documents), (error: TrunklineError) => error.record.code === 'REPORT_UNSUITABLE');
  await assert.rejects(exported('junit', none, documents), (error: TrunklineError) => error.record.code === 'REPORT_UNSUITABLE');
});
