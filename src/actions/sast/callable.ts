import ts from 'typescript';
import type { Environment } from './environment.ts';
import type { Module } from './module.ts';
import type { RuleId } from './rules.ts';
import { UNKNOWN, type Step, type Taint, type Value } from './value.ts';

export type FunctionNode = ts.FunctionLikeDeclaration | ts.ClassLikeDeclaration;

/** A harm that is done with what a parameter brings. */
export interface Reach {
  readonly rule: RuleId;
  readonly taint: Taint;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where and how it is done: further in than the place that is told, where the place hands a whole text to a function. */
  readonly end: { readonly file: string; readonly line: number; readonly sink: string };
  /** From the parameter to the end. */
  readonly steps: Step | undefined;
}

/** That what a parameter brings is called, and with what. */
export interface Callback { readonly taint: Taint; readonly args: readonly Value[] }

/** All that a caller must know of a function. */
export interface Summary {
  returned: Value;
  readonly reaches: Map<string, Reach>;
  readonly callbacks: Map<string, Callback>;
  /** Of which harms each parameter has been cleaned whenever the function comes to its end. */
  validates: number[] | undefined;
  /** The same for when what it returns is true, and when it is false. */
  whenTrue: number[] | undefined;
  whenFalse: number[] | undefined;
}

/** A function or class of the code that is looked at. */
export class Callable {
  readonly id: number;
  readonly node: FunctionNode;
  readonly module: Module;
  readonly name: string;
  summary: Summary | undefined;
  previous: Summary | undefined;
  /** In which round the summary was made, and in which it was come upon where it is written. */
  round = -1;
  met = -1;
  isUnderWay = false;
  /** What its parameters were found to reach in this round before it was looked at itself. */
  readonly early = new Map<string, Reach>();
  /** Where it was written: what it sees of the variables around it. */
  scope: Environment | undefined;
  /** Of a class, or of a function that is used as one. */
  readonly methods = new Map<string, Callable>();
  readonly statics = new Map<string, Value>();
  fields: Value = UNKNOWN;
  parent: Callable | undefined;
  /** What `this` is in it. */
  self: Value | undefined;

  constructor(id: number, node: FunctionNode, module: Module, name: string) {
    this.id = id;
    this.node = node;
    this.module = module;
    this.name = name;
  }

  /** The function whose parameters it takes: of a class its constructor. */
  get body(): ts.FunctionLikeDeclaration | undefined {
    return ts.isClassLike(this.node) ? this.node.members.find((member): member is ts.ConstructorDeclaration => ts.isConstructorDeclaration(member) && member.body !== undefined) : this.node;
  }

  /** Of itself or of what it extends. */
  method(name: string, depth = 0): Callable | undefined {
    return this.methods.get(name) ?? (depth < 8 ? this.parent?.method(name, depth + 1) : undefined);
  }
}

export function emptySummary(): Summary {
  return { returned: UNKNOWN, reaches: new Map(), callbacks: new Map(), validates: undefined, whenTrue: undefined, whenFalse: undefined };
}
