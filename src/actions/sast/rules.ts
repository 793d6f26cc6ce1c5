import type { Severity } from '../../reports/names.ts';
import type { SourceKind, Taint } from './value.ts';

/**
 * What a value can be made harmless for: one bit each, so that a value carries what it was cleaned of. `path` is to climb
 * out of a folder with "..", `root` to be an absolute path: that only counts where nothing stands before it.
 */
export const HARM = { sql: 1, command: 2, code: 4, html: 8, path: 16, address: 32, redirect: 64, pollution: 128, xml: 256, root: 512,
  /** `script` is to be run by a document database, `operator` to be an object where a text is expected. */
  script: 1_024, operator: 2_048, log: 4_096, pattern: 8_192, backtracking: 16_384, owner: 32_768,
} as const;
export const ALL_HARM = 65_535;

export interface Rule {
  readonly id: string;
  readonly cwe: number;
  /** Which harm it is; 0 for what needs no flow. */
  readonly harm: number;
  /** Of a flow from someone else's machine. */
  readonly severity: Severity;
  readonly message: string;
  readonly why: string;
  readonly fix: string;
}

const INJECTION = 'whoever sends it decides what is run';

/** All that is looked for. The reference page docs/reference/static-analysis.md names each of them. */
export const rules = {
  'sql-injection': { cwe: 89, harm: HARM.sql, severity: 'critical', message: 'becomes part of an SQL statement', why: 'whoever sends it can read and change everything in the database', fix: 'leave the statement constant and hand the value over as a parameter ($1 or ?)' },
  'command-injection': { cwe: 78, harm: HARM.command, severity: 'critical', message: 'becomes part of a shell command', why: `${INJECTION} on the machine, with the rights of this program`, fix: 'use execFile or spawn with a constant program, the values in the array, and no shell' },
  'code-injection': { cwe: 94, harm: HARM.code, severity: 'critical', message: 'is run as code', why: `${INJECTION} in this process`, fix: 'look the wanted function up in a table of those allowed, or parse the value with JSON.parse' },
  'unsafe-deserialisation': { cwe: 502, harm: HARM.code, severity: 'critical', message: 'is turned into objects by a way that can run code', why: `${INJECTION} while the object is made`, fix: 'use JSON.parse and check the shape of what comes out' },
  xss: { cwe: 79, harm: HARM.html, severity: 'high', message: 'becomes part of a page unescaped', why: 'whoever writes the value, or the link that carries it, runs scripts as the person who looks at the page', fix: 'escape it for HTML, or set it as text (textContent, a template that escapes)' },
  xxe: { cwe: 611, harm: HARM.xml, severity: 'high', message: 'is parsed as XML with external entities', why: 'a document can read files of this machine and call addresses from it', fix: 'leave entities off (no "noent", no "dtdload")' },
  'path-traversal': { cwe: 22, harm: HARM.path, severity: 'high', message: 'becomes part of a path', why: 'with "../" it leads to any file that this program may open', fix: 'resolve the whole path and prove that it begins with the folder and a separator, or take only path.basename of the value' },
  ssrf: { cwe: 918, harm: HARM.address, severity: 'high', message: 'decides which server is called', why: 'it reaches servers that only this machine can reach', fix: 'leave the host constant, or compare it with a list of those allowed' },
  'open-redirect': { cwe: 601, harm: HARM.redirect, severity: 'medium', message: 'decides where the browser is sent', why: 'a link to this site leads to a forged one', fix: 'redirect only to paths of your own, or to a list of addresses' },
  'prototype-pollution': { cwe: 1321, harm: HARM.pollution, severity: 'high', message: 'names the property that is set, on any object', why: 'with "__proto__" it changes every object of the process', fix: 'refuse "__proto__", "constructor" and "prototype" as names, or use a Map' },
  'nosql-injection': { cwe: 943, harm: HARM.operator, severity: 'high', message: 'may be an object with operators in a query', why: 'with {"$ne": null} it matches every document, such as any password', fix: 'make it a text with String(), check its type, or write { $eq: value }' },
  'nosql-script': { cwe: 943, harm: HARM.script, severity: 'critical', message: 'becomes part of a script that the database runs', why: `${INJECTION} in the database`, fix: 'compare fields with operators instead of $where, $function and mapReduce' },
  'log-injection': { cwe: 117, harm: HARM.log, severity: 'medium', message: 'is written into the log with its line breaks', why: 'whoever sends it writes entries of their own, and hides what they did', fix: 'log an object as JSON, or replace line breaks and control characters' },
  'pattern-injection': { cwe: 400, harm: HARM.pattern, severity: 'high', message: 'becomes a regular expression', why: 'a pattern can be made that keeps this process busy for years', fix: 'escape it (RegExp.escape), or search for it as text' },
  'slow-pattern': { cwe: 1333, harm: HARM.backtracking, severity: 'high', message: 'is matched with a pattern whose time doubles with each character', why: 'forty characters keep this process busy for hours', fix: 'write the pattern so that no two repetitions take the same text, or bound the length first' },
  'quadratic-pattern': { cwe: 1333, harm: HARM.backtracking, severity: 'medium', message: 'is matched with a pattern whose time grows with the square of the length, or faster', why: 'a hundred kilobytes keep this process busy for seconds', fix: 'bound the length first, anchor the pattern, or use trim, indexOf and split' },
  'missing-csrf-protection': { cwe: 352, harm: 0, severity: 'high', message: 'is sent by browsers with requests that other sites make', why: 'a page elsewhere changes data in the name of whoever is signed in', fix: 'set sameSite: "lax" or "strict" on the cookie, or check a token with each request that changes something' },
  'insecure-object-reference': { cwe: 639, harm: HARM.owner, severity: 'medium', message: 'says whose data is read or changed, and nobody checks who asks', why: 'by another number anyone gets the data of others', fix: 'take the owner from the session (req.user.id), or compare it with whoever is signed in' },
  'escaping-off': { cwe: 79, harm: 0, severity: 'high', message: 'writes values into pages unescaped', why: 'whoever writes a value runs scripts as the person who looks at the page', fix: 'leave escaping on, and mark the few values that are HTML' },
  'literal-key': { cwe: 321, harm: 0, severity: 'high', message: 'stands in the code', why: 'whoever can read the code, or guess the word, signs and decrypts what they like', fix: 'read it from the environment, and end the start where it is missing' },
  'weak-hash': { cwe: 328, harm: 0, severity: 'high', message: 'protects a secret or a signature with a broken hash', why: 'it can be forged, or guessed a billion times a second', fix: 'use scrypt or argon2 for passwords and SHA-256 for the rest' },
  'weak-cipher': { cwe: 327, harm: 0, severity: 'high', message: 'encrypts with a broken cipher, mode or key', why: 'what it hides can be read, or changed unseen', fix: 'use createCipheriv with "aes-256-gcm", a random nonce and a key from scrypt' },
  'weak-random': { cwe: 338, harm: 0, severity: 'high', message: 'is made with Math.random and should not be guessed', why: 'a few values tell all that follow', fix: 'use crypto.randomBytes, randomUUID or randomInt' },
  'weak-key': { cwe: 326, harm: 0, severity: 'high', message: 'is too short or too cheap to last', why: 'it can be broken with rented machines', fix: 'RSA of 2048 bits or more, 600,000 rounds of PBKDF2-SHA256, or scrypt' },
  'weak-transport': { cwe: 295, harm: 0, severity: 'high', message: 'does not prove who is at the other end', why: 'anyone on the way reads and changes what is sent', fix: 'leave certificates checked; give the authority with "ca" where it is your own' },
} as const satisfies { readonly [id: string]: Omit<Rule, 'id'> };

export type RuleId = keyof typeof rules;

/** Whether a value still does the harm of a rule. */
export function isHarmed(rule: RuleId, { safe, isLeading }: Pick<Taint, 'safe' | 'isLeading'>): boolean {
  const harm = rule === 'path-traversal' && isLeading ? HARM.path | HARM.root : rules[rule].harm;
  return (safe & harm) !== harm;
}

export function ruleOf(id: RuleId): Rule {
  return { id, ...rules[id] };
}

/** How bad it is, by who decides about the value. A library's caller may well be told by somebody else what to hand over; nobody knows. */
export function severityOf(rule: Rule, source: SourceKind, isPartial: boolean): Severity {
  switch (source) {
    case 'command-line': case 'environment': return 'low';
    case 'file': return 'medium';
    // Whoever hands over a text to be matched mostly wrote it.
    case 'library': if (rule.id === 'quadratic-pattern') return 'low';
      return isPartial || (rule.id === 'prototype-pollution' || rule.id === 'slow-pattern') ? 'medium' : 'low';
    default: return rule.severity;
  }
}
