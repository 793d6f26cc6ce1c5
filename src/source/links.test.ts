import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { linksThatLeave } from './links.ts';

const leaving = (links: { readonly [path: string]: string }): string[] => linksThatLeave(new Map(Object.entries(links)));

test('links to what lies beside, below or above them in the same folder stay', () => {
  assert.deepEqual(leaving({ 'a': 'b', 'd/up': '../a', 'd/e/top': '../..', 'dot': '.', 'dangling': 'no/such/file' }), []);
});

test('an absolute target leaves, and so does one with too many ..', () => {
  assert.deepEqual(leaving({ 'a': '/etc/passwd', 'b': '..', 'd/c': '../../x', 'd/fine': '..' }), ['a', 'b', 'd/c']);
});

test('two links that only together lead out are seen', () => {
  assert.deepEqual(leaving({ 'd/root': '..', 'sly': 'd/root/../secret' }), ['sly']);
  assert.deepEqual(leaving({ 'deep': 'a/b', 'a/b/up': '../../..' }), ['a/b/up']);
  assert.deepEqual(leaving({ 'short': 'x', 'x': 'a/b/c', 'fine': 'short/../../..' }), []);
});

test('links in a circle never arrive anywhere', () => {
  assert.deepEqual(leaving({ 'a': 'b', 'b': 'a', 'c': 'c/x' }), []);
});

test('for any set of links the answer is where the kernel would really arrive', () => {
  const part = fc.constantFrom('a', 'b', 'c');
  const target = fc.array(fc.constantFrom('a', 'b', 'c', '..', '.'), { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const root = realpathSync.native(mkdtempSync(join(tmpdir(), 'links-')));
  try {
    fc.assert(fc.property(fc.dictionary(path, target, { maxKeys: 5 }), (wanted) => {
      const top = join(root, 'x', 'y', 'z', 'w', 'top');
      rmSync(join(root, 'x'), { recursive: true, force: true });
      mkdirSync(top, { recursive: true });
      for (const a of ['a', 'b', 'c']) for (const b of ['a', 'b', 'c']) mkdirSync(join(top, a, b), { recursive: true });
      const links: { [path: string]: string } = {};
      for (const [at, to] of Object.entries(wanted)) {
        // A tree of git never has something below a link.
        if (Object.keys(links).some((other) => at.startsWith(`${other}/`) || other.startsWith(`${at}/`))) continue;
        rmSync(join(top, at), { recursive: true, force: true });
        mkdirSync(dirname(join(top, at)), { recursive: true });
        symlinkSync(to, join(top, at));
        links[at] = to;
      }
      const seen = new Set(leaving(links));
      for (const at of Object.keys(links)) {
        let real: string | undefined;
        try { real = realpathSync.native(join(top, at)); } catch { continue; }
        if (real !== top && !real.startsWith(`${top}/`)) assert.ok(seen.has(at), `${at} in ${JSON.stringify(links)} leads to ${real}`);
        else if (seen.has(at)) assert.ok(Object.values(links).some((to) => to.includes('..')), `${at} in ${JSON.stringify(links)} stays inside`);
      }
    }), { numRuns: 200 });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
