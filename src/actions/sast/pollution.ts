import ts from 'typescript';
import { bare } from './bare.ts';
import { evaluate } from './expressions.ts';
import type { Flow } from './program.ts';
import { taintsIn, type Value } from './value.ts';

const REFUSED = /__proto__|isPrototypePolluted|isUnsafeKey|unsafeKey|Object\.create\(null\)|prototype pollution/i;

/**
 * `object[key] = value` does harm where the object itself was reached by a key from outside: a path that is walked
 * (`at = at[key]`), a merge that calls itself (`merge(to[key], from[key])`), or `object[a][b] = value`.
 */
export function polluted(target: ts.ElementAccessExpression, key: Value, node: ts.Node, flow: Flow): void {
  if (key.shape !== undefined && !key.shape.includes('\0')) return;
  const holder = bare(target.expression);
  const around = enclosing(node);
  // Who names them knows of the danger; whether every way is closed is more than can be seen here.
  if (!around || REFUSED.test(flow.module.source.text)) return;
  const keys = reachedBy(holder, target, around, flow);
  for (const each of keys) {
    const value = evaluate(each, flow);
    if (taintsIn(value).length > 0) return flow.program.reach('prototype-pollution', key.taints.length > 0 ? key : value, node, `sets ${target.getText().slice(0, 60)}`, flow);
  }
}

function enclosing(node: ts.Node): ts.FunctionLikeDeclaration | undefined {
  let at: ts.Node | undefined = node;
  let found: ts.FunctionLikeDeclaration | undefined;
  // A callback of forEach belongs to the function that calls it.
  for (; at; at = at.parent) {
    if (!ts.isFunctionLike(at)) continue;
    found = at as ts.FunctionLikeDeclaration;
    if (!ts.isCallExpression(at.parent)) return found;
  }
  return found;
}

/** The expressions whose value decided which object is written to. */
function reachedBy(holder: ts.Expression, target: ts.ElementAccessExpression, around: ts.FunctionLikeDeclaration, flow: Flow): readonly ts.Expression[] {
  if (ts.isElementAccessExpression(holder) && !ts.isStringLiteralLike(holder.argumentExpression) && !ts.isNumericLiteral(holder.argumentExpression)) return [holder.argumentExpression];
  if (!ts.isIdentifier(holder)) return [];
  const variable = flow.module.variable(holder);
  const keys: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    const from = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken ? { to: node.left, value: node.right }
      : ts.isVariableDeclaration(node) && node.initializer ? { to: node.name, value: node.initializer } : undefined;
    if (from && ts.isIdentifier(from.to) && variable && flow.module.variable(from.to) === variable) {
      for (const read of readsOf(from.value)) {
        const root = bare(read.expression);
        if (ts.isIdentifier(root) && (flow.module.variable(root) === variable || ts.isVariableDeclaration(node)) && !isNumber(read.argumentExpression)) keys.push(read.argumentExpression);
      }
    }
    if (ts.isCallExpression(node) && callsItself(node, around, flow)) {
      for (const argument of node.arguments) {
        for (const read of [...readsOf(argument), ...aliases(argument, around, flow)]) if (ts.isIdentifier(read.expression) && flow.module.variable(read.expression) === variable && read.argumentExpression.getText() === target.argumentExpression.getText()) keys.push(read.argumentExpression);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(around);
  return keys;
}

/** `src = target[key]; merge(src, from)`: what a name was given in the same function. */
function aliases(argument: ts.Expression, around: ts.FunctionLikeDeclaration, flow: Flow): readonly ts.ElementAccessExpression[] {
  const variable = ts.isIdentifier(argument) ? flow.module.variable(argument) : undefined;
  const reads: ts.ElementAccessExpression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isIdentifier(node.left) && flow.module.variable(node.left) === variable) reads.push(...readsOf(node.right));
    if (ts.isVariableDeclaration(node) && node.initializer && ts.isIdentifier(node.name) && flow.module.variable(node.name) === variable) reads.push(...readsOf(node.initializer));
    ts.forEachChild(node, visit);
  };
  if (variable) visit(around);
  return reads;
}

function readsOf(expression: ts.Expression): readonly ts.ElementAccessExpression[] {
  const node = bare(expression);
  if (ts.isElementAccessExpression(node)) return [node];
  if (ts.isBinaryExpression(node)) return [...readsOf(node.left), ...readsOf(node.right)];
  if (ts.isConditionalExpression(node)) return [...readsOf(node.whenTrue), ...readsOf(node.whenFalse)];
  return [];
}

function isNumber(key: ts.Expression): boolean {
  return ts.isNumericLiteral(key) || /^(i|j|n|index|idx|\w+\.length - 1)$/.test(key.getText());
}

function callsItself(node: ts.CallExpression, around: ts.FunctionLikeDeclaration, flow: Flow): boolean {
  const callee = bare(node.expression);
  if (around.name && (ts.isIdentifier(callee) ? callee.text : ts.isPropertyAccessExpression(callee) ? callee.name.text : '') === around.name.getText()) return true;
  return evaluate(callee, flow).callables?.some(({ node: body }) => body === around) ?? false;
}
