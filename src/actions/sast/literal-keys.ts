import type { Flow } from './program.ts';
import { at, stands, type Called } from './sinks.ts';
import { textOf, UNKNOWN, type Value } from './value.ts';

/** Which argument is a key, or which of its fields. */
interface Key { readonly api: RegExp; readonly index: number; readonly fields?: readonly string[] }

const KEYS: readonly Key[] = [
  { api: /^(jsonwebtoken|jwt|jwt-simple|jws)\.(sign|verify|encode|decode)$/, index: 1 },
  { api: /^(crypto\.)?(createHmac|createCipheriv|createDecipheriv)$/, index: 1 },
  { api: /^crypto\.(scryptSync|scrypt|pbkdf2|pbkdf2Sync|createSecretKey)$/, index: 0 },
  { api: /^(crypto-js|CryptoJS)\.(AES|TripleDES|DES|HmacSHA\d+)(\.(encrypt|decrypt))?$/, index: 1 },
  { api: /^(express-session|koa-session|client-sessions|@fastify\.(session|secure-session|jwt)|express-jwt(\.\w+)?|koa-jwt)$/, index: 0, fields: ['secret', 'key', 'keys'] },
  { api: /^cookie-session$/, index: 0, fields: ['secret', 'keys'] },
  { api: /^cookie-parser$/, index: 0 },
  { api: /^passport-jwt\.Strategy$/, index: 0, fields: ['secretOrKey'] },
  { api: /^(next-auth|@auth\.\w+)$/, index: 0, fields: ['secret'] },
  { api: /^(iron-session\.\w+|@hapi\.iron\.(seal|unseal))$/, index: 1, fields: ['password'] },
  { api: /\.register$|^register$/, index: 1, fields: ['secret', 'key'] },
];
/** Public, or no key at all. */
const NO_KEY = /BEGIN (?:[A-Z]+ )?PUBLIC KEY|BEGIN CERTIFICATE|^Client Key$|^Server Key$/;

/** Keys and secrets that stand in the code, also as what is taken where the environment has none. */
export function literalKey(called: Called, flow: Flow): void {
  const { api, args, isOwn } = called;
  if (isOwn) return;
  for (const { api: pattern, index, fields } of KEYS) {
    const given = args[index];
    if (!given || !pattern.test(api)) continue;
    const found = fields ? fields.map((field) => given.fields?.get(field)).find((each) => each && literal(each)) : literal(given) ? given : undefined;
    if (found) return stands('literal-key', at(called, index), `the key of ${called.name === '' ? api : called.name} stands in the code`, flow);
  }
}

function literal(value: Value): boolean {
  const text = textOf(value) ?? textOf(value.fields?.get('0') ?? UNKNOWN);
  return text !== undefined && text !== '' && !/^(null|true|false|undefined|\/.*\/)$/.test(text) && !NO_KEY.test(text);
}
