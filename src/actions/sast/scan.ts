import { posix } from 'node:path';
import { ruleOf, severityOf, type RuleId } from './rules.ts';
import { emptySummary, type Callable } from './callable.ts';
import { Environment } from './environment.ts';
import { forgeable } from './forgery.ts';
import { resolveModule } from './imports.ts';
import { Module } from './module.ts';
import { Exhausted, joined, Program, type Flow, type Hit } from './program.ts';
import { sequence } from './statements.ts';
import { after, stepsOf, type Value } from './value.ts';
import type { Found } from '../../reports/report.ts';

export interface SourceText { readonly path: string; readonly text: string }

export interface Scan {
  readonly found: readonly Found[];
  /** Files that were not looked at, or not to their end, and why. */
  readonly incomplete: readonly { readonly path: string; readonly why: string }[];
  readonly files: number;
}

const ROUNDS = 3;

/** Looks through all files together. @param at is told each file before it is looked at. */
export function scan(files: readonly SourceText[], at: (path: string) => void = () => {}): Scan {
  const modules = new Map<string, Module>();
  const incomplete = new Map<string, string>();
  const manifests = files.filter(({ path }) => posix.basename(path) === 'package.json').flatMap(manifestOf);
  for (const { path, text } of files) {
    if (path.endsWith('.json')) continue;
    at(path);
    try {
      modules.set(path, new Module(path, text));
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      incomplete.set(path, 'it is nested too deeply');
    }
  }
  const program = new Program(modules, (name) => manifests.map(({ versions }) => versions.get(name)).find((version) => version !== undefined));
  const ordered = byImports(modules);
  for (let round = 1; round <= ROUNDS; round += 1) {
    program.begin(round === ROUNDS);
    for (const module of ordered) {
      at(module.file);
      follow(module, program);
    }
  }
  forgeable(ordered, program);
  for (const { entries } of manifests) for (const entry of entries) surface(resolveModule('x', `./${entry}`, modules), program);
  for (const [path, why] of program.incomplete) incomplete.set(path, why);
  return { found: [...program.hits.values()].map(foundOf), incomplete: [...incomplete].map(([path, why]) => ({ path, why })), files: modules.size };
}

function follow(module: Module, program: Program): void {
  const flow: Flow = { program, module, callable: undefined, env: new Environment(), self: { taints: [], module }, ends: undefined };
  try {
    program.measured(() => void sequence(module.source.statements, flow));
  } catch (thrown) {
    if (!(thrown instanceof Exhausted || thrown instanceof RangeError)) throw thrown;
    program.incomplete.set(module.file, thrown instanceof Exhausted ? thrown.message : 'it is nested too deeply');
  }
}

/** What is imported comes before who imports it, as far as that can be. */
function byImports(modules: ReadonlyMap<string, Module>): readonly Module[] {
  const ordered = new Set<Module>();
  const met = new Set<Module>();
  for (const start of modules.values()) {
    const pending: { readonly module: Module; readonly isDone: boolean }[] = [{ module: start, isDone: false }];
    for (let next = pending.pop(); next; next = pending.pop()) {
      if (next.isDone) {
        ordered.add(next.module);
        continue;
      }
      if (met.has(next.module)) continue;
      met.add(next.module);
      pending.push({ module: next.module, isDone: true });
      for (const [, specifier = ''] of next.module.source.text.matchAll(/(?:from|require\(|import\(?)\s*['"](\.[^'"\n]{0,200})['"]/g)) {
        const imported = resolveModule(next.module.file, specifier, modules);
        if (imported && !met.has(imported)) pending.push({ module: imported, isDone: false });
      }
    }
  }
  return [...ordered];
}

interface Manifest { readonly entries: readonly string[]; readonly versions: ReadonlyMap<string, string> }

/** What a package gives to others: its entries are its surface, unless it is private. */
function manifestOf({ path, text }: SourceText): readonly Manifest[] {
  let read: { readonly [field: string]: unknown };
  try {
    read = JSON.parse(text) as typeof read;
  } catch {
    return [];
  }
  if (typeof read !== 'object' || read === null) return [];
  const folder = posix.dirname(path);
  const named = read['private'] === true ? [] : [...texts(read['main']), ...texts(read['module']), ...texts(read['exports'], 4), ...texts(read['browser']), ...(read['main'] === undefined && read['exports'] === undefined ? ['index.js'] : [])];
  const versions = new Map(['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((field) => Object.entries(read[field] ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string')));
  return [{ entries: named.map((entry) => posix.normalize(posix.join(folder, entry))), versions }];
}

function texts(value: unknown, depth = 1): readonly string[] {
  if (typeof value === 'string') return [value];
  return depth > 0 && typeof value === 'object' && value !== null ? Object.values(value).flatMap((each) => texts(each, depth - 1)) : [];
}

/** Callers of a library may hand on what others told them: what reaches a sink from its surface is told, as less certain. */
function surface(module: Module | undefined, program: Program): void {
  if (!module) return;
  const met = new Set<Callable>();
  const visit = (value: Value, depth: number): void => {
    if (depth > 4) return;
    for (const callable of value.callables ?? []) {
      if (met.has(callable)) continue;
      met.add(callable);
      tell(callable, program);
      for (const method of callable.methods.values()) visit({ taints: [], callables: [method] }, depth + 1);
      for (const each of callable.statics.values()) visit(each, depth + 1);
      visit(callable.fields, depth + 1);
      if (callable.summary) visit(callable.summary.returned, depth + 1);
    }
    if (value.instanceOf) for (let at: Callable | undefined = value.instanceOf, up = 0; at && up < 8; at = at.parent, up += 1) {
      for (const method of at.methods.values()) visit({ taints: [], callables: [method] }, depth + 1);
    }
    for (const field of value.fields?.values() ?? []) visit(field, depth + 1);
    if (value.module) {
      visit(value.module.whole, depth + 1);
      for (const each of value.module.exports.values()) visit(each, depth + 1);
    }
  };
  visit({ taints: [], module }, 0);
}

/** What a caller hands over is a filter, a pattern or a line of the log because it is meant to be one. */
const NOT_OF_LIBRARIES: readonly RuleId[] = ['nosql-injection', 'nosql-script', 'log-injection', 'pattern-injection', 'insecure-object-reference'];

function tell(callable: Callable, program: Program): void {
  for (const { taint, rule, end, steps, file, line, column } of (callable.summary ?? emptySummary()).reaches.values()) {
    // That a library opens the file or calls the address that it is told is what it is for.
    if (rule === 'path-traversal' && taint.isLeading) continue;
    if (NOT_OF_LIBRARIES.includes(rule)) continue;
    if (!taint.isPartial && ['path-traversal', 'ssrf', 'open-redirect', 'xss'].includes(rule)) continue;
    const { name, module, node } = callable;
    const start = after(undefined, module.file, module.line(node), `"${taint.label}" is what a caller hands to ${name === '' ? 'this function' : name}`);
    program.hit({ rule, file, line, column, source: 'library', label: `"${taint.label}", which a caller hands over,`, isPartial: taint.isPartial, sink: end.sink, steps: stepsOf(after(joined(start, joined(taint.steps, steps)), end.file, end.line, end.sink)) });
  }
}

function foundOf(hit: Hit): Found {
  const rule = ruleOf(hit.rule as RuleId);
  return {
    rule: rule.id, severity: hit.source === undefined ? rule.severity : severityOf(rule, hit.source, hit.isPartial),
    message: hit.source === undefined ? hit.label : `${hit.label} ${rule.message}`,
    why: rule.why, fix: rule.fix, help: `https://cwe.mitre.org/data/definitions/${rule.cwe}.html`, file: hit.file, line: hit.line, column: hit.column, ...(hit.steps.length > 0 ? { steps: hit.steps } : {}),
  };
}
