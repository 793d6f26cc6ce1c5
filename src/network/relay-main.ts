/**
 * Runs beside a command in its own network namespace and hands connections to the gate of the host: what comes to the
 * port of the proxy as it is, what comes to any other port as a tunnel to that port of the machine.
 * Arguments: the gate's socket, then the ports. It says when it listens, on descriptor 3, and closes that.
 */
import { closeSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { connect, createServer, type Socket } from 'node:net';
import { PROXY_PORT } from './proxy-variables.ts';

const READY = 3;
const [path = '', ...ports] = process.argv.slice(2);
// A socket's name may not be long; the way to it may.
process.chdir(dirname(path));
const gate = basename(path);
const listening = ports.map((port) => new Promise<void>((resolve, reject) => {
  createServer({ allowHalfOpen: true }, (client) => relayed(client, Number(port))).on('error', reject).listen(Number(port), '127.0.0.1', resolve);
}));

function relayed(client: Socket, port: number): void {
  const host = connect({ path: gate, allowHalfOpen: true });
  client.on('error', () => host.destroy());
  host.on('error', () => client.destroy());
  client.on('close', () => host.destroy());
  host.on('close', () => client.destroy());
  if (port === PROXY_PORT) {
    client.pipe(host).pipe(client);
    return;
  }
  host.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  let head = Buffer.alloc(0);
  const hear = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    host.off('data', hear);
    if (!head.subarray(0, 12).toString('latin1').endsWith(' 200')) {
      client.destroy();
      return;
    }
    client.write(head.subarray(end + 4));
    host.pipe(client);
    client.pipe(host);
  };
  host.on('data', hear);
}

// A command that is told to end may still want to say something to the world; its namespace ends this.
process.on('SIGTERM', () => undefined);
await Promise.all(listening);
writeSync(READY, 'listening\n');
closeSync(READY);
