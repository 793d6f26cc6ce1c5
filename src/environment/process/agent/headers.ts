import { RELEASE_HEADER } from '../../driver.ts';

/** Names and values by turns, as they stood on the wire. */
export type RawHeaders = readonly string[];

/** They speak of one connection and end with it (RFC 9110, 7.6.1). */
const ONE_HOP = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);
const OURS = new Set(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']);

/** What an instance is told: the client's headers, and who the client was. @param change of protocol is wished for. */
export function toInstance(raw: RawHeaders, client: { readonly address: string; readonly host: string }, change?: 'upgrade'): string[] {
  return [...passing(raw, OURS, change), 'x-forwarded-for', client.address, 'x-forwarded-host', client.host, 'x-forwarded-proto', 'http'];
}

/** What the client is told: the instance's headers, and which release gave the answer. */
export function toClient(raw: RawHeaders, release: string, change?: 'upgrade'): string[] {
  return [...passing(raw, new Set([RELEASE_HEADER]), change), RELEASE_HEADER, release];
}

function passing(raw: RawHeaders, dropped: ReadonlySet<string>, change?: 'upgrade'): string[] {
  const named = new Set<string>();
  each(raw, (name, value) => {
    if (name.toLowerCase() === 'connection') for (const token of value.split(',')) named.add(token.trim().toLowerCase());
  });
  // A client that names these as one hop's would have them struck, and the instance misled.
  for (const kept of ['host', 'content-length', 'content-type', 'cookie', 'authorization']) named.delete(kept);
  const kept: string[] = [];
  each(raw, (name, value) => {
    const key = name.toLowerCase();
    if (change && key === 'upgrade') kept.push(name, value, 'connection', 'Upgrade');
    else if (!ONE_HOP.has(key) && !named.has(key) && !dropped.has(key)) kept.push(name, value);
  });
  return kept;
}

function each(raw: RawHeaders, visit: (name: string, value: string) => void): void {
  for (let at = 0; at + 1 < raw.length; at += 2) visit(raw[at] as string, raw[at + 1] as string);
}
