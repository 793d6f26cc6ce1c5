import type { Leak } from './leak.ts';
import { isForExamples, isPlaceholder, isToken } from './likeness.ts';

const BEARER = /\bBearer\s{1,4}([\w.~+/-]{20,2000}={0,2})/g;
const BASIC = /\bBasic\s{1,4}([A-Za-z\d+/]{12,400}={0,2})/g;
const JWT = /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000}/g;

/** Tokens that are known by their form, whatever holds them. */
export function tokens(text: string, path: string): Leak[] {
  if (isForExamples(path)) return [];
  const leaks: Leak[] = [...text.matchAll(JWT)].map((match) => ({ rule: 'json-web-token', what: 'a signed JSON web token', start: match.index, end: match.index + match[0].length }));
  for (const match of text.matchAll(BEARER)) {
    const token = match[1] ?? '';
    if (isToken(token)) leaks.push(placed('bearer-token', 'a token for "Authorization: Bearer"', match, token));
  }
  for (const match of text.matchAll(BASIC)) {
    const credentials = match[1] ?? '';
    const [, user, password = ''] = /^([\x21-\x7e]{1,80}):([\x21-\x7e]{4,200})$/.exec(Buffer.from(credentials, 'base64').toString('latin1')) ?? [];
    if (user !== undefined && !isPlaceholder(password)) leaks.push(placed('basic-credentials', 'a user name and password for "Authorization: Basic"', match, credentials));
  }
  return leaks;
}

function placed(rule: string, what: string, match: RegExpMatchArray, token: string): Leak {
  const start = (match.index ?? 0) + match[0].length - token.length;
  return { rule, what, start, end: start + token.length };
}
