import ts from 'typescript';
import { assign } from './assignments.ts';
import { call } from './calls.ts';
import type { Callable } from './callable.ts';
import { Environment } from './environment.ts';
import { functionValue, classValue } from './functions.ts';
import { assume, placeOf } from './guards.ts';
import { markupAttribute, propertyWritten } from './places.ts';
import type { Flow } from './program.ts';
import { ALL_HARM } from './rules.ts';
import { apiValue, fieldOf, globalValue } from './sources.ts';
import { cleaned, concatenated, constant, derived, join, taintsIn, textOf, UNKNOWN, withField, type Value } from './value.ts';

/** What an expression may hold, from what its parts may hold; what it does on the way is taken note of. */
export function evaluate(node: ts.Expression, flow: Flow): Value {
  flow.program.spend();
  const value = plain(node, flow);
  if (value.taints.length === 0 && !value.fields && !value.role) return value;
  const place = placeOf(node, flow);
  const safe = place === undefined ? 0 : flow.env.safe(place);
  return safe === 0 ? value : cleaned(value, safe);
}

function plain(node: ts.Expression, flow: Flow): Value {
  switch (node.kind) {
    case ts.SyntaxKind.StringLiteral: case ts.SyntaxKind.NoSubstitutionTemplateLiteral: return constant((node as ts.StringLiteral).text);
    case ts.SyntaxKind.RegularExpressionLiteral: return constant((node as ts.RegularExpressionLiteral).text);
    case ts.SyntaxKind.NumericLiteral: return constant((node as ts.NumericLiteral).text);
    case ts.SyntaxKind.Identifier: return named(node as ts.Identifier, flow);
    case ts.SyntaxKind.ThisKeyword: return flow.self ?? UNKNOWN;
    case ts.SyntaxKind.ParenthesizedExpression: case ts.SyntaxKind.AsExpression: case ts.SyntaxKind.NonNullExpression: case ts.SyntaxKind.SatisfiesExpression: case ts.SyntaxKind.TypeAssertionExpression: case ts.SyntaxKind.ExpressionWithTypeArguments:
    case ts.SyntaxKind.SpreadElement: case ts.SyntaxKind.AwaitExpression:
      return evaluate((node as ts.ParenthesizedExpression).expression, flow);
    case ts.SyntaxKind.YieldExpression: {
      const { expression } = node as ts.YieldExpression;
      const value = expression ? evaluate(expression, flow) : UNKNOWN;
      if (flow.ends) flow.ends.returned = join(flow.ends.returned, withField(UNKNOWN, '*', value));
      return value;
    }
    case ts.SyntaxKind.PropertyAccessExpression: {
      const { expression, name } = node as ts.PropertyAccessExpression;
      return property(evaluate(expression, flow), name.text, node, flow);
    }
    case ts.SyntaxKind.ElementAccessExpression: return element(node as ts.ElementAccessExpression, flow);
    case ts.SyntaxKind.CallExpression: case ts.SyntaxKind.NewExpression: return call(node as ts.CallExpression | ts.NewExpression, flow);
    case ts.SyntaxKind.TemplateExpression: return template(node as ts.TemplateExpression, flow);
    case ts.SyntaxKind.TaggedTemplateExpression: return tagged(node as ts.TaggedTemplateExpression, flow);
    case ts.SyntaxKind.BinaryExpression: return binary(node as ts.BinaryExpression, flow);
    case ts.SyntaxKind.ConditionalExpression: {
      const { condition, whenTrue, whenFalse } = node as ts.ConditionalExpression;
      evaluate(condition, flow);
      return join(under(condition, true, whenTrue, flow), under(condition, false, whenFalse, flow));
    }
    case ts.SyntaxKind.ObjectLiteralExpression: return literal(node as ts.ObjectLiteralExpression, flow);
    case ts.SyntaxKind.ArrayLiteralExpression: return list(node as ts.ArrayLiteralExpression, flow);
    case ts.SyntaxKind.ArrowFunction: case ts.SyntaxKind.FunctionExpression: return functionValue(node as ts.ArrowFunction | ts.FunctionExpression, flow);
    case ts.SyntaxKind.ClassExpression: return classValue(node as ts.ClassExpression, flow);
    case ts.SyntaxKind.PrefixUnaryExpression: case ts.SyntaxKind.PostfixUnaryExpression: evaluate((node as ts.PrefixUnaryExpression).operand, flow); return UNKNOWN;
    case ts.SyntaxKind.TypeOfExpression: case ts.SyntaxKind.DeleteExpression: case ts.SyntaxKind.VoidExpression: evaluate((node as ts.TypeOfExpression).expression, flow); return UNKNOWN;
    case ts.SyntaxKind.JsxElement: case ts.SyntaxKind.JsxSelfClosingElement: case ts.SyntaxKind.JsxFragment: markup(node, flow); return UNKNOWN;
    case ts.SyntaxKind.SuperKeyword: return flow.callable?.parent ? { taints: [], callables: [flow.callable.parent] } : UNKNOWN;
    case ts.SyntaxKind.MetaProperty: return { taints: [], api: 'import.meta' };
    default: return UNKNOWN;
  }
}

function named(node: ts.Identifier, flow: Flow): Value {
  const variable = flow.module.variable(node);
  if (!variable) {
    if (node.text === 'arguments' && flow.callable) return argumentsOf(flow.callable, flow);
    if (node.text === 'exports') return { taints: [], module: flow.module };
    if (node.text === 'module') return { taints: [], fields: new Map([['exports', { taints: [], module: flow.module }]]) };
    return globalValue(node.text);
  }
  // Within the function that assigns it, the order of assignments is known; elsewhere it is not.
  return flow.env.get(variable) ?? flow.program.held(variable);
}

/** `arguments`: what was handed over, whether it has a name or not. */
function argumentsOf(callable: Callable, flow: Flow): Value {
  const taint = (index: number, path: readonly string[], label: string): Value => ({ taints: [{ key: `parameter:${callable.id}:${index}${path.join()}`, label, parameter: { of: callable, index, path }, safe: 0, isPartial: false, isLeading: true, steps: undefined }] });
  const fields = new Map<string, Value>([0, 1, 2, 3].map((index) => [String(index), taint(index, [], `argument ${index + 1}`)]));
  callable.body?.parameters.forEach(({ name }, index) => {
    if (ts.isIdentifier(name)) fields.set(String(index), named(name, flow));
  });
  return { taints: [], fields: fields.set('*', taint(0, ['...'], 'an argument')) };
}

export function property(value: Value, name: string, node: ts.Node, flow: Flow): Value {
  if (name === '__proto__') return UNKNOWN;
  const found = fieldOf(value, name, node, flow);
  const brought = found.api === undefined ? undefined : apiValue(found.api, node, flow);
  return brought ? join(brought, found) : found;
}

function element(node: ts.ElementAccessExpression, flow: Flow): Value {
  const value = evaluate(node.expression, flow);
  const key = textOf(evaluate(node.argumentExpression, flow));
  if (key !== undefined && !value.fields?.has('*')) return property(value, key, node, flow);
  if (key !== undefined && value.fields?.has(key)) return property(value, key, node, flow);
  let result: Value = { taints: value.taints };
  for (const field of value.fields?.values() ?? []) result = join(result, field);
  if (value.role) result = join(result, property(value, '*', node, flow));
  if (value.api === 'process.argv' || value.api === 'process.env') result = join(result, apiValue(value.api, node, flow) ?? UNKNOWN);
  return result;
}

function template(node: ts.TemplateExpression, flow: Flow): Value {
  return concatenated([constant(node.head.text), ...node.templateSpans.flatMap((span) => [text(span.expression, flow), constant(span.literal.text)])]);
}

/** As part of a text: an object says nothing of itself but what is in it. */
function text(node: ts.Expression, flow: Flow): Value {
  const value = evaluate(node, flow);
  return value.shape === undefined ? { taints: taintsIn(value) } : value;
}

/** A tag gets the parts one by one: most make parameters or escaped text of them. */
function tagged(node: ts.TaggedTemplateExpression, flow: Flow): Value {
  const tag = evaluate(node.tag, flow);
  const parts = ts.isTemplateExpression(node.template) ? node.template.templateSpans.map((span) => evaluate(span.expression, flow)) : [];
  const isRaw = tag.api === 'String.raw' || tag.api === 'dedent' || tag.api === 'outdent';
  if (isRaw) return ts.isTemplateExpression(node.template) ? template(node.template, flow) : constant(node.template.text);
  return cleaned(derived(...parts), ALL_HARM);
}

function binary(node: ts.BinaryExpression, flow: Flow): Value {
  const { left, right, operatorToken: { kind } } = node;
  switch (kind) {
    case ts.SyntaxKind.EqualsToken: return assign(left, evaluate(right, flow), node, flow);
    case ts.SyntaxKind.PlusEqualsToken: return assign(left, concatenated([text(left, flow), text(right, flow)]), node, flow);
    case ts.SyntaxKind.BarBarEqualsToken: case ts.SyntaxKind.QuestionQuestionEqualsToken: case ts.SyntaxKind.AmpersandAmpersandEqualsToken: return assign(left, join(evaluate(left, flow), evaluate(right, flow)), node, flow);
    case ts.SyntaxKind.PlusToken: return sum(node, flow);
    case ts.SyntaxKind.BarBarToken: return join(evaluate(left, flow), under(left, false, right, flow));
    case ts.SyntaxKind.QuestionQuestionToken: return join(evaluate(left, flow), evaluate(right, flow));
    case ts.SyntaxKind.AmpersandAmpersandToken: {
      evaluate(left, flow);
      return under(left, true, right, flow);
    }
    case ts.SyntaxKind.CommaToken: evaluate(left, flow); return evaluate(right, flow);
    default:
      evaluate(left, flow);
      evaluate(right, flow);
      if (kind >= ts.SyntaxKind.FirstCompoundAssignment && kind <= ts.SyntaxKind.LastCompoundAssignment) assign(left, UNKNOWN, node, flow);
      return UNKNOWN;
  }
}

/** Long sums lean to the left: without a loop they would be as deep as they are long. */
function sum(node: ts.BinaryExpression, flow: Flow): Value {
  const parts: ts.Expression[] = [];
  let at: ts.Expression = node;
  while (ts.isBinaryExpression(at) && at.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    parts.unshift(at.right);
    at = at.left;
  }
  return concatenated([at, ...parts].map((part) => text(part, flow)));
}

/** An expression that is reached only when a condition holds, or does not. */
function under(condition: ts.Expression, truth: boolean, node: ts.Expression, flow: Flow): Value {
  const way: Flow = { ...flow, env: new Environment(flow.env) };
  assume(condition, truth, way);
  const value = evaluate(node, way);
  flow.env.merge([way.env, new Environment(flow.env)]);
  return value;
}

function literal(node: ts.ObjectLiteralExpression, flow: Flow): Value {
  let value: Value = { taints: [], fields: new Map() };
  const methods: Callable[] = [];
  for (const member of node.properties) {
    if (ts.isSpreadAssignment(member)) {
      const spread = evaluate(member.expression, flow);
      value = { ...join(value, { taints: spread.taints, ...(spread.fields ? { fields: spread.fields } : {}) }) };
      continue;
    }
    const name = member.name && nameOf(member.name, flow);
    const field = ts.isPropertyAssignment(member) ? evaluate(member.initializer, flow) : ts.isShorthandPropertyAssignment(member) ? named(member.name, flow) : functionValue(member, flow);
    value = withField(value, name ?? '*', field);
    if (name === undefined) continue;
    flow.program.offer(name, field);
    propertyWritten(undefined, name, field, ts.isPropertyAssignment(member) ? member.initializer : member.name, flow);
    for (const callable of field.callables ?? []) if (callable.node.parent === member || callable.node === member) methods.push(callable);
  }
  for (const method of methods) method.self = value;
  return value;
}

export function nameOf(name: ts.PropertyName, flow: Flow): string | undefined {
  if (ts.isComputedPropertyName(name)) return textOf(evaluate(name.expression, flow));
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) || ts.isNumericLiteral(name) || ts.isPrivateIdentifier(name) ? name.text : undefined;
}

function list(node: ts.ArrayLiteralExpression, flow: Flow): Value {
  const fields = new Map<string, Value>();
  let taints: Value['taints'] = [];
  let isCounted = node.elements.length <= 12;
  node.elements.forEach((item, index) => {
    const value = evaluate(item, flow);
    if (ts.isSpreadElement(item)) {
      isCounted = false;
      taints = [...taints, ...value.taints].slice(0, 8);
      for (const field of value.fields?.values() ?? []) fields.set('*', join(fields.get('*') ?? UNKNOWN, field));
    } else if (isCounted) fields.set(String(index), value);
    else fields.set('*', join(fields.get('*') ?? UNKNOWN, value));
  });
  return { taints, fields };
}

function markup(node: ts.Node, flow: Flow): void {
  ts.forEachChild(node, (child) => {
    if (ts.isJsxAttribute(child)) {
      const value = child.initializer && ts.isJsxExpression(child.initializer) && child.initializer.expression ? evaluate(child.initializer.expression, flow) : undefined;
      if (value) markupAttribute(child.name.getText(), value, child, flow);
    } else if (ts.isJsxExpression(child)) {
      if (child.expression) evaluate(child.expression, flow);
    } else if (ts.isJsxSpreadAttribute(child)) evaluate(child.expression, flow);
    else markup(child, flow);
  });
}
