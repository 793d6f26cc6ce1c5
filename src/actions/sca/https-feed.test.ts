import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { VirtualClock } from '../../foundation/clock.ts';
import { errorRecord } from '../../foundation/errors.ts';
import { httpsFeed, type HttpsFeedOptions } from './https-feed.ts';

const signal = new AbortController().signal;
const HOUR = 3_600_000;
/** Certificates are made for each test: none that is kept would be a secret worth keeping. */
const skip = spawnSync('openssl', ['version']).error ? 'openssl is not installed' : false;

async function served(t: TestContext, answer: RequestListener, options: Partial<HttpsFeedOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'feed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem', '-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { cwd: folder, stdio: 'pipe' });
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(folder, name), 'utf8')) as [string, string];
  const server = createServer({ key, cert }, answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  t.after(close);
  const clock = new VirtualClock(Date.now());
  const copies = join(folder, 'copies');
  const { port } = server.address() as AddressInfo;
  const feed = httpsFeed({ folder: copies, clock, ca: cert, inner: [`localhost:${port}`], ...options });
  return { feed, clock, close, copies, url: `https://localhost:${port}/all.zip` };
}

async function codeOf(fetched: Promise<unknown>): Promise<string> {
  return fetched.then(() => 'fetched', (thrown: unknown) => `${errorRecord(thrown).code}: ${errorRecord(thrown).message}`);
}

test('what was fetched is kept: used while it is fresh, and with its age where nothing answers', { skip }, async (t) => {
  let asked = 0;
  const { feed, clock, close, url } = await served(t, (_request, response) => response.end(`answer ${asked += 1}`));
  assert.equal((await feed.fetch(url, signal)).bytes.toString(), 'answer 1');
  await clock.advance(HOUR / 2);
  assert.equal((await feed.fetch(url, signal)).bytes.toString(), 'answer 1');
  await clock.advance(HOUR);
  assert.equal((await feed.fetch(url, signal)).bytes.toString(), 'answer 2');
  close();
  await clock.advance(5 * HOUR);
  const copy = await feed.fetch(url, signal);
  assert.equal(copy.bytes.toString(), 'answer 2');
  assert.match(copy.trouble ?? '', /does not answer: ECONNREFUSED/);
  assert.ok(Math.abs(clock.now() - copy.fetchedAt - 5 * HOUR) < 1_000);
});

test('without an answer and without a copy it fails', { skip }, async (t) => {
  const { feed, close, url } = await served(t, (_request, response) => response.end());
  close();
  assert.match(await codeOf(feed.fetch(url, signal)), /^ADVISORIES_UNREACHABLE: .*no copy/);
});

test('it follows a few redirects, over https and never to where credentials are', { skip }, async (t) => {
  const { feed, url } = await served(t, (request, response) => {
    const to = new URL(request.url ?? '', url).searchParams.get('to');
    if (to === null) response.end('there');
    else response.writeHead(302, { location: to === 'round' ? request.url : to }).end();
  });
  const leading = (to: string): string => `${url}?to=${encodeURIComponent(to)}`;
  assert.equal((await feed.fetch(leading('/other.zip'), signal)).bytes.toString(), 'there');
  assert.match(await codeOf(feed.fetch(leading('round'), signal)), /leads on more than 5 times/);
  assert.match(await codeOf(feed.fetch(leading('http://localhost/'), signal)), /leads to http:/);
  assert.match(await codeOf(feed.fetch(leading('file:///etc/passwd'), signal)), /leads to file:/);
  for (const address of ['127.0.0.1', '127.1', '2130706433', '0.0.0.0', '10.1.2.3', '100.64.0.1', '172.16.0.1', '192.168.0.1', '[::1]', '[::ffff:127.0.0.1]', '[fd00::1]']) {
    assert.match(await codeOf(feed.fetch(leading(`https://${address}/all.zip`), signal)), /an address of this machine or its network/, address);
  }
  assert.match(await codeOf(feed.fetch(leading('https://localhost:1/'), signal)), /localhost, which is .*an address of this machine/, 'another port than the operator named');
  assert.match(await codeOf(feed.fetch(leading('https://169.254.169.254/latest'), signal)), /of this machine or its network/);
  assert.match(await codeOf(feed.fetch(leading('https://[fe80::1]/'), signal)), /of this machine or its network/);
});

test('a name that leads into this machine is not connected to, unless the operator named it', { skip }, async (t) => {
  let asked = 0;
  const { feed, url } = await served(t, (_request, response) => response.end(`answer ${asked += 1}`), { inner: [] });
  assert.match(await codeOf(feed.fetch(url, signal)), /^ADVISORIES_UNREACHABLE: .*localhost, which is/);
  assert.equal(asked, 0);
});

test('too much, too slow and an error of the server are told, and nothing of them is kept', { skip }, async (t) => {
  const { feed, url, copies } = await served(t, (request, response) => {
    if (request.url === '/slow') response.write('x');
    else if (request.url === '/wrong') response.writeHead(500).end();
    else response.end(Buffer.alloc(20_000));
  }, { largestBytes: 10_000, patience: 300 });
  assert.match(await codeOf(feed.fetch(url, signal)), /^ADVISORIES_TOO_LARGE/);
  assert.match(await codeOf(feed.fetch(url.replace('all.zip', 'slow'), signal)), /takes too long/);
  assert.match(await codeOf(feed.fetch(url.replace('all.zip', 'wrong'), signal)), /status 500/);
  assert.ok(!existsSync(copies));
});
