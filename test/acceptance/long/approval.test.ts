import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { kioskFiles } from '../../rig/kiosk.ts';
import { Story, type MetricsShown } from '../../rig/story.ts';

const user = userInfo().username;

test('only whom the operator names approves, only what was shown, and once; every refusal is kept', () => Story.told(async (story) => {
  story.operators({ people: { [user]: { groups: ['readers'] }, dana: { groups: ['operators'], actedBy: [user] }, kim: { groups: ['operators'], actedBy: [user] }, alex: { groups: ['operators'] }, ivy: { groups: ['interns'], actedBy: [user] } } });
  story.kiosk({ number: 1 });
  const running = story.begin(['run', '--wait']);
  const run = (await running.says(/(\S+) WAITS FOR APPROVAL by operators/))[1]!;
  const refused = async (words: readonly string[], says: RegExp): Promise<void> => {
    const { code, err } = await story.ask([...words, run]);
    assert.equal(code, 5, `${words.join(' ')}: ${err}`);
    assert.match(err, says);
  };
  await refused(['approve'], /may not approve this release: that takes a member of operators \[NOT_AUTHORISED\]\n +an operator adds people to operators\.json/);
  await refused(['approve', '--as', 'alex'], /as alex may not approve/);
  await refused(['approve', '--as', 'constructor'], /NOT_AUTHORISED/);
  await refused(['approve', '--as', 'kim'], /kim may not approve this release: kim wrote a part of .* \[OWN_CHANGE\]/);
  await refused(['reject', '--reason', 'no'], /may not reject this release/);
  await refused(['approve', '--as', 'dana', '--evidence', `sha256:${'0'.repeat(64)}`], /not what you were shown \[APPROVAL_STALE\]\n +look again with "trunkline show/);
  await running.says(/refused to approve for .*: .* may not approve/);
  await running.says(/refused to approve for .*: what waits for approval is not what you were shown/);
  const waiting = await story.show(run);
  assert.deepEqual(waiting.approval!.given, []);
  assert.deepEqual(await story.env('prod'), [], 'nothing happens in Prod before');

  const approved = await story.ask(['approve', run, '--as', 'dana', '--evidence', waiting.approval!.requested.evidence, '--message', 'looks good']);
  assert.equal(approved.code, 0, approved.err);
  assert.equal((await running.ended).code, 0);
  const shown = await story.show(run);
  assert.deepEqual(shown.approval!.given.map(({ by, user: who }) => [by, who]), [['dana', user]]);
  assert.equal(shown.approval!.requested.artifact, shown.artifact);
  assert.ok(shown.evidence.some(({ stage, name }) => stage === 'prod' && name.startsWith('approval')), 'the approval is signed evidence');
  const late = await story.ask(['approve', run, '--as', 'dana']);
  assert.equal(late.code, 5);

  // A "small fix" names other approvers, fewer of them, and takes an alarm's bake away.
  story.kiosk({ number: 2, fields: { 'prod.approval': "approval({ by: ['interns'], atLeast: 1 })" } });
  const small = await story.ask(['run']);
  assert.equal(small.code, 4, small.err);
  assert.match(small.err, /PLAN WIDENS who approves: it asks for 1 of interns; the operator's rule holds: 1 of operators/);
  assert.match(small.err, /APPROVAL +prod, action "approval", by: operators -> interns/);
  const { run: second } = await story.show();
  const sly = await story.ask(['approve', second, '--as', 'ivy']);
  assert.deepEqual([sly.code, /takes a member of operators \[NOT_AUTHORISED\]/.test(sly.err)], [5, true], sly.err);
  const file = JSON.parse(readFileSync(join(story.state, 'operators.json'), 'utf8')) as { readonly approvals: object };
  assert.deepEqual(file.approvals, { prod: { groups: ['operators'], atLeast: 1, ownChanges: 'refused' } }, 'the operator sees in the file what was pinned');
  const rule = await story.data<{ readonly prod: object }>(['approvers']);
  assert.deepEqual(rule.prod, { groups: ['operators'], atLeast: 1, ownChanges: 'refused' });
  const changed = await story.ask(['approvers', '--groups', 'interns,operators']);
  assert.deepEqual([changed.code, changed.out], [0, 'from now on 1 of interns or operators must approve production\n']);
  assert.equal((await story.ask(['approve', second, '--as', 'ivy'])).code, 0);
}));


test('what is rejected, or not decided in time, ends there; a defect alone counts as a failure', () => Story.told(async (story) => {
  story.kiosk({ number: 1, fields: { 'prod.approval': "approval({ by: ['operators'], expires: '20s' })" } });
  const good = await story.released();

  story.kiosk({ number: 2 });
  const decided = async (...words: readonly string[]) => {
    const running = story.begin(['run', '--wait']);
    const run = (await running.says(/(\S+) WAITS FOR APPROVAL/))[1]!;
    const { code, err } = await story.ask(['reject', run, '--reason', 'after the holidays', ...words]);
    assert.equal(code, 0, err);
    assert.equal((await running.ended).code, 5);
    return story.show(run);
  };
  const notNow = await decided();
  assert.deepEqual([notNow.outcome, notNow.approval!.rejected!.reason], ['REJECTED', 'after the holidays']);
  assert.equal((await story.data<MetricsShown>(['metrics'])).mtbfMs, null, 'not now is no failure');

  story.kiosk({ number: 3 });
  const defect = await decided('--defect');
  assert.equal(defect.outcome, 'REJECTED');
  assert.equal((await story.data<MetricsShown>(['metrics'])).mtbfMs, defect.startedAt - good.startedAt, 'a defect is one');

  story.kiosk({ number: 4, fields: { 'prod.approval': "approval({ by: ['operators'], expires: '100ms' })" } });
  const expired = await story.ask(['run', '--wait']);
  assert.equal(expired.code, 5, expired.err);
  const shown = await story.show();
  assert.deepEqual([shown.outcome, shown.error!.code], ['EXPIRED', 'APPROVAL_EXPIRED']);
  assert.match(shown.error!.hint!, /trunkline retry/);
  const late = await story.ask(['approve', shown.run]);
  assert.equal(late.code, 5, late.err);
  for (const { releases } of await story.env('prod')) assert.deepEqual(releases.map(({ run, weight }) => [run, weight]), [[good.run, 10_000]]);
}));

test('an approval is kept where no host lives, and the next one goes on with it', () => Story.told(async (story) => {
  story.kiosk({ number: 1 });
  const left = await story.ask(['run']);
  assert.equal(left.code, 4, left.err);
  assert.match(left.err, /it goes on when someone who may says: trunkline approve (\S+)/);
  const { run } = await story.show();
  assert.deepEqual(story.left().filter((process) => /main\.ts (run|up)/.test(process)), [], 'no host lives now');

  const [one, other] = await Promise.all([story.ask(['approve', run]), story.ask(['reject', run, '--reason', 'no'])]);
  assert.equal([one, other].filter(({ code }) => code === 0).length, 1, `one decision, not two: ${one.err}${other.err}`);
  if (one.code === 0) assert.match(one.out, /no host lives here now: "trunkline up" goes on with it/);
  const up = story.begin(['up']);
  assert.match((await up.says(new RegExp(`${run} (SUCCEEDED|REJECTED|FAILED).*`)))[1]!, one.code === 0 ? /SUCCEEDED/ : /REJECTED/);
  assert.equal((await up.end()).code, 0);
}));

test('no commit can waive the approval or take a step before it', () => Story.told(async (story) => {
  story.kiosk({ number: 1, fields: { 'prod.approval': "waive('we trust us') as never" } });
  const check = await story.ask(['check']);
  assert.equal(check.code, 2, check.err);
  assert.match(check.err, /trunkline\.config\.ts:\d+: .*prod\.approval.* can't be waived/);
  const first = await story.ask(['run']);
  assert.equal(first.code, 2, 'a pipeline does not begin with such a configuration');
  story.kiosk({ number: 1 });
  const valid = await story.ask(['run']);
  assert.equal(valid.code, 4, valid.err);

  // A commit need not use application(…): it may export what it likes.
  const { 'trunkline.config.ts': configuration } = kioskFiles({ number: 1 });
  for (const [sly, says] of [
    ["plan.stages[3].actions = plan.stages[3].actions.filter(({ kind }) => kind !== 'approval'); for (const action of plan.stages[3].actions) action.needs = action.needs.filter((need) => need !== 'approval')", /prod\.approval/],
    ["plan.waivers.push({ row: 'prod.approval', reason: 'we trust us' })", /prod\.approval can't be waived/],
    ["plan.stages[3].actions.find(({ kind }) => kind === 'verify').needs = []", /must need the approval/],
    ["plan.stages[3].actions.find(({ kind }) => kind === 'rollout').needs = ['approval']", /must need "verify"/],
  ] as const) {
    story.commit('Sly', { 'trunkline.config.ts': `${configuration!.replace('export default', 'const plan =')}\n${sly};\nexport default plan;\n` });
    const { code } = await story.ask(['run', '--wait']);
    assert.equal(code, 1);
    const { outcome, error } = await story.show();
    assert.deepEqual([outcome, error!.code], ['FAILED', 'PLAN_INVALID']);
    assert.match(error!.message, says);
  }
  assert.deepEqual(await story.env('prod'), []);
}));
