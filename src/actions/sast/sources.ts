import ts from 'typescript';
import type { Flow } from './program.ts';
import { HARM } from './rules.ts';
import { after, join, UNKNOWN, valueOf, type Role, type SourceKind, type Taint, type Value } from './value.ts';

/** Node takes line breaks from these, or leaves them encoded. */
const ONE_LINE = /^(a header|the (address|host|path)|the name of the window)\b/;
/** Parsers make objects of these alone. */
const OBJECTS = /^(the (query|body)|an uploaded file|a message|a cookie|a part|@(Query|Body|Cookies))\b/;

function safeBy(label: string): number {
  return (ONE_LINE.test(label) ? HARM.log : 0) | (OBJECTS.test(label) ? 0 : HARM.operator);
}

export function source(kind: SourceKind, label: string, node: ts.Node, flow: Flow): Value {
  const { file } = flow.module;
  const line = flow.module.line(node);
  return { taints: [{ key: `${kind}:${file}:${line}:${label}`, kind, label, safe: safeBy(label), isPartial: false, isLeading: true, steps: after(undefined, file, line, `${label} comes from outside`) }] };
}

const REQUEST: { readonly [field: string]: string } = {
  query: 'the query of a request', params: 'a parameter of a request', body: 'the body of a request', rawBody: 'the body of a request', headers: 'a header of a request', cookies: 'a cookie of a request',
  signedCookies: 'a cookie of a request', url: 'the address of a request', originalUrl: 'the address of a request', path: 'the path of a request', pathname: 'the path of a request', hostname: 'the host of a request', host: 'the host of a request',
  files: 'an uploaded file', file: 'an uploaded file', payload: 'the body of a request', querystring: 'the query of a request', search: 'the query of a request', href: 'the address of a request', nextUrl: 'the address of a request',
};
const REQUEST_METHODS: { readonly [method: string]: string } = {
  param: 'a parameter of a request', get: 'a header of a request', header: 'a header of a request', json: 'the body of a request', text: 'the body of a request', formData: 'the body of a request', arrayBuffer: 'the body of a request',
};
const LOCATION: ReadonlySet<string> = new Set(['hash', 'search', 'href', 'pathname']);
/** What a person can't make harmful: the platform has parsed it. */
const HARMLESS: ReadonlySet<string> = new Set(['length', 'size', 'byteLength', 'port', 'protocol', 'statusCode', 'method', 'httpVersion', 'socket', 'connection', 'constructor', 'lastIndex', 'index']);

/** What the property of a value holds. */
export function fieldOf(value: Value, name: string, node: ts.Node | undefined, flow: Flow | undefined): Value {
  // No library calls anything else so.
  if (name === 'entryName' && node && flow) return source('archive', 'a name in an archive', node, flow);
  const role = node && flow ? roleField(value, name, node, flow) : undefined;
  const known = value.fields?.get(name);
  const named = known ?? value.fields?.get('*');
  const module = value.module ? join(value.module.whole, value.module.exports.get(name) ?? UNKNOWN) : undefined;
  const fromModule = value.module?.exports.get(name) ?? (module && module !== value ? fieldOf(value.module!.whole, name, node, flow) : undefined);
  const method = value.instanceOf?.method(name);
  const fields = value.instanceOf ? inherited(value, name) : undefined;
  const statics = value.callables?.map((each) => each.statics.get(name)).find((each) => each !== undefined);
  const api = value.api === undefined || name === 'default' ? value.api : `${value.api}.${name}`;
  let result: Value = valueOf({ api, ...(role ? { role: role.role } : {}) });
  if (role) result = join(result, role);
  for (const each of [named, fromModule, fields, statics, method && { taints: [], callables: [method] }]) if (each) result = join(result, each);
  if (known || HARMLESS.has(name) || method) return result;
  const taints = value.taints.map((taint) => below(taint, name)).filter((taint) => taint !== undefined);
  return taints.length === 0 ? result : join(result, { taints });
}

function inherited(value: Value, name: string): Value | undefined {
  let found: Value | undefined;
  for (let at = value.instanceOf, depth = 0; at && depth < 8; at = at.parent, depth += 1) {
    const field = at.fields.fields?.get(name);
    if (field) found = found ? join(found, field) : field;
  }
  return found;
}

/** What is below a parameter stays known by its place, so that a caller's fields are told apart. */
function below(taint: Taint, name: string): Taint | undefined {
  if (!taint.parameter || taint.isPartial || taint.parameter.path.length >= 3) return taint;
  const path = [...taint.parameter.path, name];
  return { ...taint, key: `${taint.key}.${name}`, label: `${taint.label}.${name}`, parameter: { ...taint.parameter, path } };
}

function roleField({ role }: Value, name: string, node: ts.Node, flow: Flow): Value | undefined {
  switch (role) {
    case 'request': {
      const label = Object.hasOwn(REQUEST, name) ? REQUEST[name] : undefined;
      if (label !== undefined) return source('request', label, node, flow);
      return name === 'req' || name === 'request' || name === 'raw' ? { taints: [], role: 'request' } : name === 'res' || name === 'response' ? { taints: [], role: 'response' } : undefined;
    }
    case 'context': {
      if (name === 'request' || name === 'req') return { taints: [], role: 'request' };
      if (name === 'response' || name === 'res') return { taints: [], role: 'response' };
      const label = Object.hasOwn(REQUEST, name) && name !== 'body' ? REQUEST[name] : undefined;
      return label === undefined ? undefined : source('request', label, node, flow);
    }
    case 'location': return LOCATION.has(name) ? source('page', 'the address of the page', node, flow) : undefined;
    case 'event': return name === 'data' ? source('page', 'a message of another page', node, flow) : undefined;
    case 'entry': return ['path', 'fileName', 'filename', 'name', 'entryName', 'linkpath', 'linkname'].includes(name) ? source('archive', 'a name in an archive', node, flow) : undefined;
    default: return undefined;
  }
}

/** What a method of a request gives. */
export function requestMethod(value: Value, name: string, node: ts.Node, flow: Flow): Value | undefined {
  if (value.role === 'request' && Object.hasOwn(REQUEST_METHODS, name)) return source('request', REQUEST_METHODS[name]!, node, flow);
  if (value.role === 'context' && (name === 'get' || name === 'param' || name === 'query' || name === 'header')) return source('request', 'a part of a request', node, flow);
  return undefined;
}

/** Names that the platform brings. */
export function globalValue(name: string): Value {
  switch (name) {
    case 'process': return { taints: [], api: 'process' };
    case 'location': return { taints: [], role: 'location' };
    case 'window': case 'globalThis': case 'global': case 'self': return { taints: [], api: 'global' };
    case 'document': return { taints: [], api: 'document' };
    case '__dirname': case '__filename': return { taints: [] };
    case 'undefined': case 'NaN': case 'Infinity': return UNKNOWN;
    default: return { taints: [], api: name };
  }
}

/** What an api's name by itself brings. */
export function apiValue(api: string, node: ts.Node, flow: Flow): Value | undefined {
  switch (api) {
    case 'process.argv': return source('command-line', 'the command line', node, flow);
    case 'process.env': return source('environment', 'the environment', node, flow);
    case 'global.location': case 'document.location': return { taints: [], role: 'location' };
    case 'document.URL': case 'document.documentURI': case 'document.referrer': case 'document.baseURI': return source('page', 'the address of the page', node, flow);
    case 'global.name': return source('page', 'the name of the window', node, flow);
    case 'global.document': return { taints: [], api: 'document' };
    case 'global.process': return { taints: [], api: 'process' };
    default: return api.startsWith('global.') ? { taints: [], api: api.slice('global.'.length) } : undefined;
  }
}

const TYPES: readonly (readonly [RegExp, Role])[] = [
  [/^(http2?\.)?(IncomingMessage|Http2ServerRequest)$|^(express\.|fastify\.)?(Fastify)?Request$|^Next(Api)?Request$|^hapi\.Request$/i, 'request'],
  [/^(http2?\.)?(ServerResponse|Http2ServerResponse)$|^(express\.)?Response$|^FastifyReply$|^NextApiResponse$/i, 'response'],
  [/^(Koa\.)?(Parameterized)?Context$/, 'context'],
];

/** What a parameter is, by its type or by the names that everybody gives to it. */
export function roleOf(parameter: ts.ParameterDeclaration, index: number, all: readonly ts.ParameterDeclaration[]): Role | undefined {
  const type = parameter.type && ts.isTypeReferenceNode(parameter.type) ? parameter.type.typeName.getText() : undefined;
  if (type !== undefined) {
    const role = TYPES.find(([pattern]) => pattern.test(type))?.[1];
    if (role === undefined || /^Re(quest|sponse)$/.test(type) && !/^(req|res|request|response|reply|_req|_res)$/.test(nameOf(parameter))) return undefined;
    return role;
  }
  if (parameter.type) return undefined;
  const byUse = contextual(parameter, index);
  if (byUse) return byUse;
  const name = nameOf(parameter);
  const next = all[index + 1] ? nameOf(all[index + 1]!) : '';
  const last = all[index - 1] ? nameOf(all[index - 1]!) : '';
  if (/^_?req(uest)?$/.test(name) && (/^_?(res|resp|response|reply|h|rep)$/.test(next) || all.length === 1 && name === 'req')) return 'request';
  if (/^_?(res|resp|response|reply|rep)$/.test(name) && /^_?req(uest)?$/.test(last)) return 'response';
  if (name === 'ctx') return 'context';
  return undefined;
}

/** By the event, or the server, that the function is written for. */
function contextual(parameter: ts.ParameterDeclaration, index: number): Role | undefined {
  const handler = parameter.parent;
  const call = handler.parent;
  if (!ts.isCallExpression(call) || !call.arguments.some((argument) => argument === handler)) return undefined;
  const callee = call.expression;
  const name = ts.isPropertyAccessExpression(callee) ? callee.name.text : ts.isIdentifier(callee) ? callee.text : '';
  if (name === 'createServer' && call.arguments.length <= 2 && handler.parameters.length === 2) return index === 0 ? 'request' : 'response';
  const [event] = call.arguments;
  if (!/^(on|once|addListener|addEventListener)$/.test(name) || !event || !ts.isStringLiteralLike(event)) return undefined;
  if (event.text === 'request') return index === 0 ? 'request' : index === 1 ? 'response' : undefined;
  if (event.text === 'connection') return index === 0 ? 'socket' : 'request';
  if (event.text === 'entry' && index === 0) return 'entry';
  return event.text === 'message' && name === 'addEventListener' && index === 0 ? 'event' : undefined;
}

function nameOf(parameter: ts.ParameterDeclaration): string {
  return ts.isIdentifier(parameter.name) ? parameter.name.text : '';
}
