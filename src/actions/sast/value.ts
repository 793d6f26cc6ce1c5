import type { Callable } from './callable.ts';
import type { Module } from './module.ts';
import { HARM } from './rules.ts';

/** Who decides about a value. */
export type SourceKind = 'request' | 'message' | 'page' | 'archive' | 'file' | 'command-line' | 'environment' | 'library';

/** One place on the way from a source to a sink; the way is a list from its end. */
export interface Step { readonly file: string; readonly line: number; readonly message: string; readonly before: Step | undefined; readonly depth: number }

/** That a value may hold what somebody else decides. */
export interface Taint {
  readonly key: string;
  /** Absent while it is a parameter of a function whose callers decide. */
  readonly kind?: SourceKind;
  readonly label: string;
  readonly parameter?: { readonly of: Callable; readonly index: number; readonly path: readonly string[] };
  /** Bits of HARM of which it was cleaned. */
  readonly safe: number;
  /** It is only a part of the text. */
  readonly isPartial: boolean;
  /** Nothing stands before it. */
  readonly isLeading: boolean;
  readonly steps: Step | undefined;
}

/** Objects whose fields have a meaning of their own. */
export type Role = 'request' | 'response' | 'context' | 'socket' | 'event' | 'location' | 'entry';

/** What is known of a value without running anything. */
export interface Value {
  readonly taints: readonly Taint[];
  /** Known properties; `*` for the elements of a list and for names that are not known. */
  readonly fields?: ReadonlyMap<string, Value>;
  readonly callables?: readonly Callable[];
  /** Where it comes from in a package: `child_process.exec`, `pg.Pool()`. */
  readonly api?: string;
  /** Its text, as far as it is constant; \0 stands for each unknown part. */
  readonly shape?: string;
  readonly role?: Role;
  /** What it is an instance of. */
  readonly instanceOf?: Callable;
  /** All that a module exports. */
  readonly module?: Module;
}

export const UNKNOWN: Value = { taints: [] };

const MOST_TAINTS = 8;
const MOST_CALLABLES = 12;
const MOST_FIELDS = 200;
const MOST_SHAPE = 1_000;
const MOST_STEPS = 12;
const DEEPEST = 4;

/** Either of two values. */
export function join(a: Value, b: Value, depth = 0): Value {
  if (a === b || b === UNKNOWN) return a;
  if (a === UNKNOWN) return b;
  const callables = a.callables && b.callables ? joinCallables(a.callables, b.callables) : a.callables ?? b.callables;
  const fields = depth < DEEPEST ? joinFields(a.fields, b.fields, depth) : undefined;
  const taints = joinTaints(a.taints, b.taints);
  const shape = (a.shape?.length ?? -1) >= (b.shape?.length ?? -1) ? a.shape : b.shape;
  const api = a.api ?? b.api;
  const role = a.role ?? b.role;
  const instanceOf = a.instanceOf ?? b.instanceOf;
  const module = a.module ?? b.module;
  if (taints === a.taints && fields === a.fields && callables === a.callables && api === a.api && role === a.role && shape === a.shape && instanceOf === a.instanceOf && module === a.module) return a;
  return valueOf({ taints, fields, callables, api, role, shape, instanceOf, module });
}

function joinCallables(a: readonly Callable[], b: readonly Callable[]): readonly Callable[] {
  return b.every((each) => a.includes(each)) ? a : [...new Set([...a, ...b])].slice(0, MOST_CALLABLES);
}

type Loose = { readonly [name in keyof Value]: Value[name] | undefined };

/** Without the fields that are undefined. */
export function valueOf(loose: Partial<Loose>): Value {
  const value: { -readonly [name in keyof Value]?: Value[name] } = { taints: loose.taints ?? [] };
  if (loose.fields !== undefined) value.fields = loose.fields;
  if (loose.callables !== undefined) value.callables = loose.callables;
  if (loose.api !== undefined) value.api = loose.api;
  if (loose.shape !== undefined) value.shape = loose.shape;
  if (loose.role !== undefined) value.role = loose.role;
  if (loose.instanceOf !== undefined) value.instanceOf = loose.instanceOf;
  if (loose.module !== undefined) value.module = loose.module;
  return value as Value;
}

function joinFields(a: Value['fields'], b: Value['fields'], depth: number): Value['fields'] {
  if (!a || !b || a === b) return a ?? b;
  let joined: Map<string, Value> | undefined;
  for (const [name, value] of b) {
    const there = (joined ?? a).get(name);
    if (there === value) continue;
    const either = there ? join(there, value, depth + 1) : value;
    if (either === there || !there && (joined ?? a).size >= MOST_FIELDS) continue;
    joined ??= new Map(a);
    joined.set(name, either);
  }
  return joined ?? a;
}

/** The same taint by two ways is as dangerous as on the worse one. */
export function joinTaints(a: readonly Taint[], b: readonly Taint[]): readonly Taint[] {
  if (b.length === 0 || a === b) return a;
  if (a.length === 0) return b;
  let result: Taint[] | undefined;
  for (const taint of b) {
    // There are few of them: looking through them is faster than any table.
    const all = result ?? a;
    const index = all.findIndex(({ key }) => key === taint.key);
    const there = all[index];
    if (there === taint || !there && all.length >= MOST_TAINTS) continue;
    if (!there) (result ??= [...a]).push(taint);
    else if ((there.safe & taint.safe) !== there.safe || taint.isPartial && !there.isPartial || taint.isLeading && !there.isLeading) (result ??= [...a])[index] = { ...there, safe: there.safe & taint.safe, isPartial: there.isPartial || taint.isPartial, isLeading: there.isLeading || taint.isLeading };
  }
  return result ?? a;
}

/** All that is in a value or in its elements and fields, as when it is made into text. */
export function taintsIn(value: Value, depth = 0): readonly Taint[] {
  if (!value.fields || depth > 2) return value.taints;
  let taints = value.taints;
  for (const field of value.fields.values()) taints = joinTaints(taints, taintsIn(field, depth + 1));
  return taints;
}

/** Texts put one behind the other. */
export function concatenated(parts: readonly Value[]): Value {
  const shape = parts.map((part) => part.shape ?? '\0').join('').slice(0, MOST_SHAPE);
  const isWhole = parts.filter((part) => part.shape !== '').length === 1;
  const first = parts.findIndex((part) => part.shape !== '');
  const taints = parts.reduce<readonly Taint[]>((all, part, index) => joinTaints(all, index <= first ? taintsIn(part) : taintsIn(part).map((taint) => (taint.isLeading ? { ...taint, isLeading: false } : taint))), []);
  const whole = taints.map((taint) => ((taint.safe & HARM.operator) !== 0 || parts.length < 2 ? taint : { ...taint, safe: taint.safe | HARM.operator }));
  return { taints: isWhole ? whole : taints.map((taint) => (taint.isPartial ? taint : { ...taint, isPartial: true })), shape };
}

/** Only what somebody decides about it stays, and its constant text. */
export function derived(...values: readonly Value[]): Value {
  const taints = values.reduce<readonly Taint[]>((all, value) => joinTaints(all, taintsIn(value)), []);
  return taints.length === 0 ? UNKNOWN : { taints };
}

export function cleaned(value: Value, harm: number): Value {
  if (value.taints.length === 0 && !value.fields && !value.role) return value;
  const { role: _role, ...rest } = value;
  return {
    ...rest, taints: cleanedTaints(value.taints, harm),
    ...(value.fields ? { fields: new Map([...value.fields].map(([name, field]) => [name, { ...field, taints: cleanedTaints(field.taints, harm) }])) } : {}),
  };
}

function cleanedTaints(taints: readonly Taint[], harm: number): readonly Taint[] {
  return taints.map((taint) => ((taint.safe & harm) === harm ? taint : { ...taint, safe: taint.safe | harm }));
}

export function dirtied(value: Value, harm: number): Value {
  return { ...value, taints: value.taints.map((taint) => ({ ...taint, safe: taint.safe & ~harm })) };
}

export function constant(text: string): Value {
  return { taints: [], shape: text.slice(0, MOST_SHAPE) };
}

/** The text of a value that is constant throughout. */
export function textOf(value: Value): string | undefined {
  return value.shape === undefined || value.shape.includes('\0') ? undefined : value.shape;
}

export function withField(value: Value, name: string, field: Value): Value {
  const fields = new Map(value.fields);
  if (fields.size < MOST_FIELDS || fields.has(name)) fields.set(name, name === '*' ? join(fields.get('*') ?? UNKNOWN, field) : field);
  return { ...value, fields };
}

/** Nothing below a certain depth, so that a value can't grow from round to round. */
export function clipped(value: Value, depth = DEEPEST): Value {
  if (!value.fields || !isDeeper(value, depth)) return value;
  if (depth === 0) {
    const { fields: _fields, ...rest } = value;
    return { ...rest, taints: taintsIn(value) };
  }
  return { ...value, fields: new Map([...value.fields].map(([name, field]) => [name, clipped(field, depth - 1)])) };
}

function isDeeper(value: Value, depth: number): boolean {
  if (!value.fields) return false;
  if (depth === 0) return true;
  for (const field of value.fields.values()) if (isDeeper(field, depth - 1)) return true;
  return false;
}

export function stepped(value: Value, file: string, line: number, message: string): Value {
  if (value.taints.length === 0) return value;
  return { ...value, taints: value.taints.map((taint) => ({ ...taint, steps: after(taint.steps, file, line, message) })) };
}

export function after(before: Step | undefined, file: string, line: number, message: string): Step | undefined {
  const depth = (before?.depth ?? 0) + 1;
  if (depth > MOST_STEPS || (before?.line === line && before.file === file)) return before;
  return { file, line, message, before, depth };
}

export function stepsOf(last: Step | undefined): { readonly file: string; readonly line: number; readonly message: string }[] {
  const steps = [];
  for (let step = last; step; step = step.before) steps.unshift({ file: step.file, line: step.line, message: step.message });
  return steps;
}
