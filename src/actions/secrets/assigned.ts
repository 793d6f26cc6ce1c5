import type { Leak } from './leak.ts';
import { isForExamples, isPassword, isSurelyRandom, isToken } from './likeness.ts';

/** `name = "value"`, `"name": 'value'`, `name: string = "value"`, `<name>value<`: each part bounded, so that a hostile line costs no more than its length. */
const QUOTED = /([\w.$-]{2,80})["'`]?\]?[!?]?(?:\s{0,4}:\s{0,4}[A-Za-z]{1,20})?\s{0,8}(?:=>|:=|\?\?=|\|\|=|[=:])\s{0,8}(["'`])([^"'`\s]{8,512})\2/g;
const ELEMENT = /<([\w.$-]{2,80})>([^<>\s]{8,512})<\//g;
/** In files whose values stand without quotes. */
const BARE = /^[ \t]{0,40}(?:-[ \t]{1,4})?(?:(?:export|ENV|ARG|set)[ \t]{1,4})?([\w.-]{2,80})[ \t]{0,8}[:=][ \t]{0,8}([^\s"'`#,;][^\s"'`,;]{7,511})[ \t]{0,80}(?:#.{0,400})?\r?$/gm;
/** Kubernetes and compose: the name in one line, the value in the next. */
const PAIR = /name:[ \t]{0,4}["']?([\w.-]{2,80})["']?[ \t]{0,4}\r?\n[ \t]{0,40}value:[ \t]{0,4}["']?([^\s"'`#][^\s"'`]{7,511})/g;
const BARE_FILES = /(?:^|\/)(?:\.env[\w.-]*|[\w.-]*\.env|Dockerfile[\w.-]*|\.npmrc|\.pypirc|\.netrc|credentials)$|\.(?:ini|properties|conf|cfg|cnf|toml|ya?ml|tfvars|sh|bash|envrc|service)$/i;
/** What is locked has hashes everywhere and passwords nowhere. */
const LOCKED = /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|Cargo\.lock|poetry\.lock|uv\.lock|Pipfile\.lock|composer\.lock|Gemfile\.lock|go\.sum)$/;

const PASSWORDS = new Set(['password', 'passwd', 'passphrase', 'pwd', 'pass', 'passcode']);
const TOKENS = new Set(['secret', 'secrets', 'token', 'credential', 'credentials', 'apikey', 'secretkey', 'accesskey', 'privatekey', 'authtoken', 'accesstoken', 'clientsecret']);
const BEFORE_KEY = new Set(['api', 'access', 'private', 'secret', 'signing', 'encryption', 'master', 'account', 'auth', 'client', 'jwt', 'hmac', 'session', 'cookie', 'shared', 'service', 'storage', 'license', 'deploy', 'webhook']);
/** Words behind the one that counts, which change nothing. */
const AFTER = /^(?:value|base64|b64|raw|plain|text|\d+|prod|production|staging|dev|live|test|default|old|new|current|id)$/;

type Kind = 'password' | 'token';

/** Values that stand in the text itself beside a name that promises a secret. */
export function assignedSecrets(text: string, path: string): Leak[] {
  if (LOCKED.test(path)) return [];
  const exemplary = isForExamples(path);
  const found: Leak[] = [];
  const consider = (match: RegExpMatchArray, name = '', value = ''): void => {
    const kind = kindOf(name);
    if (kind === undefined || value === '') return;
    if (exemplary ? !isSurelyRandom(value) : !(kind === 'password' ? isPassword(value) : isToken(value))) return;
    const start = (match.index ?? 0) + match[0].lastIndexOf(value);
    found.push({ rule: 'assigned-secret', what: `a ${kind} in "${name.slice(-60)}"`, start, end: start + value.length, name: name.slice(-60) });
  };
  for (const match of text.matchAll(QUOTED)) consider(match, match[1], match[3]);
  for (const match of text.matchAll(ELEMENT)) consider(match, match[1], match[2]);
  for (const match of text.matchAll(PAIR)) consider(match, match[1], match[2]);
  if (BARE_FILES.test(path)) for (const match of text.matchAll(BARE)) if (!/^[A-Za-z_$][\w$]*(?:\.[\w$]+)+$/.test(match[2] ?? '')) consider(match, match[1], match[2]);
  return found;
}

/** What a name promises: `dbPassword`, `STRIPE_SECRET_KEY`, `auth.token`; not `passwordLabel` or `publicKey`. */
export function kindOf(name: string): Kind | undefined {
  const words = name.replace(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase().split(/[^a-z\d]+/).filter((word) => word !== '');
  while (words.length > 1 && AFTER.test(words.at(-1) ?? '')) words.pop();
  const last = words.at(-1) ?? '';
  if (PASSWORDS.has(last) || /(?:password|passwd|passphrase)$/.test(last)) return 'password';
  if (TOKENS.has(last) || (last === 'key' && BEFORE_KEY.has(words.at(-2) ?? ''))) return 'token';
  return undefined;
}
