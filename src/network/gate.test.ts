import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, createServer as createTcp, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isInner } from './addresses.ts';
import type { Dialling } from './dial.ts';
import { openGate } from './gate.ts';
import { allowing, placeOf, type Allowed } from './reach.ts';
import { mavenSettings } from './proxy-variables.ts';
import { mavenMirrors, registriesOf } from './registries.ts';
import { upstreamFor } from './upstream.ts';

async function gateFor(context: TestContext, dialling: Partial<Dialling> & { readonly allowed: readonly Allowed[] }) {
  const folder = await mkdtemp(join(tmpdir(), 'tl-gate-'));
  const gate = await openGate(folder, 'gate', { host: {}, ...dialling });
  context.after(async () => {
    await gate[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  const say = async (words: string): Promise<string> => {
    const socket = connect(join(folder, 'gate'));
    socket.write(words);
    socket.setTimeout(2_000, () => socket.destroy());
    let said = '';
    for await (const chunk of socket) said += String(chunk);
    return said;
  };
  return { say, refused: gate.refused };
}

async function served(context: TestContext): Promise<number> {
  const server = createServer((request, response) => {
    if (request.url === '/redirect') return void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    response.end(`SERVED ${request.method} ${request.url} ${request.headers.host} ${request.headers['proxy-authorization'] ?? ''}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const tunnel = (place: string): string => `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n\r\nGET /x HTTP/1.1\r\nHost: inner\r\nConnection: close\r\n\r\n`;
const asked = (address: string, host = new URL(address).host): string => `GET ${address} HTTP/1.1\r\nHost: ${host}\r\nProxy-Authorization: Basic x\r\nConnection: close\r\n\r\n`;

test('what is allowed passes, as a tunnel and as plain HTTP, and nothing else does', async (context) => {
  const port = await served(context);
  const { say, refused } = await gateFor(context, { allowed: [{ host: 'registry.corp', port, inner: true }], resolve: async () => ['127.0.0.1'] });
  assert.match(await say(tunnel(`registry.corp:${port}`)), /200 Connection Established[\s\S]*SERVED GET \/x inner/);
  assert.match(await say(asked(`http://registry.corp:${port}/a?b`)), new RegExp(`SERVED GET /a\\?b registry.corp:${port} $`));
  for (const words of [tunnel(`127.0.0.1:${port}`), tunnel(`[::1]:${port}`), tunnel(`[::ffff:127.0.0.1]:${port}`), tunnel(`localhost:${port}`), tunnel('registry.corp:22'), tunnel(`registry.corp.evil.org:${port}`), asked(`http://127.0.0.1:${port}/`), asked(`http://other.corp:${port}/`)]) {
    assert.match(await say(words), /^HTTP\/1\.1 403 /, words);
  }
  assert.ok(refused.has(`127.0.0.1:${port}`) && refused.has('registry.corp:22') && refused.has(`other.corp:${port}`));
});

test('what says two things at once, or nothing that can be judged, is refused', async (context) => {
  const port = await served(context);
  const { say } = await gateFor(context, { allowed: [{ host: 'registry.corp', port, inner: true }], resolve: async () => ['127.0.0.1'] });
  const address = `http://registry.corp:${port}/`;
  for (const words of [
    asked(address, 'evil.org'), `GET ${address} HTTP/1.1\r\nHost: registry.corp:${port}\r\nHost: evil.org\r\n\r\n`, asked(`http://kim@registry.corp:${port}/`, `registry.corp:${port}`), 'GET / HTTP/1.1\r\nHost: registry.corp\r\n\r\n',
    asked('https://registry.corp/'), asked('file:///etc/passwd', 'x'), tunnel('registry.corp'), tunnel('evil.org:80@registry.corp:443'), tunnel('registry.corp:99999'), tunnel('http://registry.corp:443'),
    `POST ${address} HTTP/1.1\r\nHost: registry.corp:${port}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET http://evil.org/ HTTP/1.1\r\n\r\n`, '\x16\x03\x01garbage\r\n\r\n',
  ]) assert.doesNotMatch(await say(words), /^HTTP\/1\.1 [23]|SERVED/, words);
});

test('a name that leads into the machine or its network is refused, though the commit names it, whenever it turns there', async (context) => {
  const port = await served(context);
  for (const address of ['127.0.0.1', '::1', '10.1.2.3', '169.254.169.254', '::ffff:127.0.0.1', 'fd00::1', '0.0.0.0', '100.64.0.1']) {
    const { say, refused } = await gateFor(context, { allowed: [{ host: 'rebound.example.org', port, inner: false }], resolve: async () => [address] });
    assert.match(await say(tunnel(`rebound.example.org:${port}`)), /^HTTP\/1\.1 403 [\s\S]*leads to/);
    assert.deepEqual([...refused], [`rebound.example.org:${port}`]);
  }
  let asks = 0;
  const { say } = await gateFor(context, { allowed: [{ host: 'rebound.example.org', port, inner: false }], deadline: 300, resolve: async () => [(asks += 1) === 1 ? '203.0.113.1' : '127.0.0.1'] });
  assert.doesNotMatch(await say(tunnel(`rebound.example.org:${port}`)), /SERVED/);
  assert.equal(asks, 1, 'what was judged is what is connected to');
});

test('a redirect is followed by the one who asked, through the gate again', async (context) => {
  const port = await served(context);
  const { say } = await gateFor(context, { allowed: [{ host: 'registry.corp', port, inner: true }], resolve: async () => ['127.0.0.1'] });
  assert.match(await say(asked(`http://registry.corp:${port}/redirect`)), /^HTTP\/1\.1 302 [\s\S]*169\.254/);
  assert.match(await say(asked('http://169.254.169.254/')), /^HTTP\/1\.1 403 /);
});

test('a name that nobody answers for ends in time', async (context) => {
  const { say } = await gateFor(context, { allowed: [placeOf('silent.example.org', false)], deadline: 50, resolve: () => new Promise(() => undefined) });
  assert.match(await say(tunnel('silent.example.org:443')), /^HTTP\/1\.1 502 [\s\S]*in time/);
});

test('the machine\'s own proxy is asked, with its password, which the command never sees', async (context) => {
  const port = await served(context);
  const heads: string[] = [];
  const proxy = createTcp((socket) => socket.on('error', () => undefined).once('data', (head) => {
    heads.push(String(head));
    socket.write('HTTP/1.1 200 fine\r\n\r\n');
    const target = connect(port, '127.0.0.1');
    socket.pipe(target).pipe(socket);
  })).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  context.after(() => proxy.close());
  const host = { https_proxy: `http://kim:se%40cret@127.0.0.1:${(proxy.address() as AddressInfo).port}`, NO_PROXY: '.corp' };
  const { say } = await gateFor(context, { allowed: [placeOf('registry.example.org', false)], host });
  const said = await say(tunnel('registry.example.org:443'));
  assert.match(said, /SERVED GET \/x inner/);
  assert.match(heads[0]!, new RegExp(`^CONNECT registry.example.org:443 [\\s\\S]*Proxy-Authorization: Basic ${Buffer.from('kim:se@cret').toString('base64')}`));
  assert.match(await say(tunnel('other.example.org:443')), /^HTTP\/1\.1 403 /);
  assert.equal(heads.length, 1, 'what is not allowed never reaches it');
  assert.equal(upstreamFor(host, 'nexus.corp', 443), undefined);
});

test('addresses of this machine and its network are known in every form', () => {
  for (const inner of ['127.8.9.1', '10.0.0.1', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.100.100.200', '0.1.2.3', '224.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', 'fc00::1', 'ff02::1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe', '2002:7f00:1::', 'no address']) assert.equal(isInner(inner), true, inner);
  for (const outer of ['203.0.113.80', '8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8']) assert.equal(isInner(outer), false, outer);
});

test('hosts are matched whole, whatever their case, by the ports that are meant', () => {
  const allowed = [placeOf('*.Example.org', false), placeOf('nexus:8081', true), placeOf('[fd00::1]:443', true)];
  for (const [host, port, fits] of [['a.example.org', 443, true], ['A.EXAMPLE.ORG.', 80, true], ['example.org', 443, false], ['aexample.org', 443, false], ['a.example.org', 22, false], ['nexus', 8081, true], ['nexus', 443, false], ['fd00::1', 443, true]] as const) {
    assert.equal(allowing(allowed, host, port) !== undefined, fits, `${host}:${port}`);
  }
});

test('registries are those that the operator\'s tools are set up for, and the public ones', async (context) => {
  const home = await mkdtemp(join(tmpdir(), 'tl-registries-'));
  context.after(() => rm(home, { recursive: true }));
  const known = registriesOf({ GOPROXY: 'https://kim:word@go.corp/mod,direct', PIP_EXTRA_INDEX_URL: 'http://10.0.0.9:8080/simple' }, home, ['nexus.corp:8443']);
  const entry = (host: string, port: number): Allowed | undefined => allowing(known, host, port);
  assert.deepEqual([entry('go.corp', 443)?.inner, entry('10.0.0.9', 8080)?.inner, entry('nexus.corp', 8443)?.inner, entry('pypi.org', 443)?.inner], [true, true, true, false]);
  assert.deepEqual([entry('example.org', 443), entry('10.0.0.9', 22), entry('direct', 443), entry('storage.googleapis.com', 443)], [undefined, undefined, undefined, undefined]);
});

test('Maven keeps its mirrors as they are meant, without users, and none that a remark alone has', async (context) => {
  const home = await mkdtemp(join(tmpdir(), 'tl-mirrors-'));
  context.after(() => rm(home, { recursive: true }));
  await mkdir(join(home, '.m2'));
  const mirror = (of: string, url: string, more = ''): string => `<mirror><id>x</id><mirrorOf>${of}</mirrorOf><url>${url}</url>${more}</mirror>`;
  await writeFile(join(home, '.m2/settings.xml'), `<settings><mirrors>${mirror('central', 'https://kim:word@nexus.corp/m')}<!-- ${mirror('*', 'https://example.org/')} --></mirrors></settings>`);
  await writeFile(join(home, 'machine.xml'), `<settings><mirrors>${mirror('external:http:*', 'http://0.0.0.0/', '<blocked>true</blocked>')}</mirrors></settings>`);
  const mirrors = mavenMirrors(home, [join(home, 'machine.xml'), join(home, 'absent.xml')]);
  assert.deepEqual(mirrors, [{ of: 'central', url: 'https://nexus.corp/m', blocked: false }, { of: 'external:http:*', url: 'http://0.0.0.0/', blocked: true }]);
  assert.match(mavenSettings(mirrors), /<mirrorOf>central<\/mirrorOf><url>https:\/\/nexus\.corp\/m<\/url><\/mirror><mirror>.*<mirrorOf>external:http:\*<\/mirrorOf>.*<blocked>true<\/blocked>/);
});
