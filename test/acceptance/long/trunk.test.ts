import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Story, type Asked, type RunShown } from '../../rig/story.ts';

test('"up" runs the head at first and then every new commit once, whoever else asks for it and how often', () => Story.told(async (story) => {
  const [older, , head] = [1, 2, 3].map((number) => story.kiosk({ number })) as [string, string, string];
  const up = story.begin(['up']);
  const first = await runOf(up, head);
  await approved(story, up, first);
  assert.match((await up.says(new RegExp(`${first} (SUCCEEDED|FAILED).*`)))[0], /SUCCEEDED/);

  const again = await story.ask(['run']);
  assert.equal(again.code, 0, again.err);
  assert.match(again.err, /has released this commit already; --again/);
  const unseen = await story.ask(['run', older]);
  assert.equal(unseen.code, 5, 'what lay there before the first start is not run');

  const [next, last] = [4, 5].map((number) => story.kiosk({ number })) as [string, string];
  const asks = await Promise.all(Array.from({ length: 8 }, () => story.ask(['run', '--detach'])));
  assert.deepEqual([...new Set(asks.map(({ code }) => code))], [4], asks.map(({ err }) => err).join(''));
  const [nextRun, lastRun] = await Promise.all([runOf(up, next), runOf(up, last)]);
  assert.deepEqual(new Set(asks.map(({ err }) => /r-[a-z0-9]+/.exec(err)?.[0])), new Set([lastRun]), 'all were told of one run');
  // The older one is overtaken at a stage's entrance, or, where it was in Prod already, goes on.
  const [, , overtaken] = await up.says(new RegExp(`${nextRun} (WAITS|(SUPERSEDED))`));
  if (overtaken === undefined) await approved(story, up, nextRun);
  await approved(story, up, lastRun);
  assert.match((await up.says(new RegExp(`${lastRun} (SUCCEEDED|FAILED).*`)))[0], /SUCCEEDED/);

  const runs = await story.data<RunShown[]>(['runs']);
  assert.deepEqual(runs.map(({ commit }) => commit).toSorted(), [head, next, last].toSorted(), 'each commit ran once');
  assert.match(runs.find(({ run }) => run === nextRun)!.outcome, /SUCCEEDED|SUPERSEDED/);
  for (const { releases, environment } of await story.env()) assert.deepEqual(releases.map(({ commit, weight }) => [commit, weight]), [[last, 10_000]], environment);
  const ended = await up.end();
  assert.equal(ended.code, 0, ended.err);
  assert.match(ended.out, /prod +here +100 % +/, 'it ends with what runs where');
}));

test('of many who ask at once where no host lives, one becomes it, and all speak of one run', () => Story.told(async (story) => {
  story.kiosk({ number: 1 });
  const asks = await Promise.all(Array.from({ length: 6 }, () => story.ask(['run', '--detach'])));
  assert.deepEqual([...new Set(asks.map(({ code }) => code))], [4], asks.map(({ err }) => err).join(''));
  const [run, ...others] = await story.data<RunShown[]>(['runs']);
  assert.deepEqual(others, []);
  for (const { err } of asks) assert.match(err, new RegExp(run!.run));
}));

test('the run of a commit that a force-push took off the trunk is stopped, and the trunk that came runs instead', () => Story.told(async (story) => {
  const kept = story.kiosk({ number: 1 });
  const up = story.begin(['up']);
  const run = await runOf(up, kept);
  await up.says(new RegExp(`${run} WAITS FOR APPROVAL`));
  story.git('commit', '--quiet', '--amend', '--allow-empty', '--message', 'Kiosk 1, said better');
  const instead = await runOf(up, story.git('rev-parse', 'HEAD'));
  const [line] = await up.says(new RegExp(`${run} STOPPED.*`));
  assert.match(line, /the trunk was rewritten and no longer contains/);
  const refused = await story.ask(['run', kept]);
  assert.equal(refused.code, 5, 'it is not of the trunk any more');
  assert.match(refused.err, /NOT_ON_TRUNK/);
  const late = await story.ask(['approve', run]);
  assert.equal(late.code, 5, 'nobody can approve it now');
  const retried = await story.ask(['retry', run]);
  assert.equal(retried.code, 5);
  assert.match(retried.err, /SOURCE_GONE/);
  await up.says(new RegExp(`${instead} WAITS FOR APPROVAL`));
  const { stages } = await story.show(run);
  assert.deepEqual(stages.find(({ stage }) => stage === 'prod')!.actions.filter(({ state }) => state === 'passed'), [], 'it never reached production');
}));

test('an older commit never goes over a newer one', () => Story.told(async (story) => {
  story.kiosk({ number: 1 });
  await story.released();
  const [older, newer] = [2, 3].map((number) => story.kiosk({ number })) as [string, string];
  const released = await story.released();
  assert.equal(released.commit, newer);
  const { code, out } = await story.ask(['run', older, '--wait']);
  assert.equal(code, 5, out);
  const shown = await story.show();
  assert.deepEqual([shown.commit, shown.outcome, shown.supersededBy], [older, 'SUPERSEDED', released.run]);
  assert.match(shown.reason!, new RegExp(`a newer commit, ${newer.slice(0, 12)}`));
  for (const { releases, environment } of await story.env()) assert.deepEqual(releases.map(({ commit, weight }) => [commit, weight]), [[newer, 10_000]], environment);
}));

test('commits that are not on the trunk are refused, with where they are and what to do', () => Story.told(async (story) => {
  const pushed = story.kiosk({ number: 1 });
  const remote = join(story.folder, 'origin.git');
  story.git('init', '--quiet', '--bare', '--initial-branch=main', remote);
  story.git('remote', 'add', 'origin', remote);
  story.git('push', '--quiet', 'origin', 'main');
  const asked = async (word: string): Promise<string> => {
    const { code, err } = await story.ask(['run', word]);
    assert.equal(code, 5, err);
    return err;
  };

  story.git('switch', '--quiet', '--create', 'feature/stamps');
  const featured = story.commit('Sell stamps');
  assert.match(await asked('feature/stamps'), /is on feature\/stamps, not on the trunk origin\/main; a pipeline runs for the trunk only \[NOT_ON_TRUNK\]\n +merge it to the trunk first/);

  story.git('switch', '--quiet', 'main');
  story.git('merge', '--quiet', '--no-ff', '--message', 'Merge the stamps', 'feature/stamps');
  assert.match(await asked('HEAD'), /push it: git push origin main/);
  story.git('push', '--quiet', 'origin', 'main');
  assert.match(await asked(featured), /came to origin\/main inside the merge .* run the merge/s);

  for (const [word, code] of [['no-such-branch', 2], ['--upload-pack=touch x', 2], ['HEAD..main', 2], [`${pushed}; touch x`, 2]] as const) {
    const odd = await story.ask(['run', '--', word]);
    assert.equal(odd.code, code, `${word}: ${odd.err}`);
  }
  story.git('--git-dir', remote, 'config', 'receive.denyDeleteCurrent', 'ignore');
  story.git('push', '--quiet', 'origin', 'main:renamed', ':main');
  const gone = await story.ask(['run']);
  assert.equal(gone.code, 2, gone.err);
  assert.match(gone.err, /there is no trunk origin\/main .*TRUNK_MISSING/);
  assert.deepEqual(await story.data<unknown[]>(['runs']), [], 'nothing ran');
}));

/** The run that `up` says it has begun for a commit. */
async function runOf(up: Asked, commit: string): Promise<string> {
  return (await up.says(new RegExp(`(\\S+) begins: ${commit.slice(0, 12)}`)))[1]!;
}

async function approved(story: Story, up: Asked, run: string): Promise<void> {
  await up.says(new RegExp(`${run} WAITS FOR APPROVAL`));
  const { code, err } = await story.ask(['approve', run]);
  assert.equal(code, 0, err);
}
