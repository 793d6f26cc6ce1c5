/** The guide "Adopt an old repository", step by step, on one whose Source and whose code both hold findings. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kioskFiles } from '../rig/kiosk.ts';
import { Story } from '../rig/story.ts';

interface Line { readonly action: string; readonly state: string; readonly message?: string }

test('an old repository is shown all that it has in one go, takes it for its baseline, and passes', async () => {
  await Story.told(async (story) => {
    const files = kioskFiles({
      number: 1,
      files: { 'config/app.yaml': 'api: https://orders.shop.io\n', 'tools/list.js': "require('node:child_process').exec('ls ' + process.argv[2]);\nif (process.env.NODE_ENV === 'production') process.exit(1);\n" },
      fields: { 'build.sast': "staticAnalysis({ failOn: 'medium' })" },
    });
    story.commit('As it has been for years', files);
    const before = await story.ask(['build', '--json']);
    assert.equal(before.code, 1, before.out + before.err);
    const actions = JSON.parse(before.out) as readonly Line[];
    assert.match(actions.find(({ action }) => action === 'rows')?.message ?? '', /orders\.shop\.io/);
    assert.match(actions.find(({ action, state }) => action === 'sast' && state === 'failed')?.message ?? '', /medium|high/, 'what Source lacks hides nothing of Build');

    const taken = await story.ask(['baseline']);
    assert.equal(taken.code, 0, taken.out + taken.err);
    assert.match(readFileSync(join(story.repository, 'trunkline-baseline.json'), 'utf8'), /environment-host/);
    assert.equal((await story.ask(['baseline'])).code, 0, 'it says what is found now');
    const after = await story.ask(['build']);
    assert.equal(after.code, 0, after.out + after.err);
    assert.match(after.out, /1 known/);
  });
});
