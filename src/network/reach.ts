import { isIP } from 'node:net';

/** A place that commands may reach. */
export interface Allowed {
  /** A name in lower case, `*.` and a name for all below it, or an address as it is written. */
  readonly host: string;
  /** Undefined for those of http and https, 80 and 443. */
  readonly port?: number;
  /** Whether its name may lead to an address of this machine or its network: only who operates it says so. */
  readonly inner: boolean;
}

const PORTS = [80, 443];

/** The entry that lets `host` and `port` pass; undefined where none does. */
export function allowing(allowed: readonly Allowed[], host: string, port: number): Allowed | undefined {
  const name = plain(host);
  const fits = (one: Allowed): boolean => (one.port === undefined ? PORTS.includes(port) : one.port === port) && matches(plain(one.host), name);
  // The operator's word counts before that of a commit.
  return allowed.find((one) => one.inner && fits(one)) ?? allowed.find(fits);
}

/** `HOST` or `HOST:PORT`, as people write it and as an address says it. */
export function placeOf(text: string, inner: boolean): Allowed {
  const [, host = text, port] = /^(\[[^\]]+\]|[^:]+|[^:]*:[^:]*:.*?)(?::(\d+))?$/.exec(text) ?? [];
  return { host: plain(host), inner, ...(port === undefined ? {} : { port: Number(port) }) };
}

function matches(wanted: string, name: string): boolean {
  return wanted.startsWith('*.') ? isIP(name) === 0 && name.endsWith(wanted.slice(1)) : wanted === name;
}

function plain(host: string): string {
  return host.toLowerCase().replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}
