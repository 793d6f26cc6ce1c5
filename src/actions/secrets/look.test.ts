import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { keyFile } from './keys.ts';
import { masked } from './leak.ts';
import { piecesOf } from './pieces.ts';
import { lookAt } from './look.ts';

/** Put together here, so that no scanner takes this file for a leak. */
const random = 'k3Vd+Zq8TnP1wYb6' + '/JrX0sLmE7uGhC4oAf9iQ2Nt';
const aws = 'AKIA' + '7777WQ5TZ3KMRD6H';
const jwt = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', 'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'].join('.');

async function rules(text: string, path = 'src/a.ts', isBinary = false): Promise<readonly string[]> {
  return (await lookAt({ path, text, line: 1, isBinary })).map(({ rule, line }) => `${rule}:${line}`);
}

test('secrets are found by their form, with the line', async () => {
  assert.deepEqual(await rules(`const a = 1;\nconst id = "${aws}";\n`), ['aws:2']);
  assert.deepEqual(await rules(`auth("Bearer ${random.replace('+', '')}")`), ['bearer-token:1']);
  assert.deepEqual(await rules(`const t = '${jwt}';`), ['json-web-token:1']);
  assert.deepEqual(await rules(`h = { Authorization: "Basic ${Buffer.from('ada:Tr0ub4dor&3').toString('base64')}" }`), ['basic-credentials:1']);
});

test('what a comment of the commit switches off is found all the same', async () => {
  assert.deepEqual(await rules(`/* secretlint-disable */\nconst id = "${aws}"; // secretlint-disable-line\n`), ['aws:2']);
});

test('a value beside a name that promises a secret is one, in whatever language it is written', async () => {
  const cases: readonly (readonly [path: string, text: string])[] = [
    ['a.ts', `const dbPassword: string = "mX9${'#'}plover42";`], ['a.json', `{"client_secret": "${random}"}`], ['a.py', `API_KEY = '${random}'`], ['.env', `STRIPE_SECRET_KEY=${random}`],
    ['a.yaml', `  apiToken: ${random} # the old one`], ['a.yaml', `- name: DB_PASSWORD\n  value: mX9${'#'}plover42`], ['a.xml', `<password>mX9${'@'}plover42</password>`], ['Dockerfile', `ENV NPM_TOKEN ${''}= ${random}`],
    ['a.go', `secretKey := "${random}"`], ['a.tf', `password = "mX9plover42"`], ['a.rb', `:password => 'mX9plover42'`],
  ];
  for (const [path, text] of cases) assert.equal((await rules(text, path))[0]?.split(':')[0], 'assigned-secret', text.replace(random, '…'));
});

test('what is read from elsewhere, a placeholder, a word or a label is no secret', async () => {
  const innocent = [
    'const password = process.env.DB_PASSWORD;', 'const password = "${DB_PASSWORD}";', 'password: "<your password>"', 'passwordLabel: "Enter1YourPassword2"', 'const token = "change-me-please-1";', 'const secretName = "orders/db1234567";',
    'apiKey: "your-api-key-123456"', 'const token = "abcdefghijklmnopqrstuvwxyz0123456789";', 'password: "/run/secrets/db1"', 'tokenType = "authorization_code"', 'publicKey = "MIIBIjANBgkqhkiG9w0BAQEFAAOC"', 'secret: "xxxxxxxxxxxxxxxxxxxx1"',
    'const words = ["--pwfile", password, "--locale"];', 'type="password" autocomplete="current-password"', 'token = arguments[1].match("[a-z0-9]{16}")', 'integrity: "sha512-Aup7aUOfpbAUg2ROOJN6Iw5f9DMBlzu0mIkm"',
  ];
  for (const text of innocent) assert.deepEqual(await rules(text), [], text);
});

test('in tests and examples only what nobody writes by hand counts', async () => {
  assert.deepEqual(await rules('const password = "Tr0ub4dor-3x";', 'src/login.test.ts'), []);
  assert.deepEqual(await rules(`const apiKey = "${random}";`, 'src/login.test.ts'), ['assigned-secret:1']);
});

test('an address with a password is a leak unless it leads to this machine, or the password to nowhere', async () => {
  const at = (host: string, password = 'mX9plover42'): string => `const url = "postgres://orders:${password}@${host}:5432/orders";`;
  assert.deepEqual(await rules(at('db.acme.io')), ['connection-string:1']);
  assert.deepEqual(await rules(`amqp://u:${'Zx9'}rabbit77@mq.acme.io`), ['connection-string:1']);
  assert.deepEqual(await rules(`"Server=sql.acme.io;User Id=app;Password=${'mX9plover42'};"`), ['connection-string:1']);
  for (const text of [at('localhost'), at('127.0.0.1'), at('db.example.com'), at('db.acme.io', '${PASSWORD}'), at('db.acme.io', 'orders'), at('db', 'postgres'), at('db.acme.io', 'password')]) assert.deepEqual(await rules(text), [], text);
});

test('private keys are found in every form', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const ed = generateKeyPairSync('ed25519').privateKey;
  const pem = (key = rsa): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;
  const locked = rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }) as string;
  for (const text of [pem(), pem(ed), locked, JSON.stringify({ key: pem(ed) }), pem(ed).split('\n').map((line) => `"${line}\\n" +`).join('\n'), JSON.stringify(ed.export({ format: 'jwk' }))]) {
    assert.match((await rules(text, 'deploy/key.txt'))[0] ?? '', /^(private-key|privatekey|gcp):1/);
  }
  assert.deepEqual(await rules('-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----'), []);
  assert.deepEqual(await rules(JSON.stringify(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }))), []);
  assert.equal(keyFile('key.bin', ed.export({ type: 'pkcs8', format: 'der' })), 'a private key in DER form');
  assert.equal(keyFile('a.der', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })), undefined);
});

test('nothing of a secret but two characters is ever told', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ minLength: 16, maxLength: 60, unit: fc.constantFrom(...'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789+/') }), async (secret) => {
    for (const hit of await lookAt({ path: 'a.ts', text: `apiKey = "${secret}"`, line: 1, isBinary: false })) {
      const told = JSON.stringify(hit);
      for (let at = 0; at + 4 <= secret.length; at += 1) assert.ok(at + 8 > secret.length || !told.includes(secret.slice(at, at + 8)));
    }
  }), { numRuns: 200 });
  assert.equal(masked('short-one'), '(9 characters)');
  assert.equal(masked(aws), 'AK… (20 characters)');
});

test('a byte-order mark moves no place: neither the line nor what is masked', () => {
  const text = 'const a = 1;\nghp_abcdefghijklmnopqrstuvwxyz0123456789\n';
  const [plain, ...others] = [text, `\ufeff${text}`].map((each) => piecesOf('a.txt', Buffer.from(each), Buffer.byteLength(each)));
  for (const other of [...others, piecesOf('a.txt', Buffer.from(`\ufeff${text}`, 'utf16le'), 1)]) assert.deepEqual(other, plain);
});
