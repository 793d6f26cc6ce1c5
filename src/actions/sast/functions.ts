import ts from 'typescript';
import { bind } from './assignments.ts';
import { emptySummary, type Callable, type FunctionNode, type Summary } from './callable.ts';
import { Environment } from './environment.ts';
import { evaluate, nameOf } from './expressions.ts';
import { assume, placeOf } from './guards.ts';
import { Exhausted, type End, type Flow } from './program.ts';
import { roleOf, source } from './sources.ts';
import { execute } from './statements.ts';
import { join, UNKNOWN, valueOf, withField, type Value } from './value.ts';

const DEEPEST = 40;

/** A function where it is written: it sees what holds there. */
export function functionValue(node: ts.FunctionLikeDeclaration, flow: Flow): Value {
  const callable = flow.program.callableOf(node, flow.module, functionName(node));
  callable.scope = flow.env;
  if (ts.isArrowFunction(node)) {
    if (flow.self) callable.self = flow.self;
  } else if (!ts.isMethodDeclaration(node)) callable.self ??= { taints: [], instanceOf: callable };
  if (callable.met !== flow.program.round && !callable.isUnderWay) {
    callable.met = flow.program.round;
    const end = analyse(callable, flow.env, flow);
    if (end) flow.env.merge([end, new Environment(flow.env)]);
  }
  return { taints: [], callables: [callable] };
}

/** A function that is declared: it is looked at when it is called first, or at the end of its block. */
export function declared(node: FunctionNode, flow: Flow): Callable {
  const callable = flow.program.callableOf(node, flow.module, functionName(node));
  if (ts.isFunctionDeclaration(node)) callable.self ??= { taints: [], instanceOf: callable };
  return callable;
}

function functionName(node: FunctionNode): string {
  const { parent } = node;
  if (node.name && 'text' in node.name) return node.name.text;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)) return parent.name.getText();
  return ts.isBinaryExpression(parent) ? parent.left.getText() : '';
}

/** Follows a function's body with what its parameters may bring left open. @returns what holds at its end. */
export function analyse(callable: Callable, scope: Environment | undefined, { program, self }: Pick<Flow, 'program' | 'self'>): Environment | undefined {
  const { body: node } = callable;
  if (!node || program.depth > DEEPEST) return undefined;
  const summary = emptySummary();
  for (const [key, reach] of callable.round === program.round ? callable.summary?.reaches ?? [] : callable.early) summary.reaches.set(key, reach);
  callable.early.clear();
  callable.previous = callable.summary;
  callable.summary = summary;
  callable.round = program.round;
  callable.isUnderWay = true;
  program.depth += 1;
  const flow: Flow = {
    program, module: callable.module, callable, env: new Environment(scope), ends: { returned: UNKNOWN, open: [], places: [] },
    self: ts.isClassLike(callable.node) ? { taints: [], instanceOf: callable } : callable.self ?? self,
  };
  try {
    program.measured(() => {
      node.parameters.forEach((parameter, index) => bindParameter(parameter, index, node, callable, flow));
      flow.ends?.places.push(...node.parameters.map(({ name }) => (ts.isIdentifier(name) ? placeOf(name, flow) : undefined)));
      if (!node.body) return;
      if (ts.isBlock(node.body)) {
        if (execute(node.body, flow)) flow.ends?.open.push(endOf(flow, undefined));
      } else {
        const value = evaluate(node.body, flow);
        flow.ends!.returned = value;
        flow.ends?.open.push(endOf(flow, node.body));
      }
    });
  } catch (thrown) {
    if (!(thrown instanceof Exhausted || thrown instanceof RangeError)) throw thrown;
    program.incomplete.set(callable.module.file, thrown instanceof Exhausted ? thrown.message : 'it is nested too deeply');
  } finally {
    program.depth -= 1;
    callable.isUnderWay = false;
  }
  summary.returned = flow.ends?.returned ?? UNKNOWN;
  summarise(summary, flow);
  return flow.env;
}

const DECORATORS: ReadonlySet<string> = new Set(['Query', 'Param', 'Body', 'Headers', 'Cookies', 'UploadedFile', 'UploadedFiles', 'QueryParam', 'BodyParam', 'HeaderParam', 'CookieParam']);

function bindParameter(parameter: ts.ParameterDeclaration, index: number, node: ts.FunctionLikeDeclaration, callable: Callable, flow: Flow): void {
  bind(parameter.name, parameterValue(parameter, index, node, callable, flow), parameter, flow);
  if (parameter.modifiers && ts.isConstructorDeclaration(node) && ts.isIdentifier(parameter.name)) {
    callable.fields = withField(callable.fields, parameter.name.text, evaluate(parameter.name, flow));
  }
}

function parameterValue(parameter: ts.ParameterDeclaration, index: number, node: ts.FunctionLikeDeclaration, callable: Callable, flow: Flow): Value {
  if (flow.program.types.isHarmless(parameter.type)) return UNKNOWN;
  const label = ts.isIdentifier(parameter.name) ? parameter.name.text : `parameter ${index + 1}`;
  const role = roleOf(parameter, index, node.parameters);
  let value: Value = valueOf({
    role, fields: flow.program.types.harmlessFields(parameter.type),
    taints: [{ key: `parameter:${callable.id}:${index}`, label, parameter: { of: callable, index, path: parameter.dotDotDotToken ? ['...'] : [] }, safe: 0, isPartial: false, isLeading: true, steps: undefined }],
  });
  const decorator = (ts.getDecorators(parameter) ?? []).map(({ expression }) => (ts.isCallExpression(expression) ? expression.expression : expression).getText()).find((name) => DECORATORS.has(name));
  if (decorator !== undefined) value = join(value, source('request', `@${decorator} of a request`, parameter, flow));
  if (parameter.initializer) value = join(value, evaluate(parameter.initializer, flow));
  return value;
}

/** What has been checked of the parameters where a function ends, as things stand there. */
export function endOf(flow: Flow, expression: ts.Expression | undefined): End {
  const bits = (truth?: boolean): number[] => {
    const way: Flow = { ...flow, env: new Environment(flow.env) };
    if (truth !== undefined && expression) assume(expression, truth, way);
    return (flow.ends?.places ?? []).map((place) => (place === undefined ? 0 : way.env.safe(place)));
  };
  const text = expression?.getText() ?? '';
  const isFalse = !expression || /^(false|null|undefined|0|''|"")$/.test(text);
  return { always: bits(), ...(isFalse ? {} : { whenTrue: bits(true) }), ...(text === 'true' ? {} : { whenFalse: bits(false) }) };
}

/** What callers may rely on when the function came to its end at all, with a true or a false answer. */
function summarise(summary: Summary, { ends }: Flow): void {
  const open = ends?.open ?? [];
  const common = (all: readonly (readonly number[])[]): number[] | undefined => (all.length === 0 ? undefined : all.reduce<number[]>((a, b) => a.map((bits, index) => bits & (b[index] ?? 0)), [...all[0] ?? []]));
  summary.validates = common(open.map(({ always }) => always));
  summary.whenTrue = common(open.flatMap(({ whenTrue }) => (whenTrue ? [whenTrue] : [])));
  summary.whenFalse = common(open.flatMap(({ whenFalse }) => (whenFalse ? [whenFalse] : [])));
}

/** A class: its constructor, methods and fields. */
export function classValue(node: ts.ClassLikeDeclaration, flow: Flow): Value {
  const callable = declared(node, flow);
  callable.scope = flow.env;
  const extended = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0]?.expression;
  if (extended) callable.parent = evaluate(extended, flow).callables?.find((each) => each !== callable);
  const self: Value = { taints: [], instanceOf: callable };
  const inside: Flow = { ...flow, self, callable };
  for (const member of node.members) {
    if (!ts.isMethodDeclaration(member) && !ts.isGetAccessor(member) && !ts.isSetAccessor(member)) continue;
    const method = flow.program.callableOf(member, flow.module, functionName(member));
    method.scope = flow.env;
    method.self = self;
    method.parent = callable.parent;
    const name = nameOf(member.name, flow);
    if (name === undefined) continue;
    const isStatic = ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static;
    if (isStatic) callable.statics.set(name, { taints: [], callables: [method] });
    else callable.methods.set(name, method);
    flow.program.offer(name, { taints: [], callables: [method] });
  }
  analyse(callable, flow.env, flow);
  for (const member of node.members) {
    if (ts.isPropertyDeclaration(member) && member.initializer) {
      const name = nameOf(member.name, flow);
      const value = evaluate(member.initializer, inside);
      if (name === undefined) continue;
      if (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static) callable.statics.set(name, value);
      else callable.fields = withField(callable.fields, name, value);
      flow.program.offer(name, value);
    } else if (ts.isClassStaticBlockDeclaration(member)) execute(member.body, inside);
  }
  for (const member of node.members) {
    if (!ts.isMethodDeclaration(member) && !ts.isGetAccessor(member) && !ts.isSetAccessor(member)) continue;
    const method = flow.program.callableOf(member, flow.module, '');
    if (method.round !== flow.program.round) analyse(method, flow.env, flow);
    const name = nameOf(member.name, flow);
    if (ts.isGetAccessor(member) && name !== undefined && method.summary) callable.fields = withField(callable.fields, name, method.summary.returned);
  }
  return { taints: [], callables: [callable] };
}

