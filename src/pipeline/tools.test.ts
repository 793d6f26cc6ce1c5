import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../foundation/digest.ts';
import { rowsOf } from './kinds.ts';
import { spec } from './fixture.testing.ts';
import { application } from './index.ts';
import { changeText, planChanges } from './plan-changes.ts';
import { parsePlan } from './plan.ts';
import { changedTool, toolsOf, toolsOfPlan } from './tools.ts';

const plan = application('orders', spec);
const tool = (name: string, bytes = name) => ({ name, version: '1', digest: digestOf(bytes) });

test('a plan uses the tools that its actions make Trunkline start, those of later stages among them', () => {
  assert.deepEqual(toolsOfPlan(plan), ['chromium', 'dbmate', 'git', 'node', 'npm', 'postgres']);
  const [environment] = plan.stages.flatMap((stage) => stage.environment ?? []);
  assert.deepEqual(toolsOf({ kind: 'launch', input: {} }, { ...environment!, database: 'none' }), []);
  assert.deepEqual(toolsOf({ kind: 'archive', input: { files: ['a'], productionDependencies: 'none' } }, undefined), ['git']);
  assert.deepEqual(toolsOf({ kind: 'toString', input: null }, undefined), []);
  assert.ok(rowsOf('secretlint').length > 0 && toolsOf({ kind: 'secretlint', input: {} }, undefined).includes('secretlint'));
});

test('plans with tools and plans of earlier versions are both read', () => {
  assert.equal(parsePlan(plan).tools, undefined);
  assert.deepEqual(parsePlan({ ...plan, tools: [tool('node')] }).tools, [tool('node')]);
  assert.throws(() => parsePlan({ ...plan, tools: [{ ...tool('node'), digest: 'sha256:x' }] }), /tools/);
});

test('a tool that changed since the live plan is told before an approval, as a matter of its own', () => {
  const [change, ...others] = planChanges({ ...plan, tools: [tool('dbmate'), tool('node')] }, { ...plan, tools: [tool('node'), tool('dbmate', 'another')] });
  assert.deepEqual(others, []);
  assert.equal(change?.about, 'tools');
  assert.equal(change && changeText(change), `tool "dbmate", digest: ${digestOf('dbmate')} -> ${digestOf('another')}`);
});

test('only what is another, or was not there, has changed', () => {
  assert.equal(changedTool([tool('git'), tool('node')], [tool('git')]), undefined);
  assert.equal(changedTool(undefined, [tool('git')]), undefined);
  assert.match(changedTool([tool('git')], [tool('git', 'x'), tool('npm')]) ?? '', /^git 1 \(sha256:.{12}\) is now git 1 \(sha256:.{12}\); npm 1 .* was not on this machine$/);
});
