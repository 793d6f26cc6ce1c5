import { userInfo } from 'node:os';
import { TrunklineError } from '../foundation/errors.ts';
import { proxyWithoutUser } from '../sandbox/credentials.ts';
import { runtimeVariables } from '../sandbox/needed.ts';
import { CERTIFICATES, searchPath } from '../sandbox/search-path.ts';
import { MARKS } from './marks.ts';

/** How the world is reached: of the machine, not of the person who starts the host. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];
const PASSED = ['NO_PROXY', 'no_proxy', ...CERTIFICATES, 'TZ'];

export interface Surroundings {
  /** The host's own environment, of which little passes. */
  readonly host: { readonly [name: string]: string | undefined };
  readonly user: string;
  readonly home: string;
  readonly temporary: string;
  /** Whether a proxy's name and password pass too: an operator says so. */
  readonly proxyCredentials?: boolean;
}

/** All that a command finds in its environment, but for what it is given on purpose. */
export function surroundings({ host, user, home, temporary, proxyCredentials = false }: Surroundings): { readonly [name: string]: string } {
  const given = (names: readonly string[], written: (value: string) => string) => Object.fromEntries(names.flatMap((name) => (host[name] === undefined ? [] : [[name, written(host[name])] as const])));
  return {
    ...given(PASSED, (value) => value),
    ...given(PROXIES, proxyCredentials ? (value) => value : proxyWithoutUser),
    ...runtimeVariables(host),
    PATH: searchPath(host['PATH']),
    LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TERM: 'dumb', CI: 'true', SHELL: '/bin/sh',
    // Java asks the system for the home of its user, and never HOME.
    JAVA_TOOL_OPTIONS: `-Duser.home="${home}"`,
    HOME: home, TMPDIR: temporary, USER: user, LOGNAME: user,
  };
}

/** For commands with a network of their own: the machine's proxies are of no use there, and are told of by a gate. */
export function withoutProxies(host: Surroundings['host']): Surroundings['host'] {
  return Object.fromEntries(Object.entries(host).filter(([name]) => ![...PROXIES, 'NO_PROXY', 'no_proxy'].includes(name)));
}

export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The system knows no name for the number: usual in containers.
    return String(process.getuid?.() ?? 'nobody');
  }
}

/** @throws {TrunklineError} `ENV_INVALID` for a name that no shell can hold, or a value that no process can. */
export function requireVariables(env: { readonly [name: string]: string }): void {
  for (const [name, value] of Object.entries(env)) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !value.includes('\0') && !MARKS.includes(name)) continue;
    throw new TrunklineError('ENV_INVALID', 'usage', `${JSON.stringify(name)} can't be given to a command as a variable`, 'use letters, digits and _ for the name, and no NUL in the value');
  }
}
