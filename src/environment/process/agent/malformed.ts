import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Millis } from '../../../foundation/units.ts';

/** Why a request is none that may be passed on, with the status to refuse it with; undefined where it may. */
export function malformed({ httpVersion, rawHeaders, headers }: IncomingMessage): { readonly status: number; readonly why: string } | undefined {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1) return { status: 400, why: 'a request has one Host' };
  if (hosts === 0 && httpVersion !== '1.0') return { status: 400, why: 'a request has a Host' };
  if (/[\s,/\\@?#]/.test(headers.host ?? '')) return { status: 400, why: 'Host names no host' };
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return { status: 501, why: `the transfer coding ${JSON.stringify(coding.slice(0, 80))} is not supported` };
  if (coding !== undefined && httpVersion === '1.0') return { status: 400, why: 'HTTP/1.0 has no transfer coding' };
  return undefined;
}

const REFUSALS: { readonly [code: string]: string } = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large', HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large', ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Whoever still sends must read what was answered before the connection is cut. */
const LINGER: Millis = 500;
const refused = new WeakSet<Duplex>();

/** Answers what is no HTTP, where nothing was answered yet, and ends the connection. */
export function refuseConnection(socket: Duplex, code: string | undefined): void {
  const isAnswering = (socket as Duplex & { readonly _httpMessage?: { readonly headersSent?: boolean } | null })._httpMessage?.headersSent === true;
  if (!socket.writable || isAnswering) return void socket.destroy();
  if (refused.has(socket)) return;
  refused.add(socket);
  socket.removeAllListeners('data').on('data', () => {}).on('error', () => {});
  socket.end(`HTTP/1.1 ${REFUSALS[code ?? ''] ?? '400 Bad Request'}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  setTimeout(() => socket.destroy(), LINGER).unref();
}
