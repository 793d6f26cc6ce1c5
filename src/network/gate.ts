import { constants } from 'node:fs';
import { chmod, open, rm } from 'node:fs/promises';
import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { dial, type Dialling, Refused } from './dial.ts';

/** The one way out of a namespace without a network: a proxy of the host on a socket in the file system. */
export interface Gate extends AsyncDisposable {
  /** What was asked for and not allowed: `HOST`, or `HOST:PORT` where the port is not that of https or http. */
  readonly refused: ReadonlySet<string>;
}

/** Of Linux: to pass a folder, it need not be readable. */
const O_PATH = 0o10000000;
const MOST_CONNECTIONS = 128;
const IDLE = 120_000;
/** More refusals than these tell nobody anything. */
const MOST_REFUSED = 100;
/** Of one connection alone, by the protocol: they are not passed on. */
const HOP_BY_HOP = ['connection', 'proxy-connection', 'proxy-authorization', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/** @param folder of the socket, and its name: whoever knows it and can reach it may speak to it. */
export async function openGate(folder: string, name: string, dialling: Dialling): Promise<Gate> {
  const refused = new Set<string>();
  const sockets = new Set<Duplex>();
  const held = <Stream extends Duplex>(stream: Stream): Stream => {
    sockets.add(stream);
    stream.once('close', () => sockets.delete(stream)).on('error', () => stream.destroy());
    return stream;
  };
  const reached = async (name: string, port: number): Promise<Socket> => {
    try {
      return held(await dial(name, port, dialling));
    } catch (error) {
      if (error instanceof Refused && refused.size < MOST_REFUSED) refused.add([80, 443].includes(port) ? name : `${name}:${port}`);
      throw error;
    }
  };
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 0, keepAliveTimeout: 5_000, maxHeaderSize: 32_768 });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('connection', (socket: Socket) => void held(socket).setTimeout(IDLE, () => socket.destroy()));
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => void through(request, client, head, reached));
  server.on('request', (request: IncomingMessage, response: ServerResponse) => void forward(request, response, reached));
  server.on('clientError', (_error, socket) => socket.destroy());
  {
    // A socket's name may not be long; the way to it may.
    await using way = await open(folder, O_PATH | constants.O_DIRECTORY);
    const path = `/proc/self/fd/${way.fd}/${name}`;
    await listening(server, path);
    // Whoever is in the cell may use it, whichever user that is; nobody else gets there.
    await chmod(path, 0o777);
  }
  server.unref();
  return {
    refused,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await rm(join(folder, name), { force: true });
    },
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

type Reached = (name: string, port: number) => Promise<Socket>;

async function through(request: IncomingMessage, client: Duplex, head: Buffer, reached: Reached): Promise<void> {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:/@?#\s]+):(\d{1,5})$/.exec(request.url ?? '') ?? [];
  if (host === undefined || Number(port) > 65_535) return void client.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  try {
    const socket = await reached(host.replace(/^\[(.*)\]$/, '$1').toLowerCase(), Number(port));
    if (client.destroyed) return void socket.destroy();
    socket.setTimeout(IDLE, () => socket.destroy());
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    socket.write(head);
    client.pipe(socket).pipe(client);
    client.once('close', () => socket.destroy());
    socket.once('close', () => client.destroy());
  } catch (error) {
    client.end(`HTTP/1.1 ${status(error)}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${told(error)}\n`);
  }
}

/** Plain HTTP by an absolute address. What that says is where it goes: a Host line that says otherwise is refused. */
async function forward(request: IncomingMessage, response: ServerResponse, reached: Reached): Promise<void> {
  const answer = (line: string, text: string): void => void response.writeHead(Number(line.slice(0, 3)), { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`);
  const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
  if (url?.protocol !== 'http:' || url.username !== '' || url.password !== '') return answer('400', 'trunkline: ask for an absolute http: address without a user, or for a tunnel');
  const hosts = request.rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === 'host');
  if (hosts.some((host) => host.toLowerCase() !== url.host)) return answer('400', 'trunkline: the Host line names another than the address does');
  try {
    const socket = await reached(url.hostname.replace(/^\[(.*)\]$/, '$1'), Number(url.port || 80));
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
    const asked = ask({ method: request.method ?? 'GET', path: url.pathname + url.search, headers: { ...headers, host: url.host, connection: 'close' }, createConnection: () => socket });
    asked.setTimeout(IDLE, () => asked.destroy());
    asked.on('response', (answered) => {
      response.writeHead(answered.statusCode ?? 502, Object.fromEntries(Object.entries(answered.headers).filter(([name]) => !HOP_BY_HOP.includes(name))));
      answered.pipe(response);
    });
    asked.on('error', (error) => (response.headersSent ? response.destroy() : answer('502', told(error))));
    response.once('close', () => asked.destroy());
    request.pipe(asked);
  } catch (error) {
    answer(status(error), told(error));
  }
}

function status(error: unknown): string {
  return error instanceof Refused ? '403 Forbidden' : '502 Bad Gateway';
}

function told(error: unknown): string {
  return error instanceof Refused ? `trunkline: ${error.message}` : `trunkline: it can't be reached: ${(error as Error).message}`;
}
