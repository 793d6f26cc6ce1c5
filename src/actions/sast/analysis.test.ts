import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorRecord } from '../../foundation/errors.ts';
import { analyse } from './analysis.ts';

const signal = new AbortController().signal;
const code = { path: 'src/run.js', text: 'import { exec } from "child_process";\nexport default (req, res) => exec("ls " + req.query.dir);\n' };

test('a flaw is found by a process of its own, with its place and its way', async () => {
  const { found, incomplete } = await analyse([code], { signal });
  assert.deepEqual(incomplete, []);
  assert.deepEqual(found.map(({ file, line, rule, severity }) => [file, line, rule, severity]), [['src/run.js', 2, 'command-injection', 'critical']]);
  assert.deepEqual(found[0]?.steps?.map(({ line, message }) => [line, message]), [[2, 'the query of a request comes from outside']]);
});

test('a file that is nested more deeply than any person writes is named, and the others are still looked at', async () => {
  const deep = { path: 'deep.js', text: `x = ${'['.repeat(200_000)}${']'.repeat(200_000)};` };
  const { found, incomplete } = await analyse([deep, code], { signal });
  assert.deepEqual(incomplete.map(({ path }) => path), ['deep.js']);
  assert.equal(found.length, 1);
});

test('a file that is larger than 1 MiB is named, and not looked at', async () => {
  const { incomplete } = await analyse([{ path: 'large.js', text: `var x = "${'x'.repeat(1_100_000)}";` }], { signal });
  assert.deepEqual(incomplete, [{ path: 'large.js', why: 'it is larger than 1 MiB' }]);
});

test('a generated file of 50,000 lines comes to its end', async () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => `var v${index} = a${index} + "x";`);
  const { found } = await analyse([{ path: 'made.js', text: lines.join('\n').slice(0, 1_000_000) }, code], { signal });
  assert.equal(found.length, 1);
});

test('functions that call themselves and each other, and values that hold themselves, come to their end', async () => {
  const text = 'function a(x) { return b({ x, y: a(x) }); }\nfunction b(x) { x.self = x; return a(x) || b(b(x)); }\nvar o = {}; o.o = o; for (;;) { o = { o, p: a(o) }; }\nclass A extends A { m() { return this.m(this); } }\nnew A(o);';
  const { incomplete } = await analyse([{ path: 'self.js', text }], { signal });
  assert.deepEqual(incomplete, []);
});

test('what is no JavaScript at all harms nobody', async () => {
  const { found } = await analyse([{ path: 'noise.js', text: '\0\u{fffd} }}} ((( `${ `${ class enum import from' }, { path: 'package.json', text: '{ broken' }, code], { signal });
  assert.equal(found.length, 1);
});

test('an analysis that comes to no end in its time is ended, and says so', async () => {
  await assert.rejects(analyse([code], { signal, patience: 1 }), (thrown: Error & { record: ErrorRecord }) => thrown.record.code === 'SAST_FAILED' && /takes too long/.test(thrown.message));
});

test('who gives up waiting is not kept waiting', async () => {
  await assert.rejects(analyse([code], { signal: AbortSignal.abort(new Error('enough')) }), /enough/);
});
