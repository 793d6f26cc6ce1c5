import assert from 'node:assert/strict';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTcp, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { Cell, Reach } from './cell.ts';
import { openCells } from './cells.ts';
import { placeFor, run, type Ran } from './fixture.testing.ts';

const trial = openCells({ records: tmpdir(), marker: 'trial', npmrc: '' });

/** A server on the machine's loopback, as any other program may run one there. */
async function bystander(context: TestContext, answer = 'OF THE MACHINE', elsewhere = ''): Promise<number> {
  const server: Server = createServer((request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: elsewhere });
    response.end(`${answer} ${request.headers.host}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const node = (cell: Cell, script: string, reach?: Reach): Promise<Ran> => run(cell, ['node', '--input-type=module', '-e', script], { timeout: 30_000, ...(reach === undefined ? {} : { reach }) });

/** Each says REACHED or what kept it from it. */
function waysOut(port: number, abstract: string): string {
  return `
import { connect } from 'node:net';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { execFileSync } from 'node:child_process';
const told = (what, how) => console.log(what + ': ' + how);
const tcp = (what, options) => new Promise((done) => {
  const socket = connect(options).setTimeout(3000, () => done(told(what, 'no answer'), socket.destroy()));
  socket.on('connect', () => { done(told(what, 'REACHED')); socket.destroy(); }).on('error', (error) => done(told(what, error.code)));
});
await tcp('a port of the machine', { host: '127.0.0.1', port: ${port} });
await tcp('the same by IPv6', { host: '::ffff:127.0.0.1', port: ${port} });
await tcp('an address of the world', { host: '203.0.113.80', port: 443 });
await tcp('one of IPv6', { host: '2001:db8::1', port: 443 });
await tcp('the metadata of a cloud', { host: '169.254.169.254', port: 80 });
await tcp('an abstract socket', { path: '\\0${abstract}' });
await lookup('registry.npmjs.org').then(() => told('a name', 'REACHED'), (error) => told('a name', error.code));
const udp = createSocket('udp4');
await new Promise((done) => udp.on('error', (error) => done(told('UDP', error.code))).send('x', 53, '203.0.113.80', (error) => done(told('UDP', error?.code ?? 'REACHED'))));
udp.close();
for (const [what, ...words] of [['a raw socket', 'python3', '-c', 'import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); print("REACHED")'],
  ['a packet socket', 'python3', '-c', 'import socket; socket.socket(17, socket.SOCK_RAW, 3); print("REACHED")'],
  ['the network of the first process', 'nsenter', '-t', '1', '-n', 'cat', '/proc/net/tcp'],
  ['a network made anew', 'unshare', '-rn', 'sh', '-c', 'ip route get 203.0.113.80 && echo REACHED']]) {
  try { told(what, /REACHED|${port.toString(16).toUpperCase()}/.test(execFileSync(words[0], words.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) ? 'REACHED' : 'nothing'); } catch (error) { told(what, 'exit ' + error.status); }
}
`;
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What a program may say to the gate, written by hand, to be taken further than it may go. @param other a port of the machine */
function words(allowed: number, other: number): string {
  const at = (port: number): string => `127.0.0.1:${port}`;
  const get = (address: string, host: string, more = ''): string => `GET ${address} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`;
  const tunnel = (place: string, inside = get('/', 'x')): string => `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n\r\n${inside}`;
  const smuggled = get(`http://${at(other)}/`, at(other));
  const tries: { readonly [what: string]: string } = {
    'what is allowed': get(`http://${at(allowed)}/`, at(allowed)),
    'a redirect': get(`http://${at(allowed)}/redirect`, at(allowed)),
    'a tunnel to another port': tunnel(at(other)),
    'a tunnel to its name': tunnel(`localhost:${other}`),
    'a tunnel to a name that leads here': tunnel('localhost:80'),
    'a tunnel to its address of IPv6': tunnel(`[::1]:${other}`),
    'the same, wrapped': tunnel(`[::ffff:127.0.0.1]:${other}`),
    'an address as one number': tunnel(`2130706433:${other}`),
    'an address in short': tunnel(`127.1:${other}`),
    'the metadata of a cloud': tunnel('169.254.169.254:80'),
    'a chain of proxies': tunnel('127.0.0.1:3128', tunnel(at(other))),
    'an absolute address': get(`http://${at(other)}/`, at(other)),
    'an allowed address and another host': get(`http://${at(allowed)}/`, at(other)),
    'two hosts': get(`http://${at(allowed)}/`, at(allowed), `Host: ${at(other)}\r\n`),
    'an allowed host and no address': get('/', at(allowed)),
    'two lengths': `POST http://${at(allowed)}/ HTTP/1.1\r\nHost: ${at(allowed)}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'a user in front of the host': get(`http://${at(allowed)}@${at(other)}/`, at(other)),
  };
  return `
import { connect } from 'node:net';
const said = {};
for (const [what, words] of Object.entries(${JSON.stringify(tries)})) {
  said[what] = await new Promise((done) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port: 3128 }).setTimeout(4000, () => socket.destroy());
    socket.on('data', (chunk) => { text += chunk; }).on('error', (error) => { text ||= error.code; }).on('close', () => done(text));
    socket.write(words);
  });
}
console.log(JSON.stringify(said));
`;
}

describe('the network of a command', { skip: trial.network !== 'own' && 'no network namespaces here' }, () => {
  test('is a loopback of its own, on which it can serve itself', async (context) => {
    const cell = await (await placeFor(context)).open();
    const { output } = await node(cell, "import { createServer } from 'node:http'; const s = createServer((q, r) => r.end('own')).listen(0, '127.0.0.1', async () => { console.log(await (await fetch('http://127.0.0.1:' + s.address().port)).text()); s.close(); s.closeAllConnections(); });");
    assert.equal(output, 'own\n');
  });

  for (const [what, reach] of [['none', undefined], ['registries', { hosts: 'registries' }], ['hosts', { hosts: ['allowed.example.net'] }], ['another port of the machine', { hosts: 'none', ports: [40_009] }]] as const) {
    test(`has no other way out than its gate, where it may reach ${what}`, async (context) => {
      const abstract = `trunkline-${process.pid}-${what}`;
      const server = createTcp((socket) => socket.end()).listen(`\0${abstract}`);
      context.after(() => server.close());
      const cell = await (await placeFor(context)).open();
      const { output } = await node(cell, waysOut(await bystander(context), abstract), reach);
      assert.doesNotMatch(output, /REACHED/);
      assert.equal(output.trim().split('\n').length, 12, output);
    });
  }

  test('reaches a port of the environment at its own address, and says what it was refused', async (context) => {
    const cell = await (await placeFor(context)).open();
    const [own, other] = [await bystander(context, 'own'), await bystander(context)];
    const get = (port: number): string => `await fetch('http://127.0.0.1:${port}/', { signal: AbortSignal.timeout(5000) }).then(async (r) => console.log(await r.text()), (error) => console.log(error.cause?.code))`;
    const { output, refused } = await node(cell, `${get(own)}\n${get(other)}`, { hosts: 'none', ports: [own] });
    assert.equal(output, `own 127.0.0.1:${own}\nECONNREFUSED\n`);
    assert.equal(refused, undefined);
  });

  test('asks its gate by name, and the gate tells what it refused', async (context) => {
    const place = await placeFor(context, { registries: ['127.0.0.1:1'] });
    const cell = await place.open();
    const port = await bystander(context);
    const tries = ['http://example.org/', 'https://evil.example.com/', `http://127.0.0.1:${port}/`, 'http://169.254.169.254/latest/meta-data/', 'http://[::ffff:169.254.169.254]/', 'http://0x7f.1/'];
    const { output, refused } = await node(cell, `for (const url of ${JSON.stringify(tries)}) await fetch(url).then(async (r) => console.log(r.status), (error) => console.log('refused'));`, { hosts: ['allowed.example.net'] });
    assert.doesNotMatch(output, /200|OF THE MACHINE/);
    assert.deepEqual(refused?.toSorted(), ['169.254.169.254', '::ffff:a9fe:a9fe', 'evil.example.com', 'example.org'].toSorted());
  });

  for (const [what, hosts] of [['none', 'none'], ['registries', 'registries'], ['hosts', ['localhost', 'allowed.example.net', 'registries']]] as const) {
    test(`can not talk its gate into another way, where it may reach ${what}`, async (context) => {
      const [allowed, other] = [await bystander(context, 'allowed', `http://127.0.0.1:${await bystander(context)}/`), await bystander(context)];
      const cell = await (await placeFor(context, { registries: [`127.0.0.1:${allowed}`] })).open();
      const { output } = await node(cell, words(allowed, other), { hosts });
      const said = JSON.parse(output) as { readonly [what: string]: string };
      // A control: it is the gate that refuses, and not that nothing works at all.
      assert.match(said['what is allowed'] ?? '', hosts === 'none' ? /^ECONNREFUSED$/ : /allowed/, output);
      assert.match(said['a redirect'] ?? '', hosts === 'none' ? /^ECONNREFUSED$/ : /^HTTP\/1\.1 302 /, output);
      assert.doesNotMatch(output, /OF THE MACHINE/);
      assert.equal(Object.keys(said).length, 17, output);
      for (const [way, answer] of Object.entries(said)) {
        if (['what is allowed', 'a redirect'].includes(way)) continue;
        assert.match(answer, hosts === 'none' ? /^ECONNREFUSED$/ : /^(HTTP\/1\.1 (400|403|502) (?![^]*HTTP\/1\.1 200)|$)/, `${way}: ${answer}`);
      }
    });
  }

  test('finds no socket of the machine in the file system', async (context) => {
    const folders = [tmpdir(), ...['/run', '/var/tmp', '/dev/shm'].filter((folder) => canWrite(folder))];
    const paths = folders.map((folder) => join(folder, `trunkline-${process.pid}.sock`));
    for (const path of paths) {
      const server = createTcp((socket) => socket.end('OF THE MACHINE')).listen(path);
      await once(server, 'listening');
      await chmod(path, 0o777);
      context.after(() => server.close());
    }
    const cell = await (await placeFor(context)).open();
    const script = `import { connect } from 'node:net'; for (const path of ${JSON.stringify(paths)}) await new Promise((done) => connect(path).on('connect', () => done(console.log('REACHED'))).on('error', (error) => done(console.log(error.code))));`;
    for (const reach of [undefined, { hosts: 'registries' }, { hosts: ['allowed.example.net'] }] as const) {
      const { output } = await node(cell, script, reach);
      assert.deepEqual(output.trim().split('\n'), paths.map(() => 'ENOENT'));
    }
  });

  test('can not use the gate of another command in its cell', async (context) => {
    const place = await placeFor(context);
    const cell = await place.open();
    const { output } = await run(cell, ['sh', '-c', 'ls "$1"; cat "$1"/*; chmod 777 "$1"; touch "$1"/x', 'sh', join(place.records, 'cell-run%2Fstage-1', 'gates')]);
    assert.match(output, /denied|not permitted|Read-only/i);
    assert.doesNotMatch(output, /^[0-9a-f]{32}$/m);
  });
});
