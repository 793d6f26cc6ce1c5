import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { promisify } from 'node:util';
import { proxyWithoutUser, withoutUser } from '../sandbox/credentials.ts';
import { searchPath } from '../sandbox/search-path.ts';

const NAMES = ['cafile', 'https-proxy', 'noproxy', 'proxy', 'registry', 'strict-ssl'];

/**
 * How npm reaches its registries on this machine, as the text of an `.npmrc`: a cell has a HOME of its own, and
 * `npm ci` must work in it. No token and no password is among it: what needs one can't be fetched by a build.
 * Empty where there is no npm.
 */
export async function npmSettings({ proxies }: { readonly proxies: boolean }): Promise<string> {
  const asked = await promisify(execFile)('npm', ['config', 'list', '--json'], { cwd: homedir(), env: { ...process.env, PATH: searchPath(process.env['PATH']) }, timeout: 20_000 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return asked === undefined ? '' : npmrc(JSON.parse(asked.stdout) as { readonly [name: string]: unknown }, { proxies });
}

/** @param proxies whether those of the machine are named; where a gate stands before them, npm hears of that by its environment. */
export function npmrc(settings: { readonly [name: string]: unknown }, { proxies }: { readonly proxies: boolean }): string {
  const passed = Object.entries(settings).flatMap(([name, value]) => {
    if (name.endsWith('proxy') && !proxies) return [];
    if (!NAMES.includes(name) && !/^@[^:/]+:registry$/.test(name)) return [];
    if (typeof value === 'boolean') return [`${name}=${value}`];
    return typeof value === 'string' && value !== '' && !/[\r\n]/.test(value) ? [`${name}=${name.endsWith('proxy') && name !== 'noproxy' ? proxyWithoutUser(value) : withoutUser(value)}`] : [];
  });
  return [...passed, 'audit=false', 'fund=false', 'update-notifier=false', ''].join('\n');
}
