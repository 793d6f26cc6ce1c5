import ts from 'typescript';
import { bare } from './bare.ts';
import { evaluate, nameOf } from './expressions.ts';
import { placeOf } from './guards.ts';
import { polluted } from './pollution.ts';
import { propertyWritten } from './places.ts';
import type { Flow } from './program.ts';
import { fieldOf } from './sources.ts';
import { derived, join, stepped, textOf, UNKNOWN, withField, type Value } from './value.ts';

/** Puts a value where an expression points to. */
export function assign(target: ts.Expression, value: Value, node: ts.Node, flow: Flow): Value {
  const to = bare(target);
  if (ts.isIdentifier(to)) {
    const variable = flow.module.variable(to);
    if (variable) {
      const kept = named(value, to.text, node, flow);
      flow.env.set(variable, kept);
      flow.program.hold(variable, kept);
    } else if (to.text === 'location') propertyWritten({ taints: [], api: 'global' }, 'location', value, node, flow);
    return value;
  }
  if (ts.isPropertyAccessExpression(to)) member(to.expression, to.name.text, value, node, flow);
  else if (ts.isElementAccessExpression(to)) {
    const key = evaluate(to.argumentExpression, flow);
    polluted(to, key, node, flow);
    member(to.expression, textOf(key) ?? '*', value, node, flow);
  } else if (ts.isArrayLiteralExpression(to)) {
    to.elements.forEach((item, index) => {
      if (ts.isSpreadElement(item)) assign(item.expression, value, node, flow);
      else if (!ts.isOmittedExpression(item)) assign(ts.isBinaryExpression(item) ? item.left : item, fieldOf(value, String(index), node, flow), node, flow);
    });
  } else if (ts.isObjectLiteralExpression(to)) {
    for (const item of to.properties) {
      if (ts.isPropertyAssignment(item)) assign(ts.isBinaryExpression(item.initializer) ? item.initializer.left : item.initializer, fieldOf(value, nameOf(item.name, flow) ?? '*', node, flow), node, flow);
      else if (ts.isShorthandPropertyAssignment(item)) assign(item.name, fieldOf(value, item.name.text, node, flow), node, flow);
      else if (ts.isSpreadAssignment(item)) assign(item.expression, value, node, flow);
    }
  }
  return value;
}

function named(value: Value, name: string, node: ts.Node, flow: Flow): Value {
  return stepped(value, flow.module.file, flow.module.line(node), `it is kept as "${name}"`);
}

function member(holder: ts.Expression, name: string, value: Value, node: ts.Node, flow: Flow): void {
  const object = evaluate(holder, flow);
  propertyWritten(object, name, value, node, flow);
  flow.program.offer(name, value);
  const text = holder.getText();
  if (object.module && (text === 'module.exports' || text === 'exports' || text === 'module')) {
    object.module.exports.set(name, join(object.module.exports.get(name) ?? UNKNOWN, value));
    return;
  }
  if (text === 'module' && name === 'exports') {
    flow.module.whole = join(flow.module.whole, value);
    return;
  }
  const owner = prototypeOwner(holder, object, flow);
  if (owner) {
    for (const callable of value.callables ?? []) {
      owner.methods.set(name, callable);
      callable.self ??= { taints: [], instanceOf: owner };
    }
    return;
  }
  if (object.instanceOf) {
    object.instanceOf.fields = withField(object.instanceOf.fields, name, join(object.instanceOf.fields.fields?.get(name) ?? UNKNOWN, value));
    for (const callable of value.callables ?? []) callable.self ??= object;
  }
  for (const callable of object.callables ?? []) {
    if (name === 'prototype') {
      for (const [method, field] of value.fields ?? []) for (const each of field.callables ?? []) {
        callable.methods.set(method, each);
        each.self = { taints: [], instanceOf: callable };
      }
    } else callable.statics.set(name, join(callable.statics.get(name) ?? UNKNOWN, value));
  }
  store(holder, name, value, object, flow);
}

function prototypeOwner(holder: ts.Expression, object: Value, flow: Flow) {
  const node = bare(holder);
  if (ts.isPropertyAccessExpression(node) && node.name.text === 'prototype') return evaluate(node.expression, flow).callables?.[0];
  // `var proto = Foo.prototype`
  return object.fields?.get('__owner')?.callables?.[0];
}

/** What an object holds is kept with the variable that holds the object. */
function store(holder: ts.Expression, name: string, value: Value, object: Value, flow: Flow): void {
  const to = bare(holder);
  if (ts.isIdentifier(to)) {
    const variable = flow.module.variable(to);
    if (!variable) return;
    const changed = withField(object, name, value);
    flow.env.set(variable, changed);
    flow.program.hold(variable, changed);
  } else if (ts.isPropertyAccessExpression(to)) {
    const parent = evaluate(to.expression, flow);
    if (!parent.instanceOf && !parent.module && placeOf(to.expression, flow) !== undefined) store(to.expression, to.name.text, withField(object, name, value), parent, flow);
    else if (parent.instanceOf) parent.instanceOf.fields = withField(parent.instanceOf.fields, to.name.text, withField(object, name, value));
  }
}

/** Gives names to a value, as a declaration or a parameter does. */
export function bind(name: ts.BindingName, value: Value, node: ts.Node, flow: Flow): void {
  if (ts.isIdentifier(name)) {
    const variable = flow.module.variable(name);
    if (!variable) return;
    const kept = ts.isParameter(node) ? value : named(value, name.text, node, flow);
    flow.env.set(variable, kept);
    flow.program.hold(variable, kept);
    return;
  }
  const taken: string[] = [];
  name.elements.forEach((item, index) => {
    if (!ts.isBindingElement(item)) return;
    const key = ts.isArrayBindingPattern(name) ? String(index) : item.propertyName ? nameOf(item.propertyName, flow) : ts.isIdentifier(item.name) ? item.name.text : undefined;
    let field = item.dotDotDotToken ? rest(value, taken) : key === undefined ? derived(value) : fieldOf(value, key, item, flow);
    if (key !== undefined) taken.push(key);
    if (item.initializer) field = join(field, evaluate(item.initializer, flow));
    bind(item.name, field, node, flow);
  });
}

function rest(value: Value, taken: readonly string[]): Value {
  if (!value.fields) return value;
  return { ...value, fields: new Map([...value.fields].filter(([name]) => !taken.includes(name))) };
}

/** One of the things that a list or any collection holds. */
export function elementOf(value: Value, node: ts.Node, flow: Flow): Value {
  let result: Value = { taints: value.taints };
  for (const field of value.fields?.values() ?? []) result = join(result, field);
  return value.role === 'request' ? join(result, fieldOf(value, 'body', node, flow)) : result;
}

