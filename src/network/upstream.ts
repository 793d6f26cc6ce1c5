import { connect as overTcp, type Socket } from 'node:net';
import { connect as overTls } from 'node:tls';

type Environment = { readonly [name: string]: string | undefined };

/** The machine's own proxy for a place; its name and password stay with the host. Undefined where it is reached directly. */
export function upstreamFor(host: Environment, name: string, port: number): URL | undefined {
  const value = (variable: string): string | undefined => host[variable.toLowerCase()] || host[variable] || undefined;
  if (isExempt(value('NO_PROXY') ?? '', name, port)) return undefined;
  const address = (port === 80 ? value('HTTP_PROXY') : value('HTTPS_PROXY')) ?? value('ALL_PROXY');
  if (address === undefined) return undefined;
  const written = address.includes('://') ? address : `http://${address}`;
  return URL.canParse(written) && /^https?:$/.test(new URL(written).protocol) ? new URL(written) : undefined;
}

function isExempt(list: string, name: string, port: number): boolean {
  return list.split(/[\s,]+/).filter((entry) => entry !== '').some((entry) => {
    const [, host = '', wanted] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    return entry === '*' || (wanted === undefined || Number(wanted) === port) && (name === host || name.endsWith(`.${host}`));
  });
}

/** Asks the upstream proxy for a tunnel. @throws what the connection meets, or its answer where that is no 200. */
export async function tunnel(upstream: URL, name: string, port: number, signal: AbortSignal): Promise<Socket> {
  const [host, at] = [upstream.hostname.replace(/^\[(.*)\]$/, '$1'), Number(upstream.port || (upstream.protocol === 'https:' ? 443 : 80))];
  const socket = upstream.protocol === 'https:' ? overTls({ host, port: at, servername: host }) : overTcp({ host, port: at });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const end = (error: Error): void => {
    socket.destroy();
    reject(error);
  };
  signal.addEventListener('abort', () => end(new Error('it did not answer in time')), { once: true });
  socket.on('error', end);
  let head = '';
  const hear = (chunk: Buffer): void => {
    head += chunk.toString('latin1');
    const whole = head.indexOf('\r\n\r\n');
    if (whole < 0) return head.length > 16_384 ? end(new Error('the machine\'s proxy answers at great length')) : undefined;
    socket.off('data', hear);
    socket.pause();
    if (!/^HTTP\/1\.[01] 200/.test(head)) return end(new Error(`the machine's proxy answers ${head.split('\r\n')[0]}`));
    socket.unshift(Buffer.from(head.slice(whole + 4), 'latin1'));
    socket.off('error', end);
    resolve(socket);
  };
  socket.on('data', hear);
  const user = upstream.username === '' ? '' : `Proxy-Authorization: Basic ${Buffer.from(`${decodeURIComponent(upstream.username)}:${decodeURIComponent(upstream.password)}`).toString('base64')}\r\n`;
  const place = name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
  socket.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${user}\r\n`);
  return promise;
}
