import ts from 'typescript';
import { Callable, emptySummary, type FunctionNode, type Reach } from './callable.ts';
import { Environment, type Variable } from './environment.ts';
import type { Module } from './module.ts';
import { isHarmed, type RuleId } from './rules.ts';
import { Types } from './types.ts';
import { after, clipped, join, stepsOf, taintsIn, UNKNOWN, type SourceKind, type Step, type Value } from './value.ts';

/** Where the analysis is: in which file, in which function, and what holds there. */
export interface Flow {
  readonly program: Program;
  readonly module: Module;
  readonly callable: Callable | undefined;
  env: Environment;
  /** What `this` is. */
  readonly self: Value | undefined;
  /** Ends of the function that were met, and the places of its parameters. */
  readonly ends: { returned: Value; readonly open: End[]; readonly places: (string | undefined)[] } | undefined;
}

/** Of which harms each parameter is clean at one end of a function: at all, and by what it answers there. */
export interface End {
  readonly always: readonly number[];
  readonly whenTrue?: readonly number[];
  readonly whenFalse?: readonly number[];
}

export interface Hit {
  readonly rule: RuleId;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly source: SourceKind | undefined;
  readonly label: string;
  readonly isPartial: boolean;
  readonly sink: string;
  readonly steps: readonly { readonly file: string; readonly line: number; readonly message: string }[];
}

/** Thrown where a function is longer than any person writes. */
export class Exhausted extends Error {}

/** How many nodes are looked at in one function, and in all functions of one round. */
const MOST_IN_FUNCTION = 60_000;
const MOST_IN_ROUND = 12_000_000;

/** All files, and what is known of them so far. */
export class Program {
  readonly modules: ReadonlyMap<string, Module>;
  readonly types: Types;
  readonly versions: (name: string) => string | undefined;
  readonly hits = new Map<string, Hit>();
  /** Files of which a part was left out, and why. */
  readonly incomplete = new Map<string, string>();
  round = 0;
  isLast = false;
  depth = 0;
  /** How many functions are handed on at this point, each by one that was handed on itself. */
  handing = 0;
  #fuel = MOST_IN_FUNCTION;
  #inRound = MOST_IN_ROUND;
  readonly #callables = new Map<ts.Node, Callable>();
  readonly #byName = new Map<string, Set<Callable>>();
  #held = new Map<Variable, Value>();
  #heldBefore = new Map<Variable, Value>();

  constructor(modules: ReadonlyMap<string, Module>, versions: (name: string) => string | undefined) {
    this.modules = modules;
    this.types = new Types(modules.values());
    this.versions = versions;
  }

  begin(isLast: boolean): void {
    this.round += 1;
    this.isLast = isLast;
    this.#heldBefore = this.#held;
    this.#held = new Map();
    this.#inRound = MOST_IN_ROUND;
  }

  /** Gives a function its own measure, and gives the outer one back what it had left. */
  measured(work: () => void): void {
    const left = this.#fuel;
    this.#fuel = MOST_IN_FUNCTION;
    try {
      work();
    } finally {
      this.#fuel = left;
    }
  }

  spend(): void {
    this.#fuel -= 1;
    this.#inRound -= 1;
    if (this.#fuel < 0) throw new Exhausted('a function of it is longer than can be followed');
    if (this.#inRound < 0) throw new Exhausted('all files together are more than can be followed');
  }

  callableOf(node: FunctionNode, module: Module, name: string): Callable {
    const there = this.#callables.get(node);
    if (there) return there;
    const made = new Callable(this.#callables.size, node, module, name);
    this.#callables.set(node, made);
    return made;
  }

  /** Anything that a variable ever holds: what functions see that are called at times that nobody knows. */
  hold(variable: Variable, value: Value): void {
    const there = this.#held.get(variable);
    this.#held.set(variable, clipped(there ? join(there, value) : value));
  }

  held(variable: Variable): Value {
    return this.#held.get(variable) ?? this.#heldBefore.get(variable) ?? UNKNOWN;
  }

  /** A function under the name of a property: whoever calls that name on something unknown may call it. */
  offer(name: string, value: Value): void {
    for (const callable of value.callables ?? []) {
      const there = this.#byName.get(name);
      if (there) there.add(callable);
      else this.#byName.set(name, new Set([callable]));
    }
  }

  offered(name: string): readonly Callable[] {
    return [...this.#byName.get(name) ?? []];
  }

  /** Says that a value does harm at a place, unless it is clean of it: a finding, or something that callers must know. */
  reach(rule: RuleId, value: Value, node: ts.Node, sink: string, flow: Flow): void {
    for (const taint of taintsIn(value)) {
      if (isHarmed(rule, taint)) this.arrive({ rule, taint, file: flow.module.file, line: flow.module.line(node), column: flow.module.column(node), end: { file: flow.module.file, line: flow.module.line(node), sink }, steps: undefined });
    }
  }

  arrive(reach: Reach): void {
    const { taint, rule, file, line, column, end } = reach;
    if (taint.parameter) {
      const { of } = taint.parameter;
      const reaches = of.round === this.round ? (of.summary ??= emptySummary()).reaches : of.early;
      const key = `${rule}:${file}:${line}:${column}:${taint.key}`;
      if (reaches.size < 60 && !reaches.has(key)) reaches.set(key, reach);
    }
    if (taint.kind !== undefined && this.isLast && !isOwnDoing(rule, taint.kind)) {
      this.hit({ rule, file, line, column, source: taint.kind, label: taint.label, isPartial: taint.isPartial, sink: end.sink, steps: stepsOf(after(joined(taint.steps, reach.steps), end.file, end.line, end.sink)) });
    }
  }

  /** The nearest source is told where several lead to one place. */
  hit(hit: Hit): void {
    const key = `${hit.rule}:${hit.file}:${hit.line}`;
    const there = this.hits.get(key);
    if (!there || weight(hit) < weight(there)) this.hits.set(key, hit);
  }
}

const OWN_DOING: readonly RuleId[] = [
  'path-traversal', 'ssrf', 'open-redirect', 'xss', 'prototype-pollution', 'nosql-injection', 'log-injection', 'pattern-injection', 'slow-pattern', 'quadratic-pattern', 'insecure-object-reference',
];
/** Nobody but the person who looks at the page is kept waiting, or reads what it logs. */
const OF_SERVERS: readonly RuleId[] = ['log-injection', 'pattern-injection', 'slow-pattern', 'quadratic-pattern'];

/** Whoever starts a program may open what they like with it: only what is run is told. */
function isOwnDoing(rule: RuleId, kind: SourceKind): boolean {
  if (kind === 'page' && OF_SERVERS.includes(rule)) return true;
  return (kind === 'command-line' || kind === 'environment') && OWN_DOING.includes(rule);
}

const KINDS: readonly (SourceKind | undefined)[] = [undefined, 'request', 'message', 'page', 'archive', 'file', 'library', 'command-line', 'environment'];

function weight({ source, steps, isPartial, label }: Hit): number {
  return KINDS.indexOf(source) * 1_000 + (isPartial ? 0 : 500) + steps.length * 10 + Math.min(label.length, 9);
}

/** One way behind the other. */
export function joined(first: Step | undefined, second: Step | undefined): Step | undefined {
  return stepsOf(second).reduce((way: Step | undefined, { file, line, message }) => after(way, file, line, message), first);
}
