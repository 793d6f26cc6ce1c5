import { posix } from 'node:path';
import ts from 'typescript';
import { bind } from './assignments.ts';
import { evaluate } from './expressions.ts';
import type { Module } from './module.ts';
import type { Flow, Program } from './program.ts';
import { join, UNKNOWN, type Value } from './value.ts';

const ENDINGS = ['', '.ts', '.tsx', '.js', '.mjs', '.cjs', '.jsx', '.mts', '.cts', '/index.ts', '/index.js', '/index.mjs', '/index.cjs', '/index.tsx'];

/** The file that an import means; undefined for a package's, or one that is not looked at. */
export function resolveModule(from: string, specifier: string, modules: Program['modules']): Module | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const path = posix.normalize(posix.join(posix.dirname(from), specifier));
  const stem = path.replace(/\.([cm]?)jsx?$/, '.$1ts');
  for (const base of stem === path ? [path] : [path, stem, `${stem}x`]) {
    for (const ending of ENDINGS) {
      const found = modules.get(base.replace(/\/$/, '') + ending);
      if (found) return found;
    }
  }
  return undefined;
}

/** What a module specifier stands for. */
export function required(specifier: string, flow: Flow): Value {
  const module = resolveModule(flow.module.file, specifier, flow.program.modules);
  if (module) return { ...join(module.whole, { taints: [] }), module };
  if (specifier.startsWith('.')) return UNKNOWN;
  return { taints: [], api: specifier.replace(/^node:/, '').replace(/\//g, '.').replace(/^(mz|fs-extra|graceful-fs)(?=\.|$)/, (name) => (name === 'mz' ? 'mz' : 'fs')).replace(/^mz\./, '') };
}

export function imported(node: ts.ImportDeclaration | ts.ImportEqualsDeclaration, flow: Flow): void {
  if (ts.isImportEqualsDeclaration(node)) {
    const { moduleReference } = node;
    if (ts.isExternalModuleReference(moduleReference) && ts.isStringLiteral(moduleReference.expression)) bind(node.name, required(moduleReference.expression.text, flow), node, flow);
    return;
  }
  const { importClause: clause, moduleSpecifier } = node;
  if (!clause || !ts.isStringLiteral(moduleSpecifier)) return;
  const all = required(moduleSpecifier.text, flow);
  if (clause.name) bind(clause.name, member(all, 'default'), node, flow);
  if (clause.namedBindings && ts.isNamespaceImport(clause.namedBindings)) bind(clause.namedBindings.name, all, node, flow);
  else if (clause.namedBindings) for (const { name, propertyName } of clause.namedBindings.elements) bind(name, member(all, (propertyName ?? name).text), node, flow);
}

function member(all: Value, name: string): Value {
  if (all.module) {
    const there = all.module.exports.get(name);
    if (there) return there;
    return name === 'default' ? all : all.module.whole.fields?.get(name) ?? all.module.whole.callables?.[0]?.statics.get(name) ?? UNKNOWN;
  }
  return all.api === undefined || name === 'default' ? all : { taints: [], api: `${all.api}.${name}` };
}

/** What a statement gives to other files. */
export function exported(node: ts.Statement, flow: Flow, value?: Value): void {
  const { exports } = flow.module;
  if (flow.module.source !== node.parent) return;
  if (ts.isExportAssignment(node)) {
    const given = evaluate(node.expression, flow);
    if (node.isExportEquals) flow.module.whole = given;
    else exports.set('default', given);
    return;
  }
  if (ts.isExportDeclaration(node)) {
    const from = node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier) ? required(node.moduleSpecifier.text, flow) : undefined;
    if (!node.exportClause) {
      for (const [name, each] of from?.module?.exports ?? []) if (name !== 'default') exports.set(name, each);
    } else if (ts.isNamedExports(node.exportClause)) {
      for (const { name, propertyName } of node.exportClause.elements) {
        const local = propertyName ?? name;
        exports.set(name.text, from ? member(from, local.text) : ts.isIdentifier(local) ? evaluate(local, flow) : UNKNOWN);
      }
    } else if (from) exports.set(node.exportClause.name.text, from);
    return;
  }
  const flags = ts.canHaveModifiers(node) ? ts.getModifiers(node) ?? [] : [];
  if (!flags.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return;
  if (flags.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) exports.set('default', value ?? UNKNOWN);
  else if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) {
    if (node.name) exports.set(node.name.text, value ?? UNKNOWN);
  } else if (ts.isVariableStatement(node)) {
    const give = (name: ts.BindingName): void => {
      if (ts.isIdentifier(name)) exports.set(name.text, evaluate(name, flow));
      else for (const item of name.elements) if (ts.isBindingElement(item)) give(item.name);
    };
    for (const { name } of node.declarationList.declarations) give(name);
  }
}
