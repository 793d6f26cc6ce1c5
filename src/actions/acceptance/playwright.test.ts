import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import type { TrunklineError } from '../../foundation/errors.ts';
import { actionContext, checkContext } from '../fixture.testing.ts';
import { findBrowser } from './browser.ts';
import { unpackChromium } from './chromium.ts';
import { playwright } from './playwright.ts';

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'trunkline-acceptance-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** An acceptance test as a commit has it: it opens the page, sees the text, presses the button and reports. */
const TEST = `
import { writeFileSync } from 'node:fs';
const { chromium } = await import(process.env.PLAYWRIGHT);
const browser = await chromium.launch({ executablePath: process.env.BROWSER_EXECUTABLE, args: ['--no-sandbox'],
  env: { ...process.env, LD_LIBRARY_PATH: process.env.BROWSER_LD_LIBRARY_PATH } });
const page = await browser.newPage();
await page.goto(process.env.BASE_URL);
await page.getByText('No orders yet').waitFor({ state: 'visible', timeout: 5000 });
await page.getByRole('button', { name: 'Order' }).click();
const text = await page.locator('output').innerText();
await browser.close();
const failure = text === '1 order' ? '' : '<failure message="' + text + '"/>';
writeFileSync('report.xml', '<testsuite name="orders" tests="1"><testcase name="a book is ordered" classname="orders">' + failure + '</testcase></testsuite>');
`;

describe('the playwright action', () => {
  it('walks a workflow in a real browser, in the first region', async (t) => {
    const workdir = await folder(t);
    await writeFile(join(workdir, 'order.mjs'), TEST);
    const application = createServer((_, response) => response.setHeader('content-type', 'text/html')
      .end(`<p>No orders yet</p><button onclick="document.querySelector('output').textContent = '1 order'">Order</button><output></output>`)).listen(0, '127.0.0.1');
    await once(application, 'listening');
    t.after(() => {
      application.closeAllConnections();
      application.close();
    });
    const url = `http://127.0.0.1:${(application.address() as AddressInfo).port}`;
    const { context, reports, lines } = actionContext({ workdir, regions: { eu: { state: { launched: true, url, database: 'none' } }, us: { state: { launched: false, database: 'none' } } } });
    const suite = { command: '"$NODE" order.mjs', junit: 'report.xml', env: { NODE: process.execPath, PLAYWRIGHT: import.meta.resolve('playwright-core'), HOME: workdir } };
    const result = await playwright.run(suite, context);
    assert.equal(result.passed, true, lines.join('\n'));
    assert.deepEqual(result.output, { region: 'eu', passed: 1, failed: 0, skipped: 0 });
    assert.equal(reports.length, 1);
    assert.deepEqual(await playwright.missing(suite, checkContext(workdir)), []);
  });
});

describe('an installed browser', () => {
  it('is taken when it starts', async (t) => {
    const browser = join(await folder(t), 'chrome');
    await writeFile(browser, '#!/bin/sh\necho Chrome 1\n', { mode: 0o755 });
    assert.deepEqual(await findBrowser(['/nowhere/chrome', browser]), { executable: browser });
  });

  it('is passed over when it does not start', async (t) => {
    const stub = join(await folder(t), 'chromium-browser');
    await writeFile(stub, '#!/bin/sh\necho "install the snap" >&2\nexit 1\n', { mode: 0o755 });
    const found = await findBrowser([stub]).then(({ executable }) => executable, (error: TrunklineError) => error.message);
    assert.notEqual(found, stub);
  });
});

describe('the Chromium that npm brings', () => {
  async function archive(files: { readonly [path: string]: string }): Promise<Buffer> {
    const tar = pack();
    for (const [name, content] of Object.entries(files)) tar.entry({ name, mode: 0o777 }, content);
    tar.finalize();
    return brotliCompressSync(await buffer(tar));
  }

  async function packaged(t: TestContext): Promise<string> {
    const root = await folder(t);
    await mkdir(join(root, 'bin'));
    await writeFile(join(root, 'package.json'), '{ "version": "1.2.3" }');
    await writeFile(join(root, 'bin', 'chromium.br'), brotliCompressSync('#!/bin/sh\n'));
    await writeFile(join(root, 'bin', 'al2023.tar.br'), await archive({ 'lib/libnss3.so': 'library' }));
    await writeFile(join(root, 'bin', 'swiftshader.tar.br'), await archive({ 'libEGL.so': 'library' }));
    await writeFile(join(root, 'bin', 'fonts.tar.br'), await archive({ 'fonts/Open/Sans.ttf': 'font', 'fonts.conf': 'for another machine' }));
    return root;
  }

  it('is unpacked once, whole, whoever asks at once', async (t) => {
    const root = await packaged(t);
    const cache = join(await folder(t), 'cache');
    const [one, two] = await Promise.all([unpackChromium(root, [cache]), unpackChromium(root, [cache])]);
    assert.deepEqual(one, two);
    assert.equal(one.executable, join(cache, 'chromium-1.2.3', 'chromium'));
    assert.deepEqual(await readdir(cache), ['chromium-1.2.3']);
    assert.deepEqual((await readdir(join(cache, 'chromium-1.2.3'))).sort(), ['chromium', 'fonts', 'fonts.conf', 'lib', 'libEGL.so']);
    await rm(join(root, 'bin'), { recursive: true });
    assert.deepEqual(await unpackChromium(root, [cache]), one);
  });

  it('goes to the next folder when the first cannot be written', async (t) => {
    const root = await packaged(t);
    const blocked = join(await folder(t), 'file');
    await writeFile(blocked, '');
    const cache = join(await folder(t), 'cache');
    assert.equal((await unpackChromium(root, [join(blocked, 'cache'), cache])).executable, join(cache, 'chromium-1.2.3', 'chromium'));
  });

  it('leaves nothing behind when an archive is damaged or reaches outside', async (t) => {
    const root = await packaged(t);
    const cache = await folder(t);
    for (const bytes of [Buffer.from('no archive'), await archive({ '../outside': 'x' })]) {
      await writeFile(join(root, 'bin', 'al2023.tar.br'), bytes);
      await assert.rejects(unpackChromium(root, [cache]), (error: TrunklineError) => error.record.code === 'BROWSER_UNPACK');
      assert.deepEqual(await readdir(cache), []);
    }
  });
});
