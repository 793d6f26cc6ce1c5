import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kioskFiles } from '../rig/kiosk.ts';
import { processesNaming } from '../rig/processes.ts';
import { Story, type RunShown } from '../rig/story.ts';

/** Sleeps for so long that nothing else on the machine does. */
const DAEMON = '86399.0123';

/** What a thief who knows this machine would try; each line says REACHED or DENIED, and what. */
function thief(files: readonly string[], state: string, repository: string): string {
  return `
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
const tried = (what, act) => {
  try {
    const found = act();
    console.log((found === undefined || found.length === 0 ? 'DENIED ' + what + ': nothing there' : 'REACHED ' + what + (Array.isArray(found) ? ': ' + found : '')));
  } catch (error) {
    console.log('DENIED ' + what + ': ' + (error.code ?? error.message));
  }
};
for (const file of ${JSON.stringify(files)}) {
  tried('reading ' + file, () => readFileSync(file));
  tried('writing ' + file, () => { appendFileSync(file, 'x'); return 'written'; });
}
tried('listing the state folder', () => readdirSync(${JSON.stringify(state)}).filter((name) => !['work', 'cells'].includes(name)));
tried("others' work", () => ['work', 'cells'].flatMap((name) => readdirSync(${JSON.stringify(state)} + '/' + name).slice(1)));
tried('changing the repository', () => { appendFileSync(${JSON.stringify(join(repository, '.git/config'))}, '[core]\\n\\tfsmonitor = touch stolen\\n'); return 'changed'; });
tried('a hook for its owner', () => { appendFileSync(${JSON.stringify(join(repository, '.git/hooks/post-commit'))}, 'touch stolen'); return 'changed'; });
const strangers = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).filter((pid) => {
  try {
    return readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes('src/main.ts');
  } catch {
    return false;
  }
});
tried("seeing the host's process", () => strangers);
tried('another root', () => readdirSync('/proc/1/root' + ${JSON.stringify(state)}).filter((name) => !['work', 'cells'].includes(name)));
tried('what its first process was told', () => readFileSync('/proc/1/environ', 'utf8').match(/(TRUNKLINE_STORY|API_TOKEN)=/g) ?? []);
tried('its own surroundings', () => Object.keys(process.env).filter((name) => ['TRUNKLINE_STORY', 'API_TOKEN', 'DATABASE_URL'].includes(name)));
tried('taking off what hides it', () => { execFileSync('umount', ['-l', ${JSON.stringify(state)}], { stdio: 'ignore' }); return readFileSync(${JSON.stringify(files[0])}); });
tried('a namespace of its own', () => { execFileSync('unshare', ['-Urm', 'sh', '-c', 'umount -l "$1"; cat "$2"', 'sh', ${JSON.stringify(state)}, ${JSON.stringify(files[0])}], { stdio: 'ignore' }); return 'read'; });
const socket = connect(${JSON.stringify(join(state, 'host.sock'))});
console.log(await Promise.race([once(socket, 'connect').then(() => 'REACHED'), once(socket, 'error').then(() => 'DENIED')]).catch(() => 'DENIED') + ' commanding the host');
spawn('sh', ['-c', 'setsid sh -c "setsid sleep ${DAEMON} & setsid sleep ${DAEMON} &"'], { detached: true, stdio: 'ignore' }).unref();
console.log('left a daemon in ' + readlinkSync('/proc/self/ns/pid').slice(0, 4));
`;
}

test('a hostile commit reaches neither key, journal, secret, password nor process, and leaves nothing behind', () => Story.told(async (story) => {
  const environment = "processes('beta', { ...kiosk, database: postgres(), secrets: ['API_TOKEN'], regions: ['here'] })";
  const set = await story.ask(['secret', 'set', 'API_TOKEN'], { input: 'a token that nobody guesses' });
  assert.equal(set.code, 0, set.err);
  story.kiosk({ number: 1, fields: { 'beta.environment': environment } });
  const first = await story.ask(['run'], { env: { TRUNKLINE_STORY: 'of the host' } });
  assert.equal(first.code, 4, `${first.out}${first.err}`);

  const files = allFiles(story.state);
  for (const wanted of [/signing-key\.pem$/, /journal\.db$/, /secrets\/API_TOKEN$/, /environments\/beta\/here\/.*access|environments\/beta\/here\/database\//, /operators\.json$/]) assert.ok(files.some((file) => wanted.test(file)), `${wanted} is there to be stolen`);
  const wanted = files.filter((file) => !/\/(blobs|pgdata|base|global|pg_\w+|work)\//.test(file) && statSync(file).size > 0);
  const build = thief(wanted, story.state, story.repository);
  const stolen = `import { readFileSync } from 'node:fs';
const stolen = ${JSON.stringify(wanted)}.filter((file) => { try { readFileSync(file); return true; } catch { return false; } });
`;
  const hostile = { number: 2, fields: { 'beta.environment': environment, 'build.code': "sh('node tools/build.mjs && node tools/thief.mjs')", 'build.codeQuality': "waive('stolen while it was read: ' + stolen.length)" } };
  const { 'trunkline.config.ts': configuration } = kioskFiles(hostile);
  story.commit('Take what there is', { ...kioskFiles(hostile), 'tools/thief.mjs': build, 'trunkline.config.ts': stolen + configuration! });
  const second = await story.ask(['run'], { env: { TRUNKLINE_STORY: 'of the host', API_TOKEN: 'of the host' } });
  assert.equal(second.code, 4, `${second.out}${second.err}`);
  assert.match(second.err, /is before it, and waits for approval: trunkline approve /);

  const shown = await story.data<RunShown & { waivers: { row: string; reason: string }[] }>(['show']);
  assert.equal(shown.waivers.find(({ row }) => row === 'build.code-quality')!.reason, 'stolen while it was read: 0');
  const { out: log } = await story.ask(['logs', shown.run, 'build.code']);
  assert.deepEqual(log.split('\n').filter((line) => line.startsWith('REACHED')), []);
  assert.ok(log.split('\n').filter((line) => line.startsWith('DENIED')).length >= wanted.length * 2 + 8, log);
  assert.match(log, /left a daemon/);
  assert.deepEqual(processesNaming(DAEMON), [], 'the daemon ended with the command');
  assert.ok(!story.git('config', '--list', '--local').includes('fsmonitor'));

  const [beta] = await story.env('beta');
  assert.equal(beta!.releases[0]!.run, shown.run);
  for (const file of wanted.filter((path) => !path.includes('/releases/'))) {
    const answer = await fetch(`${beta!.url}/read?file=${encodeURIComponent(file)}`);
    assert.equal(answer.status, 404, `${file} can be read by what is deployed`);
  }
  const own = await (await fetch(`${beta!.url}/read?file=/proc/self/environ`)).text();
  assert.match(own, /DATABASE_URL=postgres/, 'its own database it knows');
  assert.doesNotMatch(own, /of the host/);
}));

function allFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? allFiles(path) : entry.isFile() ? [path] : [];
  });
}
