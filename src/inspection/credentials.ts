import { addressesIn, isNeutral } from './hosts.ts';

/** Names of what is kept secret, at the end of a key. */
const SECRET_KEY = /(?:^|[._-]|[a-z](?=[A-Z]))(password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|client[_-]?secret)$/i;
const BLANK = /[${}<>%*]|change.?me|replace.?me|placeholder|example|dummy|sample|your[-_]|^x+$|^\.+$|secrets?\/|^(arn|vault|ref\+|op|env|file|ssm|secretsmanager):|^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$|^\.{0,2}\//i;

/**
 * What kind of credential a line of configuration holds; never the credential itself. A connection string to this very
 * machine is what developers share, and a blank to be filled is none.
 */
export function credentialIn(line: string, key: string | undefined, value: string | undefined): string | undefined {
  if (hasConnectionPassword(line)) return 'a connection string with a password';
  if (/(AccountKey|SharedAccessKey|Password|Pwd)\s*=\s*[^;"'\s${}<>%]{4,}/i.test(line) && /(Server|Endpoint|Host|Data Source|AccountName)\s*=/i.test(line) && line.includes(';')) return 'a connection string with a key';
  if (key === undefined || value === undefined || !SECRET_KEY.test(key)) return undefined;
  const isOne = value.length >= 6 && !/\s/.test(value) && !BLANK.test(value) && ((/\d/.test(value) && /[a-z]/i.test(value)) || value.length >= 20);
  return isOne ? `a literal value of "${key.slice(0, 60)}"` : undefined;
}

export function hasConnectionPassword(line: string): boolean {
  return addressesIn(line).some(({ host, password }) => password !== undefined && !BLANK.test(password) && !isNeutral(host));
}
