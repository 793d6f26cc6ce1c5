import type { Leak } from './leak.ts';
import { isForExamples, isPassword, isPlaceholder, isSurelyRandom } from './likeness.ts';

const ADDRESS = /\b([a-z][a-z\d+.-]{1,30}):\/\/([^\s:/@"'`<>]{0,100}):([^\s/@"'`<>]{1,200})@(\[[\da-f:]{2,40}\]|[^\s/:?#"'`,;<>\\)&]{1,253})/gi;
/** Of ADO.NET, ODBC and JDBC. */
const KEYED = /\b(?:password|pwd)\s{0,4}=\s{0,4}([^;"'`\s]{4,100})(?:;|["'`]|$)/gim;
const SERVER = /\b(?:server|data source|host|user id|uid|user)\s{0,4}=/i;
const LOCAL = /^(?:localhost|.*\.localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\]|host\.docker\.internal|.*\.(?:test|example|invalid|local)|(?:.*\.)?example\.(?:com|org|net))$/i;
const EXEMPLARY = new Set(['pass', 'pw', 'pwd', 'user', 'username', 'postgres', 'mysql', 'root', 'admin', 'guest', 'test', 'app', 'dev', 'x', 'p', 'pass123']);

/** Addresses of databases, queues and servers with a password in them; those of this machine and of nobody's are let be. */
export function connectionStrings(text: string, path: string): Leak[] {
  const exemplary = isForExamples(path);
  const addresses = [...text.matchAll(ADDRESS)].flatMap((match): Leak[] => {
    const [whole, , user = '', password = '', host = ''] = match;
    if (isExemplary(user, password) || LOCAL.test(host) || /[${}%*]/.test(host)) return [];
    // A name without a dot is a neighbour in a container network, mostly a developer's own.
    if ((exemplary || !host.includes('.')) && !(isSurelyRandom(password) || (!exemplary && password.length >= 12 && isPassword(password)))) return [];
    const start = match.index + whole.lastIndexOf(`${password}@`);
    return [{ rule: 'connection-string', what: `a password for ${printableHost(host)}`, start, end: start + password.length, name: `${printableHost(host)}` }];
  });
  const keyed = [...text.matchAll(KEYED)].flatMap((match): Leak[] => {
    const password = match[1] ?? '';
    const line = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index + match[0].length + 300).split('\n')[0] ?? '';
    if (!SERVER.test(line.slice(0, 2_000)) || !line.includes(';') || isExemplary('', password) || /(?:server|host|source)\s{0,4}=\s{0,4}(?:localhost|127\.|\.)/i.test(line.slice(0, 2_000))) return [];
    if (exemplary && !isSurelyRandom(password)) return [];
    const start = match.index + match[0].indexOf(password, match[0].indexOf('='));
    return [{ rule: 'connection-string', what: 'a password in a connection string', start, end: start + password.length }];
  });
  return [...addresses, ...keyed];
}

function isExemplary(user: string, password: string): boolean {
  const plain = password.toLowerCase();
  return plain === user.toLowerCase() || EXEMPLARY.has(plain) || /[${}*]|^%|<|^\.+$|^x+$/i.test(password) || (isPlaceholder(password) && password.length >= 5) || new Set(plain).size < 3;
}

function printableHost(host: string): string {
  return host.replace(/[^\w.:[\]-]/g, '?').slice(0, 80);
}
