import ts from 'typescript';
import { freedByReplacing } from './patterns.ts';
import type { Flow } from './program.ts';
import { ALL_HARM, HARM } from './rules.ts';
import type { Called } from './sinks.ts';
import { requestMethod, source } from './sources.ts';
import { cleaned, concatenated, constant, derived, dirtied, join, taintsIn, textOf, UNKNOWN, withField, type Value } from './value.ts';

/** Give numbers, truths or what says nothing of the text. */
const HARMLESS = /^(Number|Boolean|BigInt|Symbol|parseInt|parseFloat|isNaN|isFinite|Date|Date\.(now|parse|UTC)|Math\..*|Number\..*|Array\.isArray|performance\..*|crypto\..*|os\..*|Object\.(is|isFrozen|hasOwn)|Intl\..*|path\.(isAbsolute|sep)|fs\.(existsSync|statSync|lstatSync|accessSync|stat|lstat|access|readFileSync|readFile|readdirSync|readdir)|fs\.promises\..*|url\.URL\(\)\.port|uuid\..*|bcrypt.*|TextEncoder)$/;
const HARMLESS_METHODS: ReadonlySet<string> = new Set(['indexOf', 'lastIndexOf', 'includes', 'startsWith', 'endsWith', 'test', 'charCodeAt', 'codePointAt', 'localeCompare', 'getTime', 'toFixed', 'search', 'has', 'some', 'every', 'findIndex', 'digest', 'push', 'unshift', 'isFile', 'isDirectory', 'hasOwnProperty', 'listen', 'delete', 'size', 'count', 'equals', 'readUInt8', 'readUInt16LE', 'readUInt32LE', 'readUInt32BE', 'readUInt16BE']);
/** Give back what they were given, in another form. */
const KEEPS = /^(String|Object|Array|Array\.(from|of)|Buffer|Buffer\.(from|concat|alloc|allocUnsafe)|Object\.(assign|entries|values|keys|fromEntries|freeze|create|getOwnPropertyNames)|Reflect\.ownKeys|JSON\.(parse|stringify)|decodeURIComponent|decodeURI|unescape|escape|encodeURI|encodeURIComponent|URL|url\.(URL|parse|resolve|format|fileURLToPath)|URLSearchParams|querystring\.(parse|decode|unescape|stringify)|qs\.(parse|stringify)|util\.(format|inspect)|path\..*|Promise\.(resolve|all|race|any|allSettled)|structuredClone|Set|Map|TextDecoder|atob|btoa|minimist|yargs.*|optimist.*|lodash\.(merge|extend|assign|clone|cloneDeep|defaults|trim|get|pick|omit|map|template|join|values|flatten|compact)|_\.(merge|extend|assign|clone|cloneDeep|defaults|trim|get|pick|omit|map|flatten|compact|values)|xtend|extend|object-assign|merge|slash|deepmerge|Error|parseurl|parseurl\.original|qs|co-body.*|raw-body.*|get-stdin|shell-quote\.parse|ini\.parse|he\.decode|html-entities\.decode|normalize-path|upath\..*|pathe\..*)$/;
const ESCAPES: readonly (readonly [RegExp, number])[] = [
  [/^(encodeURIComponent|querystring\.(escape|stringify|encode)|qs\.stringify)$/, HARM.html | HARM.address | HARM.redirect | HARM.path | HARM.root],
  [/^(escape-html|lodash\.escape|_\.escape|he\.(encode|escape)|validator\.escape|sanitize-html|dompurify\.sanitize|DOMPurify\.sanitize|isomorphic-dompurify\.sanitize|xss|html-entities\.encode|entities\.(encode|escape)\w*|ent\.encode|insane|xss-filters\..*|html-escaper\.escape|handlebars\.(escapeExpression|Utils\.escapeExpression)|Handlebars\.(escapeExpression|Utils\.escapeExpression)|CSS\.escape|markupsafe\.escape)$/, HARM.html],
  [/^(shell-quote(\.quote)?|shell-escape|shellescape|shelljs\.escape|any-shell-escape|puka(\..*)?|shell-escape-tag|shellwords\.escape)$/, HARM.command],
  [/^(mysql2?\.(escape|escapeId|format)|sqlstring\.(escape|escapeId|format)|pg-format(\..*)?|pg\.(escapeLiteral|escapeIdentifier)|pg-escape(\..*)?|sql-template-strings|sql-escape-string|mysql2?\.(createConnection|createPool)\(\)\.(escape|escapeId))$/, HARM.sql],
  [/^(sanitize-filename|filenamify|path\.(basename|extname)|path\.(posix|win32)\.basename|slugify|@sindresorhus\.slugify|filenamify-url|path-sanitizer)$/, HARM.path | HARM.root],
  [/^(lodash\.escapeRegExp|_\.escapeRegExp|escape-string-regexp|RegExp\.escape|regexp\.escape|lodash\.escaperegexp)$/, HARM.pattern],
  [/^(mongo-sanitize|express-mongo-sanitize\.sanitize|(mongodb|mongoose\.Types|mongoose|bson)\.ObjectI[dD](\.createFromHexString)?|mongoose\.sanitizeFilter)$/, HARM.operator | HARM.script],
  [/^(is-path-inside|path-is-inside|slugify|limax|speakingurl)$/, ALL_HARM],
];
/** What nobody here can look into says by its name what it does. */
const ESCAPES_BY_NAME: readonly (readonly [RegExp, number])[] = [
  [/^(escape|encode|sanitize)_?(html|xml|entities|attr|markup)\w*$|^h?tml_?(escape|encode|entities)$|^escapeExpression$/i, HARM.html],
  [/^(escape|quote)_?(shell|cmd|command)?_?args?(ument)?s?$|^shell_?(escape|quote)$/i, HARM.command],
  [/^(escape_?(id|identifier|literal|sql)|quote_?(ident|identifier|literal|name))$/i, HARM.sql],
  [/^(escape|quote)_?reg(ular)?_?exp?\w*$/i, HARM.pattern],
  [/^(escape|sanitize|clean|strip)_?(for_?)?(logs?|log_?(line|message|value)|new_?lines?|line_?breaks?|control\w*)$/i, HARM.log],
  [/^sanitize_?(file_?name|path)$/i, HARM.path | HARM.root],
];

/** What a call gives back that leads out of the code that is looked at. */
export function modelled(called: Called, flow: Flow): Value {
  const { api, args, name, object, node } = called;
  const all = derived(...args);
  const constructed = { taints: [], api: `${api}()` };
  const fromRequest = object && requestMethod(object, name, node, flow);
  if (fromRequest) return fromRequest;
  const byName = ESCAPES.find(([pattern]) => pattern.test(api))?.[1] ?? ESCAPES_BY_NAME.find(([pattern]) => pattern.test(name))?.[1];
  if (byName !== undefined) return cleaned(joinedText(args[0] ?? all), byName);
  if (/^(Number|parseInt|parseFloat|BigInt|Number\.(parseInt|parseFloat))$/.test(api)) return numbered(all);
  if (HARMLESS.test(api) && !/^(crypto|os)\.\w+\(\)/.test(api)) return api === 'crypto.createHash' || /^(fs|os|path)/.test(api) ? constructed : UNKNOWN;
  if (/^util\.promisify$|^(bluebird|Promise|es6-promisify|pify|util-promisify|thenify|promisify)(\.promisify|\.promisifyAll|\.denodeify|\.nfbind)?$/.test(api) && args[0]?.api !== undefined && node.kind === ts.SyntaxKind.CallExpression) return args[0];
  if (/^zod(\.z)?\.|^z\./.test(api)) return schema(called);
  if (/^path\.(join|resolve|normalize|relative|posix\.\w+|win32\.\w+)$/.test(api)) return path(name, args);
  if (/^(JSON\.stringify)$/.test(api)) return cleanedWhole(all);
  if (api === 'decodeURIComponent' || api === 'unescape' || api === 'decodeURI') return dirtied(all, HARM.html | HARM.address | HARM.redirect | HARM.path);
  if (/^(Array\.prototype|\(\))\.\w+\.(call|apply)$/.test(api)) return args[0] ?? UNKNOWN;
  if (api === 'Object.assign' || /^(lodash|_)\.(assign|extend|defaults|merge|clone|cloneDeep)$|^(xtend|extend|object-assign|deepmerge)$/.test(api)) return args.reduce((a, b) => join(a, b), UNKNOWN);
  if (api === 'Object.keys' || api === 'Reflect.ownKeys') return { taints: args[0]?.taints ?? [] };
  if (/^(URL|url\.URL)$/.test(api)) return address(args);
  if (/^url\.parse$/.test(api)) return { ...all, shape: '\0' };
  if (/^(String)$/.test(api)) return args[0]?.shape === undefined ? cleaned({ taints: taintsIn(args[0] ?? UNKNOWN), shape: '\0' }, HARM.operator) : args[0];
  if (/^util\.format$/.test(api)) return { ...concatenated([...args]), shape: (args[0]?.shape ?? '').replace(/%[sdifjoO]/g, '\0') };
  if (/^(Promise\.resolve|Object\.freeze|structuredClone)$/.test(api)) return args[0] ?? UNKNOWN;
  if (/^Promise\.(all|race|any|allSettled)$/.test(api)) return args[0] ?? UNKNOWN;
  if (/^Buffer\.from$/.test(api)) return textOf(args[0] ?? UNKNOWN) === undefined ? all : constant(textOf(args[0] ?? UNKNOWN) ?? '');
  if (KEEPS.test(api)) return join(all, constructed);
  const byMethod = object && method(called);
  if (byMethod) return byMethod;
  // A package's function whose name says that it changes the form of what it gets.
  if (!api.startsWith('(') && /^(parse|decode|format|trim|merge|extend|assign|clone|normalize|join|concat|stringify|template|unescape|resolve|interpolate|compile|replace|camel\w*|kebab\w*|snake\w*|lower\w*|upper\w*|pad\w*|indent|dedent|strip\w*)$/i.test(name)) return join(all, constructed);
  return constructed;
}

function joinedText(value: Value): Value {
  return { taints: taintsIn(value), shape: value.shape ?? '\0' };
}

/** JSON has no tags but those in its texts, and is no page by itself. */
function cleanedWhole(value: Value): Value {
  return cleaned(value, HARM.html | HARM.operator | HARM.log);
}

/** A number does no harm by its form; but it may be somebody else's. */
function numbered(value: Value): Value {
  const owned = value.taints.filter(({ kind, safe }) => kind === 'request' && (safe & HARM.owner) === 0);
  return owned.length === 0 ? UNKNOWN : cleaned({ taints: owned }, ALL_HARM & ~HARM.owner);
}

function path(name: string, args: readonly Value[]): Value {
  const joined = concatenated(args.flatMap((arg, index) => (index === 0 ? [arg] : [constant('/'), arg])));
  if (name === 'relative') return { taints: derived(...args).taints, shape: '\0' };
  // An absolute path begins anew, so the last that is one decides alone; `join` begins with the first.
  return name === 'normalize' ? { ...joined, taints: derived(...args).taints } : joined;
}

function address(args: readonly Value[]): Value {
  const [first, base] = args;
  const given = first ?? UNKNOWN;
  const parsed: Value = { taints: taintsIn(given), ...(given.shape === undefined ? {} : { shape: given.shape }) };
  // The platform takes "../" out of it; what is still encoded comes back with decodeURIComponent.
  return base ? withField(parsed, 'pathname', cleaned({ taints: parsed.taints }, HARM.path | HARM.address)) : withField(parsed, 'pathname', cleaned({ taints: parsed.taints }, HARM.path));
}

/** zod: what comes out of a schema is as harmless as the schema is narrow. */
function schema({ api, name, args, object }: Called): Value {
  if (/^(parse|parseAsync|safeParse|safeParseAsync)$/.test(name)) {
    const shaped = shapedBy(object ?? UNKNOWN, args[0] ?? UNKNOWN);
    return name.startsWith('safe') ? { taints: [], fields: new Map([['data', shaped]]) } : shaped;
  }
  const fields = args[0]?.fields ?? object?.fields;
  return { taints: [], api: `${api}()`, ...(fields ? { fields } : {}) };
}

function shapedBy(by: Value, value: Value): Value {
  const made = by.api ?? '';
  if (/\b(number|int|boolean|enum|nativeEnum|literal|bigint|date|uuid|cuid2?|ulid|ip|stringbool)\(\)/.test(made) && !/\bunion\(/.test(made)) return UNKNOWN;
  if (/\bobject\(\)|\bstrictObject\(\)/.test(made) && by.fields) return { taints: [], fields: new Map([...by.fields].map(([name, field]) => [name, shapedBy(field, { taints: taintsIn(value) })])) };
  return /\bstring\(\)/.test(made) ? cleaned({ taints: taintsIn(value) }, HARM.operator | (/\b(max|length)\(\)/.test(made) ? HARM.backtracking : 0)) : { taints: taintsIn(value) };
}

/** Methods that everything in JavaScript has: of texts, lists and maps. */
function method({ name, object, args, api }: Called): Value | undefined {
  const self = object ?? UNKNOWN;
  if (HARMLESS_METHODS.has(name)) return UNKNOWN;
  const isOpen = taintsIn(self).length > 0 || taintsIn(derived(...args)).length > 0 || self.shape !== undefined;
  if (!isOpen) return undefined;
  switch (name) {
    case 'concat': return self.shape === undefined && self.fields ? args.reduce((a, b) => join(a, b), self) : concatenated([self, ...args]);
    case 'join': return list(self, args[0] ? textOf(args[0]) ?? '\0' : ',');
    case 'replace': case 'replaceAll': return replaced(self, args, name === 'replaceAll');
    case 'toString': return textOf(args[0] ?? UNKNOWN) === 'hex' || textOf(args[0] ?? UNKNOWN) === 'base64' || Number(textOf(args[0] ?? UNKNOWN)) > 1 ? cleaned({ taints: taintsIn(self) }, ALL_HARM) : cleaned({ taints: taintsIn(self), shape: self.shape ?? '\0' }, HARM.operator);
    case 'toLowerCase': case 'toUpperCase': case 'trim': case 'trimEnd': case 'trimStart': case 'normalize': return cleaned({ taints: taintsIn(self), shape: self.shape ?? '\0' }, HARM.operator);
    case 'repeat': case 'padStart': case 'padEnd': case 'slice': case 'substring': case 'substr': case 'at': case 'charAt': return self.fields ? self : cleaned({ taints: self.taints, shape: '\0' }, HARM.operator | (args.length > 1 ? HARM.backtracking : 0));
    case 'escape': case 'escapeId': case 'escapeLiteral': case 'escapeIdentifier': return cleaned({ taints: derived(...args).taints }, name === 'escape' ? HARM.sql | HARM.html : HARM.sql);
    case 'get': case 'getAll': return taintsIn(self).length > 0 ? named(self, args) : undefined;
    case 'split': case 'match': case 'exec': case 'matchAll': return { taints: taintsIn(name === 'exec' ? derived(...args) : self) };
    case 'keys': case 'values': case 'entries': case 'reverse': case 'sort': case 'filter': case 'flat': case 'find': case 'pop': case 'shift': case 'splice': case 'concatMap': return self;
    case 'setEncoding': case 'pipe': case 'on': case 'once': return self;
    default:
      // What is made by a method of something from outside is from outside too.
      return taintsIn(self).length > 0 ? { taints: taintsIn(self) } : args.length > 0 && api.startsWith('String.') ? derived(...args) : undefined;
  }
}

function named(self: Value, args: readonly Value[]): Value {
  const key = textOf(args[0] ?? UNKNOWN);
  const known = key === undefined ? undefined : self.fields?.get(key);
  return known ?? { taints: taintsIn(self) };
}

function list(self: Value, separator: string): Value {
  const items = [...self.fields ?? []].filter(([key]) => /^\d+$|^\*$/.test(key)).map(([, value]) => value);
  const parts = items.flatMap((item, index) => (index === 0 ? [item] : [constant(separator), item]));
  const joined = concatenated(items.length > 1 ? parts : [...items, ...(self.taints.length > 0 ? [{ taints: self.taints }] : []), constant(separator === '' ? '' : '\0')]);
  return { ...joined, taints: join({ taints: self.taints }, joined).taints };
}

function replaced(self: Value, args: readonly Value[], isAll: boolean): Value {
  const pattern = textOf(args[0] ?? UNKNOWN);
  const by = args[1] ?? UNKNOWN;
  const regex = pattern !== undefined && /^\/.+\/\w*$/s.test(pattern) ? pattern : pattern !== undefined && isAll ? `/${pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}/g` : undefined;
  const bits = regex === undefined ? 0 : freedByReplacing(regex, textOf(by));
  const own = cleaned({ taints: taintsIn(self) }, bits);
  // The shape of a text in which a mark is replaced by what comes from outside stays that of the text.
  return { taints: join(own, { taints: taintsIn(by).map((taint) => (self.shape === undefined ? taint : { ...taint, isPartial: true })) }).taints, shape: self.shape === undefined ? '\0' : taintsIn(by).length > 0 && pattern !== undefined ? self.shape.split(pattern).join('\0') : self.shape };
}

/** What a function that is handed to others is called with, by what is known of them. */
export function callbackArguments(called: Called, flow: Flow): readonly Value[] | undefined {
  const { api, name, object, args, node } = called;
  const self = object ?? UNKNOWN;
  const item = elements(self);
  switch (name) {
    case 'map': case 'forEach': case 'filter': case 'find': case 'some': case 'every': case 'flatMap': case 'findIndex': case 'findLast': case 'each': return [item, { taints: [] }, self];
    case 'reduce': case 'reduceRight': return [join(args[1] ?? UNKNOWN, item), item, UNKNOWN];
    case 'sort': return [item, item];
    case 'replace': case 'replaceAll': return [{ taints: taintsIn(self) }, { taints: taintsIn(self) }, { taints: taintsIn(self) }];
    case 'then': case 'finally': return [self];
    case 'catch': return [UNKNOWN];
    default:
  }
  const event = textOf(args[0] ?? UNKNOWN);
  if (/^(on|once|addListener|addEventListener|prependListener)$/.test(name) && event !== undefined) {
    if (event === 'request' || event === 'checkContinue') return [{ taints: [], role: 'request' }, { taints: [], role: 'response' }];
    if (event === 'connection' || event === 'connect') return [{ taints: [], role: 'socket' }, { taints: [], role: 'request' }];
    if (event === 'entry') return [{ taints: [], role: 'entry' }, UNKNOWN, UNKNOWN];
    if (self.role === 'request' && (event === 'data' || event === 'body')) return [source('request', 'the body of a request', node, flow)];
    if (self.role === 'socket' && event !== 'error' && event !== 'close' && event !== 'disconnect') return [source('message', 'a message', node, flow), UNKNOWN];
    if (event === 'message' && /^(global|window|self|addEventListener)/.test(self.api ?? api)) return [{ taints: [], role: 'event' }];
    return [UNKNOWN, UNKNOWN];
  }
  if (/^https?\.createServer$|^http2\.create(Secure)?Server$|^createServer$/.test(api)) return [{ taints: [], role: 'request' }, { taints: [], role: 'response' }];
  if (/^(express|fastify|restify|polka|router|koa-router|@koa\.router|find-my-way|connect|restana|tinyhttp|@tinyhttp\.app)\b/.test(api) && /^(get|post|put|delete|patch|all|use|head|options|route|param|del|on)$/.test(name)) {
    if (/^@?koa/.test(api)) return [{ taints: [], role: 'context' }, UNKNOWN];
    return [{ taints: [], role: 'request' }, { taints: [], role: 'response' }, UNKNOWN];
  }
  if (/^koa\(\)\.use$/.test(api)) return [{ taints: [], role: 'context' }, UNKNOWN];
  if (/^(fs|child_process|dns|net|os|crypto|zlib|timers|setTimeout|setInterval|setImmediate|process|queueMicrotask)(\.|$)/.test(api)) return [UNKNOWN, UNKNOWN, UNKNOWN];
  return undefined;
}

function elements(self: Value): Value {
  let item: Value = { taints: self.taints };
  for (const field of self.fields?.values() ?? []) item = join(item, field);
  return item;
}
