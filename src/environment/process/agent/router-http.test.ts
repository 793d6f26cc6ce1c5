/** What HTTP lets a client and an instance do, and the router has to bear: on the wire, byte by byte. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { Connections } from './connections.ts';
import { Counts } from './counts.ts';
import { InFlight } from './inflight.ts';
import { freePort } from './port.ts';
import { Router, type Target } from './router.ts';

interface Rig { readonly router: Router; readonly counts: Counts; readonly target: Target; readonly port: number }

async function rig(t: TestContext, instance: Server | ReturnType<typeof createServer>): Promise<Rig> {
  const sockets = new Set<Socket>();
  instance.on('connection', (socket: Socket) => sockets.add(socket));
  instance.listen(0, '127.0.0.1');
  await once(instance, 'listening');
  const http = new Connections((instance.address() as AddressInfo).port);
  const target: Target = { id: 'i1', http, inFlight: new InFlight() };
  const counts = new Counts();
  counts.begin('r1');
  const router = new Router(counts);
  router.stable = { release: 'r1', pick: (except) => (except === target ? undefined : target) };
  const port = await freePort();
  await router.listen(port);
  t.after(async () => {
    await router.close();
    http.destroy();
    for (const socket of sockets) socket.destroy();
    instance.close();
  });
  return { router, counts, target, port };
}

const serving = (t: TestContext, listener: RequestListener): Promise<Rig> => rig(t, createHttpServer(listener));

/** Sends bytes and gives all that comes back until the connection ends. */
function raw({ port }: Rig, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(Buffer.from(bytes, 'latin1'));
  return text(socket);
}

const figures = ({ counts }: Rig): object => {
  const { requests, errors, unanswered } = counts.of('r1');
  return { requests, errors, unanswered };
};

const CLOSE = 'connection: close\r\n';

test('what a client writes wrongly is refused, reaches no instance, and counts for no release', async (t) => {
  let reached = 0;
  const made = await serving(t, (request, response) => {
    reached++;
    request.resume().on('end', () => response.end());
  });
  const refused: { readonly [what: string]: readonly [bytes: string, status: number] } = {
    'two Hosts': [`GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n${CLOSE}\r\n`, 400],
    'no Host': [`GET / HTTP/1.1\r\n${CLOSE}\r\n`, 400],
    'a Host with a path': [`GET / HTTP/1.1\r\nhost: a/b\r\n${CLOSE}\r\n`, 400],
    'a length that is none': [`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: many\r\n${CLOSE}\r\n`, 400],
    'two lengths': [`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n${CLOSE}\r\nab`, 400],
    'a length beside a coding': [`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n${CLOSE}\r\n0\r\n\r\n`, 400],
    'a coding that nobody knows': [`POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n${CLOSE}\r\n0\r\n\r\n`, 501],
    'headers without end': [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`, 431],
    'a header with a line of its own': [`GET / HTTP/1.1\r\nhost: a\r\nx y: 1\r\n${CLOSE}\r\n`, 400],
    'no HTTP': ['hello\r\n\r\n', 400],
    'CONNECT': ['CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n', 405],
    'an expectation that nobody knows': [`POST / HTTP/1.1\r\nhost: a\r\nexpect: magic\r\ncontent-length: 0\r\n${CLOSE}\r\n`, 417],
  };
  for (const [what, [bytes, status]] of Object.entries(refused)) assert.match(await raw(made, bytes), new RegExp(`^HTTP/1.1 ${status} `), what);
  assert.deepEqual([reached, figures(made)], [0, { requests: 0, errors: 0, unanswered: 0 }]);
});

test('a body that breaks off or is chunked wrongly is the fault of whoever sends it', async (t) => {
  const made = await serving(t, (request, response) => request.resume().on('end', () => response.end()).on('error', () => {}));
  await raw(made, `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n${CLOSE}\r\nzz\r\nhello\r\n0\r\n\r\n`);
  const leaving = connect(made.port, '127.0.0.1');
  leaving.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf');
  await new Promise((resolve) => leaving.once('connect', () => setTimeout(resolve, 50)));
  leaving.destroy();
  await made.target.inFlight.drained(5_000);
  assert.match(await raw(made, `GET / HTTP/1.1\r\nhost: a\r\n${CLOSE}\r\n`), /^HTTP\/1.1 200/);
  assert.deepEqual(figures(made), { requests: 1, errors: 0, unanswered: 0 });
});

test('HTTP/1.0 is answered, also without a Host', async (t) => {
  const made = await serving(t, (request, response) => response.end(`host ${request.headers.host}`));
  assert.match(await raw(made, 'GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200[^]*host localhost$/);
  assert.deepEqual(figures(made), { requests: 1, errors: 0, unanswered: 0 });
});

test('an answer with 200 kB of headers passes, and one with more is an error that says so', async (t) => {
  const made = await serving(t, (request, response) => {
    const size = Number(request.url?.slice(1));
    response.writeHead(200, Object.fromEntries(Array.from({ length: size }, (_, index) => [`x-${index}`, 'y'.repeat(1_000)]))).end('whole');
  });
  const answer = await raw(made, `GET /200 HTTP/1.1\r\nhost: a\r\n${CLOSE}\r\n`);
  assert.match(answer, /^HTTP\/1.1 200[^]*whole/);
  assert.ok(answer.includes(`x-199: ${'y'.repeat(1_000)}`));
  assert.match(await raw(made, `GET /400 HTTP/1.1\r\nhost: a\r\n${CLOSE}\r\n`), /^HTTP\/1.1 502[^]*headers of its answer have more than 256 kB/);
});

test('OPTIONS * reaches the instance as it is', async (t) => {
  const made = await serving(t, (request, response) => response.end(`${request.method} ${request.url}`));
  assert.match(await raw(made, `OPTIONS * HTTP/1.1\r\nhost: a\r\n${CLOSE}\r\n`), /OPTIONS \*$|OPTIONS \*\r\n/);
});

test('100 Continue is told when the instance has told it, and not where it refuses', async (t) => {
  const server = createHttpServer((request, response) => request.resume().on('end', () => response.end('took it')));
  let asked = 0;
  server.on('checkContinue', (request, response) => {
    asked++;
    if (request.url === '/no') return void response.writeHead(413, { connection: 'close' }).end('too much');
    response.writeContinue();
    request.resume().on('end', () => response.end('took it'));
  });
  const made = await rig(t, server);
  const head = (path: string): string => `POST ${path} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n${CLOSE}\r\n`;
  const socket = connect(made.port, '127.0.0.1');
  socket.write(head('/yes'));
  const [first] = await once(socket, 'data') as [Buffer];
  assert.match(first.toString(), /^HTTP\/1.1 100 Continue/);
  assert.equal(asked, 1);
  socket.write('body');
  assert.match(await text(socket), /HTTP\/1.1 200[^]*took it/);
  const refusing = await raw(made, head('/no'));
  assert.match(refusing, /^HTTP\/1.1 413/, 'it has not continued');
  assert.deepEqual(figures(made), { requests: 2, errors: 0, unanswered: 0 });
});

/** Answers the first request of each connection, and closes the connection when the second one comes: as if it had been too late. */
function closing(received: string[]): ReturnType<typeof createServer> {
  return createServer((socket) => {
    let served = 0;
    socket.on('error', () => {}).on('data', (chunk) => {
      received.push(chunk.toString().split(' ')[0] ?? '');
      if (++served > 1) return void socket.destroy();
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
  });
}

test('a request that may be repeated is sent again where a kept connection was closed, and is no error', async (t) => {
  const received: string[] = [];
  const made = await rig(t, closing(received));
  for (let n = 0; n < 4; n++) assert.match(await raw(made, `GET / HTTP/1.1\r\nhost: a\r\n${CLOSE}\r\n`), /^HTTP\/1.1 200/);
  assert.deepEqual(figures(made), { requests: 4, errors: 0, unanswered: 0 });
  assert.ok(received.length > 4, 'a connection was used again');
});

test('a request that may not be repeated goes over a connection of its own, and is sent once', async (t) => {
  const received: string[] = [];
  const made = await rig(t, closing(received));
  for (let n = 0; n < 4; n++) assert.match(await raw(made, `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n${CLOSE}\r\n`), /^HTTP\/1.1 200/);
  assert.deepEqual([received, figures(made)], [['POST', 'POST', 'POST', 'POST'], { requests: 4, errors: 0, unanswered: 0 }]);
});

test('a connection that is upgraded is a tunnel, which counts as answered and is under way until it ends', async (t) => {
  const server = createHttpServer((_request, response) => response.end('plain'));
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    if (request.headers.upgrade !== 'websocket') return void socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${request.headers['sec-websocket-key']}\r\n\r\n`);
    socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`));
  });
  const made = await rig(t, server);
  const socket = connect(made.port, '127.0.0.1');
  socket.write('GET /chat HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\n\r\n');
  const [head] = await once(socket, 'data') as [Buffer];
  assert.match(head.toString(), /^HTTP\/1.1 101 [^]*sec-websocket-accept: k\r\n[^]*x-trunkline-release: r1/);
  socket.write('hello');
  assert.equal(String((await once(socket, 'data'))[0]), 'echo hello');
  assert.deepEqual([made.target.inFlight.count, figures(made)], [1, { requests: 1, errors: 0, unanswered: 0 }]);
  socket.destroy();
  await made.target.inFlight.drained(5_000);
  assert.equal(made.target.inFlight.count, 0);
  assert.match(await raw(made, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: other\r\n\r\n'), /^HTTP\/1.1 400/);
  assert.match(await raw(made, `GET / HTTP/1.1\r\nhost: a\r\n${CLOSE}\r\n`), /plain/);
});

test('an instance that does not know the protocol answers the request that asks for it', async (t) => {
  const made = await serving(t, (_request, response) => response.end('plain'));
  assert.match(await raw(made, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n'), /^HTTP\/1.1 200[^]*plain/);
  assert.deepEqual(figures(made), { requests: 1, errors: 0, unanswered: 0 });
});

test('an answer that is no HTTP is the release\'s error, and ends nothing else', async (t) => {
  const made = await rig(t, createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 2x0 what\r\n\r\n'))));
  assert.match(await raw(made, `GET / HTTP/1.1\r\nhost: a\r\n${CLOSE}\r\n`), /^HTTP\/1.1 502/);
  assert.deepEqual(figures(made), { requests: 1, errors: 1, unanswered: 1 });
});
