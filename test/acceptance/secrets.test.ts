import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { kioskFiles } from '../rig/kiosk.ts';
import { Story, type Answer } from '../rig/story.ts';

const TOKEN = 'sesame/öffne+dich "42" & niemals?';

/** Prints it in every form that a program may use, and then what `then` is. */
const babbling = (then: string): string => `
const token = process.env.API_TOKEN ?? 'nothing';
for (const text of [token, Buffer.from(token).toString('base64'), Buffer.from('x' + token).toString('base64url'), Buffer.from(token).toString('hex'), encodeURIComponent(token), JSON.stringify({ token })]) {
  console.log('the token is ' + text);
  console.error('the token is ' + text);
}
${then}`;

test('a secret that is given to an environment is in no log, event, artifact or answer, whatever the application does with it', () => Story.told(async (story) => {
  const heard: Answer[] = [];
  const ask = async (...words: string[]): Promise<Answer> => {
    const answer = await story.ask(words);
    heard.push(answer);
    return answer;
  };
  for (const [name, input, says] of [['API_TOKEN', '', /no secret was given/], ['API_TOKEN', 'short', /at least 8 characters/], ['api-token', TOKEN, /no name for a secret/]] as const) {
    const refused = await story.ask(['secret', 'set', name], { input });
    assert.equal(refused.code, 2);
    assert.match(refused.err, says);
  }
  const surroundings = "secrets: ['API_TOKEN'],";
  story.kiosk({ number: 1, surroundings });
  const missing = await ask('run');
  assert.equal(missing.code, 1);
  assert.match(missing.out, /there is no secret "API_TOKEN"/);

  heard.push(await story.ask(['secret', 'set', 'API_TOKEN'], { input: `${TOKEN}\n` }));
  assert.equal(heard.at(-1)!.code, 0);
  const server = kioskFiles({ number: 2 })['src/server.js']!;
  story.commit('Kiosk 2', { 'src/server.js': babbling(server.replace(/^import .*$/gm, '')).replace(/^/, server.match(/^import .*$/gm)!.join('\n')), 'src/release.json': '{"number":2,"fault":"none"}' });
  const waits = await ask('run');
  assert.equal(waits.code, 4, `${waits.out}${waits.err}`);
  const [beta] = await story.env('beta');
  assert.match(await (await fetch(`${beta!.url}/read?file=/proc/self/environ`)).text(), new RegExp('API_TOKEN=sesame'), 'the application has it');

  story.commit('Kiosk 3', { 'src/server.js': babbling('setTimeout(() => process.exit(7), 50)') });
  const fails = await ask('run');
  assert.equal(fails.code, 1, `${fails.out}${fails.err}`);
  const shown = await story.show();
  assert.match(shown.reason!, /beta\.deploy: .*instance.* failed to start/);
  assert.match(shown.error!.lastLines!.join('\n'), /the token is \*\*\*[^]*ended by itself: exit code 7/, 'what it printed last is kept, without the secret');
  assert.match(fails.err, /\| .*exit code 7/);
  for (const words of [['show'], ['logs'], ['runs'], ['env'], ['metrics'], ['verify', beta!.releases[0]!.run], ['check']]) heard.push(await story.ask([...words, '--json']), await story.ask(words));

  // What is the region's own, above all the logs of its instances, is struck of the plain form.
  const own = /^(secrets\/|environments\/[^/]+\/[^/]+\/(secrets\.json|logs\/))/;
  const leaks = allFiles(story.state).filter((path) => !own.test(relative(story.state, path))).flatMap((path) => {
    const bytes = readFileSync(path);
    const found = [...formsIn(bytes), ...(bytes[0] === 0x1f && bytes[1] === 0x8b ? formsIn(gunzipSync(bytes)) : [])];
    return found.map((form) => `${relative(story.state, path)}: ${form}`);
  });
  assert.deepEqual(leaks, []);
  assert.deepEqual(heard.flatMap(({ out, err }) => formsIn(Buffer.from(out + err))), []);
}));

function formsIn(bytes: Buffer): readonly string[] {
  const text = bytes.toString('latin1');
  const inner = (offset: number): string => Buffer.concat([Buffer.alloc(offset), Buffer.from(TOKEN)]).toString('base64').slice(4, -4);
  const forms = {
    plain: Buffer.from(TOKEN).toString('latin1'), base64: inner(0), 'base64 at 1': inner(1), 'base64 at 2': inner(2), hex: Buffer.from(TOKEN).toString('hex'),
    url: encodeURIComponent(TOKEN), json: Buffer.from(JSON.stringify(TOKEN).slice(1, -1)).toString('latin1'),
  };
  const urlSafe = text.replaceAll('-', '+').replaceAll('_', '/');
  return Object.entries(forms).filter(([, form]) => text.includes(form) || urlSafe.includes(form)).map(([name]) => name);
}

function allFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? allFiles(path) : entry.isFile() ? [path] : [];
  });
}
