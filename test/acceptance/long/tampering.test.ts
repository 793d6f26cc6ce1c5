import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Digest } from '../../../src/foundation/units.ts';
import { blobPath, flip, forge, resigner, type Undo } from '../../rig/forger.ts';
import { Story, type RunShown } from '../../rig/story.ts';

type Tamper = (run: RunShown) => Undo | Promise<Undo>;

const fields = { 'build.secrets': 'secretlint()' };

/** A release that is live, and one that waits for its approval: who tampers with it then must not get it deployed. */
class Target {
  readonly #story: Story;
  readonly #live: string;
  readonly #process: number;
  #waiting: RunShown | undefined;
  #number = 2;

  private constructor(story: Story, live: string, process: number) {
    this.#story = story;
    this.#live = live;
    this.#process = process;
  }

  static async in(story: Story): Promise<Target> {
    story.kiosk({ number: 1, fields });
    const { run } = await story.released();
    return new Target(story, run, await processIn(story));
  }

  async refuses(what: string, tamper: Tamper, says: (run: RunShown) => RegExp): Promise<void> {
    const story = this.#story;
    const again = this.#waiting !== undefined && this.#waiting.attempt < 3;
    if (!again) story.kiosk({ number: this.#number++, fields });
    const running = story.begin(again ? ['retry', this.#waiting!.run, '--wait'] : ['run', '--wait']);
    const run = (await running.says(/(\S+) WAITS FOR APPROVAL/))[1]!;
    const waiting = this.#waiting = await story.show(run);
    const undo = await tamper(waiting);
    const verified = await story.ask(['verify', run]);
    assert.equal(verified.code, 5, `${what}: ${verified.out}${verified.err}`);
    assert.match(verified.out + verified.err, says(waiting), what);
    await story.ask(['approve', run]); // what is wrong may show here already
    const { code, out, err } = await running.ended;
    assert.equal(code, 5, `${what}: ${out}${err}`);
    assert.match(out + err, says(waiting), what);
    assert.equal((await story.show(run)).outcome, 'FAILED', what);
    for (const { releases } of await story.env('prod')) assert.deepEqual(releases.map(({ run: live, role, weight }) => [live, role, weight]), [[this.#live, 'stable', 10_000]], what);
    assert.equal(await processIn(story), this.#process, `${what}: the same process serves on`);
    undo();
  }
}

test('a flipped byte of the artifact or of its evidence keeps it out of production, and is named', () => Story.told(async (story) => {
  const target = await Target.in(story);
  const layer = ({ artifact }: RunShown): { config: { digest: string }; layers: { digest: string }[] } => JSON.parse(readFileSync(blobPath(story.state, artifact!), 'utf8')) as never;
  const named = (digest: string): RegExp => new RegExp(`${digest}.* corrupt|${digest}: its bytes hash to|not to ${digest}`);
  await target.refuses('a layer', (run) => flip(blobPath(story.state, layer(run).layers[0]!.digest)), (run) => named(layer(run).layers[0]!.digest));
  await target.refuses('the configuration', (run) => flip(blobPath(story.state, layer(run).config.digest)), (run) => named(layer(run).config.digest));
  await target.refuses('the manifest', ({ artifact }) => flip(blobPath(story.state, artifact!)), ({ artifact }) => named(artifact!));
  await target.refuses('an attestation', ({ evidence }) => flip(blobPath(story.state, evidence[0]!.digest)), ({ evidence }) => named(evidence[0]!.digest));
  await target.refuses('the index', () => flip(join(story.state, 'artifacts/index.json')), () => /index\.json of the artifact store is corrupt/);
}));

test('evidence that was taken away, signed by another key, or signed before the keys were exchanged, is no evidence', () => Story.told(async (story) => {
  const target = await Target.in(story);
  const artifactOf = ({ artifact }: RunShown): Digest => artifact as Digest;
  const isGamma = (predicate: unknown): boolean => JSON.stringify(predicate).includes('gamma');
  await target.refuses('a stage is missing', (run) => forge(story.state, artifactOf(run), ({ predicate }, bundle) => (isGamma(predicate) ? undefined : bundle)), () => /EVIDENCE_MISSING: there is no proof that it passed gamma/);
  const isOfSecrets = (predicate: unknown): boolean => JSON.stringify(predicate).includes('build.secrets');
  await target.refuses('what the scan for secrets found is missing', (run) => forge(story.state, artifactOf(run), ({ predicate }, bundle) => (isOfSecrets(predicate) ? undefined : bundle)), () => /EVIDENCE_MISSING: there is no result of build\.secrets/);
  const resign = resigner();
  await target.refuses('another key', (run) => forge(story.state, artifactOf(run), resign), () => /attestation sha256:[0-9a-f]+: .*(key|signature)/i);

  // The keys are read when a host begins: so they are exchanged between two hosts.
  story.kiosk({ number: 9 });
  const left = await story.ask(['run']);
  assert.equal(left.code, 4, left.err);
  const live = await processIn(story);
  const url = (await story.env('prod'))[0]!.url!;
  const { run } = await story.show();
  renameSync(join(story.state, 'keys'), join(story.folder, 'true-keys'));
  const verified = await story.ask(['verify', run]);
  assert.equal(verified.code, 5, verified.err);
  // What the journal says was signed by the key that is gone: nobody knows whether it is true.
  for (const words of [['approve', run], ['run', '--wait']]) {
    const refused = await story.ask(words);
    assert.equal(refused.code, 5, `${refused.out}${refused.err}`);
    assert.match(refused.err, /no trusted key signed it \[JOURNAL_TAMPERED\]/);
  }
  assert.equal(((await (await fetch(url)).json()) as { began: number }).began, live, 'what is live stays');
  rmSync(join(story.state, 'keys'), { recursive: true, force: true });
  renameSync(join(story.folder, 'true-keys'), join(story.state, 'keys'));
  assert.equal((await story.ask(['runs'])).code, 0, 'with the true keys all of it holds again');
}));

test('a build of what is not committed leaves nothing that could be deployed', () => Story.told(async (story) => {
  story.kiosk({ number: 1 });
  story.write({ 'src/release.json': '{"number":66,"fault":"none"}' });
  const { code, out, err } = await story.ask(['build']);
  assert.equal(code, 0, `${out}${err}`);
  assert.match(out, /✔ package/);
  assert.match(out, /Nothing was signed/);
  const blobs = join(story.state, 'artifacts/blobs/sha256');
  assert.deepEqual(existsSync(blobs) ? readdirSync(blobs) : [], [], 'nothing was stored');
  assert.deepEqual(await story.data<unknown[]>(['runs']), []);
  assert.deepEqual(readdirSync(join(story.state, 'scratch')), [], 'what it made is gone');

  const released = await story.released();
  assert.equal(((await (await fetch((await story.env('prod'))[0]!.url!)).json()) as { number: number }).number, 1, 'what is released is what was committed');
  assert.equal((await story.ask(['verify', released.run])).code, 0);
  const failing = { 'tools/test.mjs': 'throw new Error("red")' };
  story.write(failing);
  const red = await story.ask(['build']);
  assert.equal(red.code, 1, red.out);
  assert.match(red.out, /✘ unit-tests[^✔✘]*\n.*log: /);
}));

async function processIn(story: Story): Promise<number> {
  const [prod] = await story.env('prod');
  return ((await (await fetch(prod!.url!)).json()) as { pid: number; began: number }).began;
}
