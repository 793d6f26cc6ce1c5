import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { sbomDocument, toldRun } from '../report/fixture.testing.ts';
import { pageOf } from './page.ts';

const DOCUMENT = `sha256:${'0'.repeat(64)}`;

function page(named?: (text: string) => string): string {
  return pageOf(toldRun(named), new Map([[DOCUMENT, sbomDocument(named)]]));
}

/** Every tag with the names of its attributes, and nothing that stands between tags or in quotes. */
function skeleton(text: string): string {
  return [...text.matchAll(/<(?:"[^"]*"|[^">])*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""')).join('');
}

test('the page shows what was found, with pictures for those who look and texts for those who do not', () => {
  const text = page();
  for (const said of ['adds the tax', 'expected 3, got 4', 'a query is put together from a request', 'give the value as a parameter', 'it comes from the query of a request', 'a number', '2027-01-31', 'left-pad', '87.3 %', '★ build.sast', 'build.sast (1.0s)']) assert.ok(text.includes(said), said);
  assert.match(text, /<svg role="img" aria-label="2 passed, 1 failed, 1 skipped"/);
  assert.match(text, /<svg role="img" aria-label="When each action began/);
});

test('every table has a caption and headers with a scope, every section a heading', () => {
  const text = page();
  const count = (pattern: RegExp): number => [...text.matchAll(pattern)].length;
  assert.equal(count(/<table>/g), count(/<caption>/g));
  assert.equal(count(/<th[ >]/g), count(/<th scope="(?:col|row)"/g));
  assert.equal(count(/<section aria-labelledby="/g), count(/<h2 id="/g));
  assert.match(text, /<html lang="en">/);
});

test('the page loads nothing and runs nothing, and its policy says so', () => {
  const text = page();
  assert.doesNotMatch(text, /<script|<link|<img|<iframe|@import|url\(|\son\w+=|\sstyle="/i);
  const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
assert.ok(text.includes(`content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`), 'the policy names the style by its hash');
});

test('whatever names and texts hold, the page is built of the same tags', () => {
  const expected = skeleton(page());
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onmouseover='x", '</title><h1>', '<!--', ']]>', '&lt;b&gt;', '</style>', '\u001b[31m', '{{x}}', '`${1}`'));
  fc.assert(fc.property(text, (hostile) => {
    assert.equal(skeleton(page((each) => `${each}${hostile}`)), expected);
  }), { numRuns: 40 });
});

test('an address that is no web page becomes no link', () => {
  const told = toldRun();
  const hostile = { ...told, actions: told.actions.map((action) => ({ ...action, reports: action.reports.map((report) => (report.type === 'findings' ? { ...report, findings: report.findings.map((finding) => ({ ...finding, help: 'javascript:alert(1)' })) } : report)) })) };
  assert.doesNotMatch(pageOf(hostile, new Map()), /javascript:/);
});

test('colours stand out by 4.5 to 1 or more, by day and by night', () => {
  const style = /<style>([^]*)<\/style>/.exec(page())?.[1] ?? '';
  const [day = '', night = ''] = [...style.matchAll(/:root \{([^}]*)\}/g)].map(([, body = '']) => body);
  for (const scheme of [day, night]) {
    const colours = new Map([...scheme.matchAll(/--(\w+): (#[0-9a-f]{6})/g)].map(([, name = '', colour = '']) => [name, colour]));
    for (const text of ['text', 'soft', 'good', 'bad', 'warn', 'link']) assert.ok(contrast(colours.get(text), colours.get('back')) >= 4.5, `${text} of ${scheme}`);
  }
});

/** As WCAG 2 has it. */
function contrast(a = '', b = ''): number {
  const [light = 0, dark = 0] = [a, b].map((colour) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }).sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}
