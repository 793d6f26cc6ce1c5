import ts from 'typescript';
import type { Flow } from './program.ts';
import type { RuleId } from './rules.ts';
import { textOf, type Value } from './value.ts';

/** Names of things that must not be guessed or forged. */
const SECRET = /passw(or)?d|passphrase|\bpwd|secret|token|credential|signature|\bsign(ed|ing)?\b|\bhmac\b|api_?key|session|csrf|xsrf|nonce|\bsalt|\botp\b|verification_?code|reset_?(code|key)|private_?key|secure|auth(?!or)/i;

/** Reports what is weak in itself, whoever decides about it. */
function weak(rule: RuleId, node: ts.Node, what: string, flow: Flow): void {
  if (!flow.program.isLast) return;
  const { file } = flow.module;
  const line = flow.module.line(node);
  flow.program.hit({ rule, file, line, column: flow.module.column(node), source: undefined, label: what, isPartial: false, sink: what, steps: [] });
}

export function weakCall(api: string, args: readonly Value[], node: ts.CallExpression | ts.NewExpression, flow: Flow): void {
  const first = args[0] ? textOf(args[0])?.toLowerCase() : undefined;
  const name = api.replace(/^.*\./, '');
  if (/^(createHash|createHmac|hash)$/.test(name) && first !== undefined && /^(rsa-)?(md4|md5|sha1|sha-1|ripemd.*)$/.test(first) && isForSecret(node) && !(name === 'createHmac' && !first.startsWith('md'))) weak('weak-hash', node, `${first} is made of what must stay secret or unforged`, flow);
  if (/^(md5|sha1)(\(\))?$/.test(api) && isForSecret(node)) weak('weak-hash', node, `${api} is made of what must stay secret or unforged`, flow);
  if (/^crypto\.(createCipher|createDecipher)$/.test(api)) weak('weak-cipher', node, `${name} takes a key from a password by MD5, and no nonce`, flow);
  if (/^(createCipheriv|createDecipheriv)$/.test(name) && first !== undefined && /^(des|rc2|rc4|bf|blowfish|cast|idea|seed)\b|(^|-)(des|ede3?|rc4)(-|$)|-ecb$|^des/.test(first)) weak('weak-cipher', node, `${first} is broken`, flow);
  if (/^(crypto|node-forge\.cipher|forge\.cipher)\.createCipheriv$/.test(api) && args[2] && constantText(args[2]) && !/ecb/.test(first ?? '')) weak('weak-cipher', node, 'the nonce is constant', flow);
  if (/^CryptoJS\.(DES|TripleDES|RC4|Rabbit)\.encrypt$|^crypto-js\.(DES|TripleDES|RC4)\.encrypt$/.test(api)) weak('weak-cipher', node, `${api} is broken`, flow);
  if (/^(crypto-js|CryptoJS)\.(MD5|SHA1)$/.test(api) && isForSecret(node)) weak('weak-hash', node, `${name} is made of what must stay secret or unforged`, flow);
  if (/^(generateKeyPair|generateKeyPairSync)$/.test(name)) {
    const bits = Number(textOf(args[1]?.fields?.get('modulusLength') ?? { taints: [] }));
    if (bits > 0 && bits < 2048) weak('weak-key', node, `a key of ${bits} bits can be broken`, flow);
  }
  if (/^crypto\.(pbkdf2|pbkdf2Sync)$/.test(api)) {
    const rounds = Number(textOf(args[2] ?? { taints: [] })?.replace(/_/g, ''));
    if (rounds > 0 && rounds < 10_000) weak('weak-key', node, `${rounds} rounds are tried out fast`, flow);
  }
  if (/^(jsonwebtoken|jwt)\.(sign|verify)$/.test(api)) {
    const options = args[2]?.fields;
    const algorithm = textOf(options?.get('algorithm') ?? options?.get('algorithms')?.fields?.get('0') ?? { taints: [] });
    if (algorithm?.toLowerCase() === 'none') weak('weak-cipher', node, 'a token without a signature is anybody\'s', flow);
  }
  if (api === 'Math.random' && isForGuessing(node)) weak('weak-random', node, 'Math.random makes what should not be guessed', flow);
}

function constantText(value: Value): boolean {
  const text = textOf(value);
  return text !== undefined && text !== '' && text !== 'null';
}

export function weakSetting(object: Value | undefined, name: string, value: Value, node: ts.Node, flow: Flow): void {
  const text = ts.isExpression(node) ? node.getText() : '';
  const isOff = /(^|=\s*)(false|0)$/.test(text) || textOf(value) === '0';
  if (/^(rejectUnauthorized|strictSSL|verify_ssl)$/.test(name) && isOff) weak('weak-transport', node, `${name} is off`, flow);
  if (name === 'NODE_TLS_REJECT_UNAUTHORIZED' && isOff && (object === undefined || object.taints.length > 0 || object.api === 'process.env')) weak('weak-transport', node, 'certificates are not checked', flow);
  const constant = textOf(value);
  if ((name === 'secureProtocol' && /^(SSLv|TLSv1(_1)?_)/.test(constant ?? '')) || (/^minVersion$/.test(name) && /^(TLSv1|TLSv1\.1|SSLv3)$/.test(constant ?? ''))) weak('weak-transport', node, `${constant} is broken`, flow);
}

/** Whether the hash is of a secret, by the names of what it takes, where it goes and the function that makes it. */
function isForSecret(node: ts.Node): boolean {
  const { chain, target } = surroundings(node);
  return SECRET.test(spaced(chain)) || SECRET.test(spaced(target));
}

function isForGuessing(node: ts.Node): boolean {
  return SECRET.test(spaced(surroundings(node).target)) && !/delay|jitter|backoff|timeout/i.test(surroundings(node).target);
}

/** `resetToken` and `RESET_TOKEN` are words like others. */
function spaced(text: string): string {
  return text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/_/g, ' ');
}

/** The whole chain of calls, and the names of the variables, properties and functions that it is for. */
function surroundings(node: ts.Node): { readonly chain: string; readonly target: string } {
  let at = node;
  while (ts.isPropertyAccessExpression(at.parent) || ts.isCallExpression(at.parent) && at.parent.expression === at) at = at.parent;
  const chain = at.getText().slice(0, 300);
  let target = '';
  for (let depth = 0; at.parent && depth < 30; at = at.parent, depth += 1) {
    const { parent } = at;
    if (ts.isVariableDeclaration(parent) && parent.initializer === at) target += ` ${parent.name.getText()}`;
    else if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken && parent.right === at) target += ` ${parent.left.getText().slice(0, 80)}`;
    else if (ts.isPropertyAssignment(parent)) target += ` ${parent.name.getText()}`;
    if (ts.isFunctionLike(at)) {
      const { name } = at as ts.FunctionDeclaration;
      if (name) target += ` ${name.getText()}`;
      else if (ts.isVariableDeclaration(at.parent)) target += ` ${at.parent.name.getText()}`;
      if (!ts.isCallExpression(at.parent)) break;
    }
  }
  return { chain, target: target.slice(0, 300) };
}
