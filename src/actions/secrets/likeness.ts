/** Whether a text looks like a secret: not whether it is one, which only its owner knows. */

const PLACEHOLDERS = [
  'example', 'changeme', 'change-me', 'change_me', 'placeholder', 'dummy', 'your-', 'your_', 'yourpassword', 'yoursecret', 'yourtoken', 'replace', 'redacted', 'insert', 'todo', 'sample', 'fake', 'foobar',
  'secret', 'password', 'passwd', 'token', 'notreal', 'not-real', 'undefined', 'lorem', 'qwerty', 'letmein', 'xxxx', '****', '....', '1234567',
];
/** Read from elsewhere when the program runs, or when the file is filled in. */
const REFERENCE = /\$\{|\{\{|\$\(|^\$|%\(|%[sd]\b|%[A-Z_]+%|<[^>]*>|^\{[^}]*\}$|process\.env|os\.environ|^(?:arn|ref\+|vault|secret|env|file|sops|ENC)[:[(]/i;
/** A path, an address, a pattern, a call: no secret, though it may look random. */
const OTHER_THING = /^[./~@#^-]|:\/\/|[\\[\]()|\s]|^[\w-]+\.(?:[jt]sx?|json|ya?ml|pem|crt|key|txt|html|css|py|java|go)$|^(?:data|urn|sha\d+|oci|npm|pkg):/i;
/** Words, or a dotted name, with a number at its end at most. */
const WORDS = /^[A-Za-z]+(?:[-_.:/+ ][A-Za-z]+)*[-_.]?\d{0,3}$/;

const LETTERS = /[A-Za-z]/;
const DIGITS = /\d/;

/** Whether a text only says where the value is to be read. */
export function isReference(value: string): boolean {
  return REFERENCE.test(value);
}

export function isPlaceholder(value: string): boolean {
  const lower = value.toLowerCase();
  // In something long and random a short word may stand by chance.
  const words = value.length > 32 ? PLACEHOLDERS.filter((word) => word.length > 5) : PLACEHOLDERS;
  return REFERENCE.test(value) || words.some((word) => lower.includes(word)) || new Set(value).size < 5 || ascends(value);
}

/** What people choose: no placeholder, and letters mixed with something else. */
export function isPassword(value: string): boolean {
  return value.length >= 8 && !isPlaceholder(value) && !OTHER_THING.test(value) && LETTERS.test(value) && /[^A-Za-z]/.test(value) && !WORDS.test(value);
}

/** What machines make. */
export function isToken(value: string): boolean {
  return value.length >= 16 && !isPlaceholder(value) && !OTHER_THING.test(value) && LETTERS.test(value) && DIGITS.test(value) && !WORDS.test(value) && entropy(value) >= 3;
}

/** Nobody writes it by hand as an example. */
export function isSurelyRandom(value: string): boolean {
  const isHex = /^[0-9a-f]+$/i.test(value);
  return value.length >= 20 && isToken(value) && (isHex ? value.length >= 32 && entropy(value) >= 3.3 : entropy(value) >= 3.7 && classes(value) >= 3);
}

/** Bits per character. */
export function entropy(value: string): number {
  const counts = new Map<string, number>();
  for (const letter of value) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / value.length) * Math.log2(count / value.length), 0);
}

function classes(value: string): number {
  return [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/].filter((each) => each.test(value)).length;
}

/** An alphabet, or a run of keys. */
function ascends(value: string): boolean {
  let steps = 0;
  for (let at = 1; at < value.length; at += 1) if (value.charCodeAt(at) - value.charCodeAt(at - 1) === 1) steps += 1;
  return steps > value.length / 2;
}

/** Where what looks like a secret mostly is an example of one: there it must be surely random. */
export function isForExamples(path: string): boolean {
  return /(?:^|\/)(?:tests?|__tests__|specs?|fixtures?|__fixtures__|mocks?|__mocks__|testdata|examples?|features|e2e|acceptance|docs?)\/|[._-](?:test|spec|example|sample|template|dist)(?:\.|$)|(?:^|\/)test_|\.(?:md|rst|adoc)$/i.test(path);
}
