import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { kioskFiles } from '../../rig/kiosk.ts';
import { compiled, product } from '../../rig/product.ts';
import { Story } from '../../rig/story.ts';

const ESC = '\u001b';
/** Rewrites lines above, sets the clipboard, links, overwrites, clears by a control of eight bits, reorders, hides. */
const SUBJECT = `Small fix${ESC}[6A${ESC}[2Kartifact trusted${ESC}]52;c;cm0gLXJm\u0007${ESC}]8;;http://evil.example${ESC}\\here${ESC}]8;;${ESC}\\\u009b2J\u202ecod.exe\u2066\u200b end`;
const AUTHOR = `An${ESC}[8mn${ESC}]0;owned\u0007\u202e <ann@example.org>`;
/** What XML can hold. */
const TEST_NAME = 'adds\u009b2J up\u202e\u200b\u009d0;title\u009c';
const HOSTILE = `import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('reports', { recursive: true });
console.log('\\u001b[2J\\u001b]52;c;AAAA\\u0007\\u001b[32mgreen\\u001b[0m\\r\\u202eover');
writeFileSync('reports/unit.xml', '<testsuite name="kiosk" tests="1"><testcase classname="kiosk" name=${JSON.stringify(TEST_NAME)} time="0.01">' + (process.argv[2] === 'bad' ? '<failure message="no\\u202e\\u009b1A">no</failure>' : '') + '</testcase></testsuite>');
process.exitCode = process.argv[2] === 'bad' ? 1 : 0;
`;

/** Our own colours, what the live tree draws with, and what Node's prompt moves the cursor with. */
// oxlint-disable-next-line no-control-regex -- sequences begin with it
const OURS = /\u001b\[(?:[\d;]*m|\d*[AGK]|0?J)|\u001b\[\?2004[hl]/g;
// oxlint-disable-next-line no-control-regex -- what a terminal acts on, and what is not seen
const ACTED_ON = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f]|\r(?!\r*\n)|[\p{Cf}\u2028\u2029\u3164]/u;

/** In a terminal of its own, as a person has it. What the terminal gets. */
async function atTerminal(story: Story, words: readonly string[], answer?: { readonly when: RegExp; readonly say: string }): Promise<string> {
  const { CI: _ci, NO_COLOR: _plain, ...env } = process.env;
  const command = [process.execPath, join(product, 'src/main.ts'), ...words, '--state', story.state, '--directory', story.repository].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', `stty cols 200 rows 60; ${command}`, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...env, TERM: 'xterm-256color', NODE_COMPILE_CACHE: compiled } });
  let said = '';
  let answered = answer === undefined;
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
    if (answered || !answer?.when.test(said)) return;
    answered = true;
    child.stdin.write(`${answer.say}\r`);
  });
  await once(child, 'close');
  return said;
}

function harmless(said: string, what: string): void {
  const rest = said.replaceAll(OURS, '');
  const found = ACTED_ON.exec(rest);
  assert.equal(found, null, `${what}: U+${rest.codePointAt(found?.index ?? 0)?.toString(16)} in ${JSON.stringify(rest.slice(Math.max(0, (found?.index ?? 0) - 80), (found?.index ?? 0) + 40))}`);
}

const skip = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ? false : 'there is no script(1) of util-linux, which makes terminals';

test('nothing that a commit, its author or its tests are called acts on the terminal of whoever approves', { skip }, () => Story.told(async (story) => {
  const commit = (suite: string, number: number): void => {
    story.commit('x', { ...kioskFiles({ number, fields: { 'build.unitTests': `sh('node tools/hostile.mjs ${suite}', { junit: 'reports/unit.xml' })` } }), 'tools/hostile.mjs': HOSTILE });
    story.git('commit', '--amend', '--quiet', '--allow-empty', `--author=${AUTHOR}`, `--message=${SUBJECT}`);
  };
  commit('good', 1);
  const asked = await atTerminal(story, ['run'], { when: /\[y\/N\]/, say: 'n' });
  assert.match(asked, /commit +[0-9a-f]{12} Small fix<U\+001B>\[6A<U\+001B>\[2Kartifact trusted<U\+001B>\]52;c;cm0gLXJm<U\+0007>/);
  assert.ok(asked.includes('<U+009B>2J<U+202E>cod.exe<U+2066><U+200B> end (Ann<U+001B>]0;owned<U+0007><U+202E> <ann@example.org>)'));
  harmless(asked, 'run');

  for (const words of [['show'], ['runs'], ['report'], ['logs'], ['show', '--json'], ['report', '--format', 'junit'], ['report', '--format', 'html'], ['report', '--format', 'json'], ['trends'], ['approvals'], ['env'], ['fly\u001b[2J']]) {
    harmless(await atTerminal(story, words), words.join(' '));
  }
  const { subject } = JSON.parse((await story.ask(['show', '--json'])).out) as { readonly subject: string };
  assert.ok(subject.includes(`${ESC}]52;`) && subject.includes('\u202e'), 'as data it is what was written');

  commit('bad', 2);
  const failed = await atTerminal(story, ['run']);
  assert.match(failed, /FAILED/);
  harmless(failed, 'run, of a test that fails');
  for (const words of [['show'], ['logs'], ['report'], ['build']]) harmless(await atTerminal(story, words), `${words.join(' ')}, of a test that fails`);
  const logs = await atTerminal(story, ['logs']);
  assert.ok(logs.includes(`${ESC}[32mgreen${ESC}[0m`), 'of a tool that prints, its colours are kept');
}));
