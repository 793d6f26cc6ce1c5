import ts from 'typescript';
import { bare } from './bare.ts';
import { evaluate } from './expressions.ts';
import type { Environment } from './environment.ts';
import { freedByAbsence, freedByMatching } from './patterns.ts';
import type { Flow } from './program.ts';
import { ALL_HARM, HARM } from './rules.ts';
import { summaryOf } from './summaries.ts';
import { cleaned, taintsIn, textOf, type Value } from './value.ts';

/** Places, such as `req.query.id`, and the harms of which a check frees them. */
type Freed = Map<string, { readonly expression: ts.Expression; readonly bits: number }>;

/** Takes into account that a condition has held, or has not. */
export function assume(condition: ts.Expression, truth: boolean, flow: Flow): void {
  for (const { expression, bits } of freed(condition, truth, flow).values()) free(expression, bits, flow, flow.env);
}

/** Takes into account that two expressions are equal, as where a `case` is met. */
export function assumeEqual(left: ts.Expression, right: ts.Expression, flow: Flow): void {
  for (const { expression, bits } of equal(left, right, true, flow).values()) free(expression, bits, flow, flow.env);
}

function free(expression: ts.Expression, bits: number, flow: Flow, env: Environment): void {
  const variable = ts.isIdentifier(expression) ? flow.module.variable(expression) : undefined;
  if (variable) {
    const value = env.get(variable) ?? flow.program.held(variable);
    env.set(variable, cleaned(value, bits));
  }
  const place = placeOf(expression, flow);
  if (place !== undefined) env.clean(place, bits);
}

const names = new WeakMap<object, number>();
let count = 0;

/** A name for a place that stays the same wherever it is written; undefined for what is no place. */
export function placeOf(expression: ts.Expression, flow: Flow): string | undefined {
  if (ts.isIdentifier(expression)) {
    const variable = flow.module.variable(expression);
    if (!variable) return undefined;
    if (!names.has(variable)) names.set(variable, count += 1);
    return String(names.get(variable));
  }
  if (ts.isPropertyAccessExpression(expression)) {
    const root = placeOf(expression.expression, flow);
    return root === undefined ? undefined : `${root}.${expression.name.text}`;
  }
  if (ts.isElementAccessExpression(expression)) {
    const root = placeOf(expression.expression, flow);
    const key = ts.isStringLiteralLike(expression.argumentExpression) || ts.isNumericLiteral(expression.argumentExpression) ? expression.argumentExpression.text : placeOf(expression.argumentExpression, flow);
    return root === undefined || key === undefined ? undefined : `${root}.${key}`;
  }
  if (expression.kind === ts.SyntaxKind.ThisKeyword) return 'this';
  if (ts.isNonNullExpression(expression) || ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression)) return placeOf(expression.expression, flow);
  return undefined;
}

/** The place whose text a check looks at, through what does not matter: `x.trim().toLowerCase()`, `String(x)`. */
function lookedAt(expression: ts.Expression): ts.Expression {
  const node = bare(expression);
  if (ts.isCallExpression(node)) {
    if (ts.isPropertyAccessExpression(node.expression) && /^(trim|toLowerCase|toUpperCase|toString|normalize|valueOf)$/.test(node.expression.name.text) && node.arguments.length <= 1) return lookedAt(node.arguments[0] && node.expression.name.text === 'normalize' && !ts.isStringLiteral(node.arguments[0]) ? node.arguments[0] : node.expression.expression);
    const [first] = node.arguments;
    if (first && /^(String|resolve|normalize|path\.(resolve|normalize)|decodeURIComponent)$/.test(node.expression.getText()) && node.arguments.length === 1) return lookedAt(first);
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken && (ts.isStringLiteral(node.right) || node.right.getText().endsWith('sep'))) return lookedAt(node.left);
  return node;
}

function freed(condition: ts.Expression, truth: boolean, flow: Flow, depth = 0): Freed {
  const node = bare(condition);
  if (depth > 20) return new Map();
  if (ts.isPrefixUnaryExpression(node)) {
    if (node.operator === ts.SyntaxKind.ExclamationToken) return freed(node.operand, !truth, flow, depth + 1);
    if (node.operator === ts.SyntaxKind.TildeToken) return indexOf(node.operand, truth, flow);
  }
  if (ts.isBinaryExpression(node)) return byOperator(node, truth, flow, depth);
  if (ts.isCallExpression(node)) return byCall(node, truth, flow);
  if (ts.isIdentifier(node)) {
    const means = flow.module.variable(node)?.initializer;
    return means && depth < 3 && means !== node ? freed(means, truth, flow, depth + 5) : new Map();
  }
  // A key that is found in a table that stands in the code is one of the table's.
  if (ts.isElementAccessExpression(node) && truth && taintsIn(evaluate(node.expression, flow)).length === 0) return one(node.argumentExpression, ALL_HARM, flow);
  return new Map();
}

function byOperator(node: ts.BinaryExpression, truth: boolean, flow: Flow, depth: number): Freed {
  const { left, right } = node;
  switch (node.operatorToken.kind) {
    case ts.SyntaxKind.AmpersandAmpersandToken: return truth ? both(freed(left, true, flow, depth + 1), freed(right, true, flow, depth + 1)) : either(freed(left, false, flow, depth + 1), freed(right, false, flow, depth + 1));
    case ts.SyntaxKind.BarBarToken: return truth ? either(freed(left, true, flow, depth + 1), freed(right, true, flow, depth + 1)) : both(freed(left, false, flow, depth + 1), freed(right, false, flow, depth + 1));
    case ts.SyntaxKind.EqualsEqualsToken: case ts.SyntaxKind.EqualsEqualsEqualsToken: return equal(left, right, truth, flow);
    case ts.SyntaxKind.ExclamationEqualsToken: case ts.SyntaxKind.ExclamationEqualsEqualsToken: return equal(left, right, !truth, flow);
    case ts.SyntaxKind.GreaterThanToken: case ts.SyntaxKind.GreaterThanEqualsToken: case ts.SyntaxKind.LessThanToken: case ts.SyntaxKind.LessThanEqualsToken: return compared(node, truth, flow);
    case ts.SyntaxKind.InKeyword: return truth && taintsIn(evaluate(right, flow)).length === 0 ? one(left, ALL_HARM, flow) : new Map();
    default: return new Map();
  }
}

function equal(left: ts.Expression, right: ts.Expression, truth: boolean, flow: Flow): Freed {
  for (const [looked, other] of [[left, right], [right, left]] as const) {
    const text = other.getText();
    if (text === '-1' && methodOf(looked) === 'indexOf') return indexOf(looked, !truth, flow);
    const call = bare(looked);
    if (text === '0' && ts.isCallExpression(call) && ts.isPropertyAccessExpression(call.expression) && /^(indexOf|lastIndexOf|search)$/.test(call.expression.name.text)) return truth ? beginsWith(call.expression.expression, call.arguments[0], flow) : new Map();
    if (ts.isCallExpression(call) && ts.isPropertyAccessExpression(call.expression) && /^(slice|substr|substring)$/.test(call.expression.name.text) && truth) return beginsWith(call.expression.expression, other, flow);
    if (ts.isTypeOfExpression(looked) && truth && /^['"]string['"]$/.test(text)) return one(looked.expression, HARM.operator, flow);
    if (ts.isTypeOfExpression(looked) && truth && /^['"](number|boolean|bigint|undefined|function)['"]$/.test(text)) return one(looked.expression, ALL_HARM, flow);
    if (text === 'null' || text === 'undefined' || text === 'true' || text === 'false') {
      if (text === 'true' || text === 'false') return ts.isCallExpression(call) ? freed(call, (text === 'true') === truth, flow) : new Map();
      return new Map();
    }
    // Equal to what stands in the code, or to a field that nobody outside decides.
    if (truth && (ts.isLiteralExpression(other) || taintsIn(evaluate(other, flow)).length === 0 && textOf(evaluate(other, flow)) !== undefined)) return one(looked, ALL_HARM, flow);
  }
  return new Map();
}

/** `list.indexOf(x) >= 0`, and a length that is bounded. */
function compared({ left, right, operatorToken: { kind } }: ts.BinaryExpression, truth: boolean, flow: Flow): Freed {
  const isGreater = kind === ts.SyntaxKind.GreaterThanToken || kind === ts.SyntaxKind.GreaterThanEqualsToken;
  if (ts.isPropertyAccessExpression(left) && left.name.text === 'length' && isGreater !== truth) return one(left.expression, HARM.backtracking, flow);
  switch (kind) {
    case ts.SyntaxKind.GreaterThanToken:
      if (right.getText() === '-1' || (right.getText() === '0' && methodOf(left) === 'indexOf')) return indexOf(left, truth, flow);
      return new Map();
    case ts.SyntaxKind.GreaterThanEqualsToken: return right.getText() === '0' ? indexOf(left, truth, flow) : new Map();
    case ts.SyntaxKind.LessThanToken: return right.getText() === '0' ? indexOf(left, !truth, flow) : new Map();
    default: return new Map();
  }
}

function methodOf(expression: ts.Expression): string {
  const node = bare(expression);
  return ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : '';
}

/** `list.indexOf(x)` found it, or `x.indexOf("..")` did not. */
function indexOf(expression: ts.Expression, found: boolean, flow: Flow): Freed {
  const node = bare(expression);
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || !/^(indexOf|search|findIndex)$/.test(node.expression.name.text)) return new Map();
  return contains(node.expression.expression, node.arguments[0], found, flow);
}

function contains(holder: ts.Expression, sought: ts.Expression | undefined, found: boolean, flow: Flow): Freed {
  if (!sought) return new Map();
  const [list, text] = [evaluate(holder, flow), evaluate(sought, flow)];
  if (found) return taintsIn(list).length === 0 && taintsIn(text).length > 0 ? one(sought, ALL_HARM, flow) : new Map();
  const forbidden = textOf(text);
  if (forbidden === undefined || taintsIn(list).length === 0) return new Map();
  if (/^[\\/]?\.\.[\\/]?$/.test(forbidden)) return one(holder, HARM.path, flow);
  return forbidden === '__proto__' ? one(holder, HARM.pollution, flow) : new Map();
}

function beginsWith(text: ts.Expression, start: ts.Expression | undefined, flow: Flow): Freed {
  if (!start) return new Map();
  const value = evaluate(start, flow);
  const constant = textOf(value);
  if (constant === undefined) return taintsIn(value).some(({ kind }) => kind === 'request') ? new Map() : one(text, HARM.path | HARM.root | HARM.address | HARM.redirect, flow);
  if (/^[a-z]+:\/\/[^/]+\//.test(constant)) return one(text, HARM.address | HARM.redirect, flow);
  return constant.startsWith('/') && constant.length > 2 ? one(text, HARM.path | HARM.root | HARM.redirect, flow) : new Map();
}

function byCall(node: ts.CallExpression, truth: boolean, flow: Flow): Freed {
  const { expression: callee, arguments: args } = node;
  const [first] = args;
  if (ts.isPropertyAccessExpression(callee)) {
    const holder = callee.expression;
    switch (callee.name.text) {
      case 'includes': case 'contains': return contains(holder, first, truth, flow);
      case 'has': return truth ? contains(holder, first, true, flow) : new Map();
      case 'hasOwnProperty': return truth && first && taintsIn(evaluate(holder, flow)).length === 0 ? one(first, ALL_HARM, flow) : new Map();
      case 'hasOwn': return truth && args[1] && taintsIn(evaluate(args[0]!, flow)).length === 0 ? one(args[1], ALL_HARM, flow) : new Map();
      case 'startsWith': {
        const start = first ? textOf(evaluate(first, flow)) : undefined;
        if (!truth) return start !== undefined && /^\.\.[\\/]?$/.test(start) ? one(holder, HARM.path, flow) : new Map();
        return beginsWith(holder, first, flow);
      }
      case 'test': return first ? matched(evaluate(holder, flow), first, truth, flow) : new Map();
      case 'exec': return first && evaluate(holder, flow).shape?.startsWith('/') ? matched(evaluate(holder, flow), first, truth, flow) : new Map();
      case 'match': case 'search': return first ? matched(evaluate(first, flow), holder, truth, flow) : new Map();
      case 'isAbsolute': return !truth && first ? one(first, HARM.root, flow) : new Map();
      case 'call': {
        const [, key] = args;
        if (holder.getText().endsWith('hasOwnProperty') && truth && first && key && taintsIn(evaluate(first, flow)).length === 0) return one(key, ALL_HARM, flow);
        break;
      }
      default:
    }
  }
  if (!first) return new Map();
  const name = ts.isPropertyAccessExpression(callee) ? callee.name.text : ts.isIdentifier(callee) ? callee.text : '';
  if (/^isNaN$/.test(name)) return truth ? new Map() : one(first, ALL_HARM, flow);
  if (truth && /^is(Int|Integer|SafeInteger|Finite|Number|Numeric|UUID|Uuid|Alpha|Alphanumeric|Port|Hexadecimal|MongoId|IP|IPv4|IPv6|Date|Boolean|Decimal|Float)$/.test(name)) return one(first, ALL_HARM, flow);
  const { callables } = evaluate(callee, flow);
  if (callables && callables.length > 0) return byPredicate(node, callables, truth, flow);
  // Nobody can look into it, but its name says what it is for.
  if (truth && /^(is|has|check|validate|verify|assert)?_?(path)?(is)?(safe|valid|allowed|inside|within|contained|subpath|whitelisted)/i.test(name)) return both(...args.map((arg) => one(arg, /inside|within|contained|subpath/i.test(name) ? HARM.path | HARM.root : ALL_HARM, flow)));
  return new Map();
}

/** What a function of the code says of its parameters by returning true or false. */
function byPredicate(node: ts.CallExpression, callables: NonNullable<Value['callables']>, truth: boolean, flow: Flow): Freed {
  const all = callables.map((callable) => {
    const summary = summaryOf(callable, flow);
    const bits = truth ? summary.whenTrue : summary.whenFalse;
    return both(...node.arguments.map((arg, index) => one(arg, bits?.[index] ?? 0, flow)));
  });
  return all.reduce((a, b) => either(a, b));
}

function matched(pattern: Value, text: ts.Expression, truth: boolean, flow: Flow): Freed {
  const regex = textOf(pattern);
  if (regex === undefined || !regex.startsWith('/')) return new Map();
  return one(text, truth ? freedByMatching(regex) : freedByAbsence(regex), flow);
}

function one(expression: ts.Expression, bits: number, flow: Flow): Freed {
  const place = lookedAt(expression);
  const name = bits === 0 ? undefined : placeOf(place, flow);
  return new Map(name === undefined ? [] : [[name, { expression: bare(place), bits }]]);
}

function both(...all: readonly Freed[]): Freed {
  const result: Freed = new Map();
  for (const each of all) for (const [name, { expression, bits }] of each) result.set(name, { expression, bits: bits | (result.get(name)?.bits ?? 0) });
  return result;
}

function either(a: Freed, b: Freed): Freed {
  return new Map([...a].flatMap(([name, { expression, bits }]) => {
    const shared = bits & (b.get(name)?.bits ?? 0);
    return shared === 0 ? [] : [[name, { expression, bits: shared }]];
  }));
}
