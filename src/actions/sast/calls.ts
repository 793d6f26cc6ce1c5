import ts from 'typescript';
import { bare } from './bare.ts';
import { placeOf } from './guards.ts';
import type { Callable } from './callable.ts';
import { evaluate, property } from './expressions.ts';
import { required } from './imports.ts';
import { callbackArguments, modelled } from './models.ts';
import { joined, type Flow } from './program.ts';
import { isHarmed } from './rules.ts';
import { checkCall, type Called } from './sinks.ts';
import { fieldOf } from './sources.ts';
import { summaryOf } from './summaries.ts';
import { after, derived, join, joinTaints, stepped, taintsIn, textOf, UNKNOWN, valueOf, withField, type Taint, type Value } from './value.ts';

/** What a call gives back; the harm that it may do is taken note of. */
export function call(node: ts.CallExpression | ts.NewExpression, flow: Flow): Value {
  const callee = bare(node.expression);
  const args = argumentsOf(node, flow);
  if (callee.kind === ts.SyntaxKind.ImportKeyword || ts.isIdentifier(callee) && callee.text === 'require' && !flow.module.variable(callee)) {
    const specifier = textOf(args[0] ?? UNKNOWN);
    return specifier === undefined ? UNKNOWN : required(specifier, flow);
  }
  const isMethod = ts.isPropertyAccessExpression(callee) || ts.isElementAccessExpression(callee);
  const object = isMethod ? evaluate(callee.expression, flow) : undefined;
  const name = ts.isPropertyAccessExpression(callee) ? callee.name.text : ts.isIdentifier(callee) ? callee.text : ts.isElementAccessExpression(callee) ? textOf(evaluate(callee.argumentExpression, flow)) ?? '' : '';
  const target = object && name !== '' ? property(object, name, callee, flow) : evaluate(callee, flow);
  const indirect = object && asIndirect(name, object, args, node, flow);
  if (indirect) return indirect;

  const own = callablesOf(target, object, name, flow);
  // A name of one's own for a function of a package means that function.
  const called: Called = { node, name: name === '' || !object && target.api !== undefined ? nameOfApi(target.api) : name, api: target.api ?? (object ? `().${name}` : name), object, args, isOwn: own.length > 0 };
  checkCall(called, flow);
  handOver(called, own.length > 0, flow);
  if (object && ts.isPropertyAccessExpression(callee)) mutate(callee.expression, name, object, args, flow);
  if (own.length === 0) {
    recordCallback(target, args);
    const result = withRole(modelled(called, flow), called);
    const given = results(called, flow);
    return given ? join(result, given) : result;
  }
  let result: Value = UNKNOWN;
  for (const callable of own) result = join(result, invoke(callable, args, node, flow, ts.isNewExpression(node)));
  return result;
}

function nameOfApi(api: string | undefined): string {
  return api?.replace(/^.*\./, '').replace(/\(\)$/, '') ?? '';
}

function argumentsOf(node: ts.CallExpression | ts.NewExpression, flow: Flow): readonly Value[] {
  const args: Value[] = [];
  for (const argument of node.arguments ?? []) {
    const value = evaluate(argument, flow);
    if (!ts.isSpreadElement(argument)) args.push(value);
    else for (let index = 0; index < 4; index += 1) args.push(join({ taints: value.taints }, value.fields?.get(String(index)) ?? value.fields?.get('*') ?? UNKNOWN));
  }
  return args;
}

/** `f.call(this, …)`, `f.apply(this, […])`, `f.bind(this)`, and what calls its first argument. */
function asIndirect(name: string, object: Value, args: readonly Value[], node: ts.CallExpression | ts.NewExpression, flow: Flow): Value | undefined {
  if (name === 'bind' && (object.callables || object.api !== undefined)) return object;
  if (!object.callables || name !== 'call' && name !== 'apply') return undefined;
  const given = name === 'call' ? args.slice(1) : [0, 1, 2, 3, 4].map((index) => fieldOf(args[1] ?? UNKNOWN, String(index), node, flow));
  let result: Value = UNKNOWN;
  for (const callable of object.callables) result = join(result, invoke(callable, given, node, flow, false, name === 'call' ? 1 : undefined));
  return result;
}

const COMMON: ReadonlySet<string> = new Set(['get', 'set', 'has', 'add', 'delete', 'clear', 'push', 'pop', 'shift', 'map', 'filter', 'forEach', 'find', 'some', 'every', 'reduce', 'join', 'split', 'slice', 'concat', 'replace', 'match', 'test', 'toString', 'then', 'catch', 'finally', 'call', 'apply', 'bind', 'on', 'once', 'emit', 'off', 'keys', 'values', 'entries', 'trim', 'sort', 'indexOf', 'includes', 'close', 'end', 'write', 'pipe', 'parse', 'stringify', 'log', 'next', 'return', 'constructor', 'valueOf', 'hasOwnProperty', 'toJSON', 'destroy', 'resolve', 'reject', 'startsWith', 'endsWith', 'splice', 'unshift', 'reverse', 'keys', 'send', 'json', 'status', 'listen', 'use', 'error', 'exec', 'create', 'update', 'length', 'name']);
const MOST_BY_NAME = 16;
const MOST_HANDINGS = 3;

/** Which functions of the code a call may reach: the ones that are known, or those that are offered under this name. */
function callablesOf(target: Value, object: Value | undefined, name: string, flow: Flow): readonly Callable[] {
  if (target.callables && target.callables.length > 0) return target.callables;
  if (!object || target.api !== undefined || object.role !== undefined || object.shape !== undefined || COMMON.has(name) || name === '') return [];
  const offered = flow.program.offered(name);
  return offered.length <= MOST_BY_NAME ? offered : [];
}

/** Gives a function of the code its arguments. @param shift how many arguments stand before the first that it gets. */
export function invoke(callable: Callable, args: readonly Value[], node: ts.Node, flow: Flow, isNew: boolean, shift: number | undefined = 0): Value {
  const { program } = flow;
  if (program.depth > 30) return UNKNOWN;
  program.spend();
  const made: Value = { taints: [], instanceOf: callable };
  if (!callable.body) {
    return callable.parent ? join(made, invoke(callable.parent, args, node, flow, isNew, shift)) : made;
  }
  program.depth += 1;
  try {
    const summary = summaryOf(callable, flow);
    const find = (taint: Taint): Value => located(taint, callable, args, node, flow);
    const name = callable.name === '' ? 'a function' : `${callable.name}()`;
    // What is found on the way is added to the same lists: each is gone through as it stands now.
    const [reaches, callbacks] = [[...summary.reaches.values()], [...summary.callbacks.values()]];
    for (const reach of reaches) {
      const index = reach.taint.parameter?.index ?? 0;
      const argument = shift === undefined || !('arguments' in node) ? undefined : (node as ts.CallExpression).arguments?.[index + shift];
      for (const taint of taintsIn(find(reach.taint))) {
        const safe = taint.safe | reach.taint.safe;
        const isLeading = taint.isLeading && reach.taint.isLeading;
        if (!isHarmed(reach.rule, { safe, isLeading })) continue;
        const there = argument && !reach.taint.isPartial && reach.rule !== 'prototype-pollution' ? { file: flow.module.file, line: flow.module.line(argument), column: flow.module.column(argument) } : { file: reach.file, line: reach.line, column: reach.column };
        program.arrive({ ...reach, ...there, taint: { ...taint, safe, isLeading, isPartial: taint.isPartial || reach.taint.isPartial }, steps: joined(after(undefined, flow.module.file, flow.module.line(argument ?? node), `it is handed to ${name}`), reach.steps) });
      }
    }
    for (const callback of callbacks) called(callback.taint, callback.args, callable, args, node, flow);
    if (summary.validates && shift === 0 && ts.isCallExpression(node)) {
      summary.validates.forEach((bits, index) => {
        const argument = node.arguments[index];
        const place = argument && bits !== 0 ? placeOf(argument, flow) : undefined;
        if (place !== undefined) flow.env.clean(place, bits);
      });
    }
    if (isNew) return join(made, ts.isClassLike(callable.node) ? UNKNOWN : substituted(summary.returned, callable, args, node, flow));
    return stepped(substituted(summary.returned, callable, args, node, flow), flow.module.file, flow.module.line(node), `it comes back from ${name}`);
  } finally {
    program.depth -= 1;
  }
}

/** A function that was handed in is called by the one that got it. */
function called(taint: Taint, given: readonly Value[], callable: Callable, args: readonly Value[], node: ts.Node, flow: Flow): void {
  const value = located(taint, callable, args, node, flow);
  const handed = given.map((each) => substituted(each, callable, args, node, flow));
  recordCallback(value, handed);
  // Functions that hand each other to each other would never come to an end.
  if (flow.program.handing >= MOST_HANDINGS) return;
  flow.program.handing += 1;
  try {
    for (const each of value.callables ?? []) if (!each.isUnderWay) invoke(each, handed, node, flow, false, undefined);
  } finally {
    flow.program.handing -= 1;
  }
}

/** What a parameter's own parts hold at this call. */
function located({ parameter }: Taint, callable: Callable, args: readonly Value[], node: ts.Node, flow: Flow): Value {
  if (!parameter || parameter.of !== callable) return UNKNOWN;
  const [first, ...rest] = parameter.path;
  let value = first === '...' ? derived(...args.slice(parameter.index)) : args[parameter.index] ?? UNKNOWN;
  for (const name of first === '...' || first === undefined ? rest.slice(1) : parameter.path) value = fieldOf(value, name, node, flow);
  return value;
}

function substituted(value: Value, callable: Callable, args: readonly Value[], node: ts.Node, flow: Flow, depth = 0): Value {
  if (depth > 3 || !holdsParameter(value, callable, depth)) return value;
  let result: Value = valueOf({ ...value, taints: value.taints.filter(({ parameter }) => parameter?.of !== callable) });
  for (const taint of value.taints) {
    if (taint.parameter?.of !== callable) continue;
    const given = located(taint, callable, args, node, flow);
    const isSame = !taint.isPartial && taint.safe === 0 && value.shape === undefined;
    if (isSame) result = join(result, given);
    else {
      result = { ...result, taints: joinTaints(result.taints, taintsIn(given).map((each) => ({ ...each, safe: each.safe | taint.safe, isPartial: each.isPartial || taint.isPartial, isLeading: each.isLeading && taint.isLeading }))) };
    }
  }
  if (value.fields) result = { ...result, fields: new Map([...result.fields ?? []].map(([name, field]) => [name, substituted(field, callable, args, node, flow, depth + 1)])) };
  return result;
}

function holdsParameter(value: Value, callable: Callable, depth: number): boolean {
  for (const { parameter } of value.taints) if (parameter?.of === callable) return true;
  if (value.fields && depth <= 3) for (const field of value.fields.values()) if (holdsParameter(field, callable, depth + 1)) return true;
  return false;
}

function recordCallback(target: Value, args: readonly Value[]): void {
  for (const taint of target.taints) {
    const summary = taint.parameter?.of.summary;
    if (!summary || taint.isPartial || summary.callbacks.size >= 8) continue;
    const key = taint.key;
    const there = summary.callbacks.get(key);
    summary.callbacks.set(key, there ? { taint, args: args.map((arg, index) => join(arg, there.args[index] ?? UNKNOWN)) } : { taint, args });
  }
}

/** Functions among the arguments are called in their turn, with what is known or feared. */
function handOver(calling: Called, isOwn: boolean, flow: Flow): void {
  if (isOwn) return;
  const { args, node } = calling;
  const functions = [...args.entries()].flatMap(([index, arg]) => [...arg.callables ?? [], ...handlers(arg)].map((callable) => ({ index, callable })));
  const handed = args.filter(({ taints }) => taints.some(({ parameter }) => parameter));
  if (functions.length === 0 && handed.length === 0) return;
  const given = callbackArguments(calling, flow) ?? feared(calling);
  for (const { callable } of functions) if (!callable.isUnderWay) invoke(callable, given, node, flow, false, undefined);
  if (given.some(({ taints, role }) => taints.length > 0 || role)) for (const each of handed) recordCallback(each, given);
}

/** `{ method, path, handler }`, as hapi and fastify are given their routes. */
function handlers({ fields }: Value): readonly Callable[] {
  return fields?.get('handler')?.callables ?? [];
}

/** Who knows nothing of a function supposes that it passes on what it got: an error first, as is the custom. */
function feared({ args, name, object }: Called): readonly Value[] {
  const routed = /^(route|get|post|put|patch|delete|all|use)$/.test(name) && args.some(({ fields }) => fields?.has('handler'));
  if (routed) return [{ taints: [], role: 'request' }, { taints: [], role: 'response' }];
  const all = derived(...args.filter(({ callables }) => !callables), object ?? UNKNOWN);
  return [UNKNOWN, all, all];
}

/** What methods give back that hand their callback's answer on. */
function results({ name, api, args, object, node }: Called, flow: Flow): Value | undefined {
  if (api === 'Promise') return settled(args[0], flow);
  if (!/^(map|flatMap|then|catch|reduce|finally)$/.test(name)) return undefined;
  let result: Value = UNKNOWN;
  const self = object ?? UNKNOWN;
  let item: Value = { taints: self.taints };
  for (const field of self.fields?.values() ?? []) item = join(item, field);
  for (const arg of args) {
    for (const callable of arg.callables ?? []) {
      if (callable.isUnderWay) continue;
      const value = substituted(summaryOf(callable, flow).returned, callable, name === 'reduce' ? [join(args[1] ?? UNKNOWN, item), item] : [name === 'then' ? self : item], node, flow);
      result = join(result, name === 'map' ? withField(UNKNOWN, '*', value) : value);
    }
  }
  return result;
}

/** `new Promise((resolve) => …)`: what `resolve` is called with. */
function settled(executor: Value | undefined, flow: Flow): Value | undefined {
  let result: Value | undefined;
  for (const callable of executor?.callables ?? []) {
    for (const { taint, args: [value] } of summaryOf(callable, flow).callbacks.values()) {
      if (taint.parameter?.of === callable && taint.parameter.index === 0 && value) result = result ? join(result, value) : value;
    }
  }
  return result;
}

/** Lists and maps are changed where they lie. */
function mutate(holder: ts.Expression, name: string, object: Value, args: readonly Value[], flow: Flow): void {
  if (!/^(push|unshift|add|set|append|fill)$/.test(name) || !ts.isIdentifier(holder)) return;
  const variable = flow.module.variable(holder);
  const added = derived(...args);
  if (!variable || added.taints.length === 0 && !args.some(({ callables, shape }) => callables || shape !== undefined)) return;
  const value = args.reduce((changed, arg) => withField(changed, '*', arg), object);
  flow.env.set(variable, value);
  flow.program.hold(variable, value);
}

/** What answers a request gives itself back, to be told more. */
function withRole(value: Value, { object, name }: Called): Value {
  return object?.role === 'response' && /^(status|type|set|setHeader|header|code|cookie|append|vary|attachment|contentType|writeHead)$/.test(name) ? { ...value, role: 'response' } : value;
}

