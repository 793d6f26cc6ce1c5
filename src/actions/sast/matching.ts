import { growthOf } from './backtracking.ts';
import type { Flow } from './program.ts';
import { at, type Called } from './sinks.ts';
import { taintsIn, textOf, UNKNOWN, type Value } from './value.ts';

/** Methods of a pattern that take the text, and of a text that take the pattern. */
const OF_PATTERN = /^(test|exec)$/;
const OF_TEXT = /^(match|matchAll|replace|replaceAll|search|split)$/;

/** Texts from outside that are matched with a pattern of the program that takes too long, or are made a pattern. */
export function matched(called: Called, flow: Flow): void {
  const { api, args, name, object, isOwn } = called;
  if (isOwn) return;
  if (api === 'RegExp' || api === 'global.RegExp') {
    if (args[0] && !isPattern(args[0])) flow.program.reach('pattern-injection', { taints: taintsIn(args[0]) }, at(called, 0), 'is compiled as a pattern', flow);
    return;
  }
  if (!object) return;
  if (OF_PATTERN.test(name) && args[0]) slow(object, args[0], called, flow);
  else if (OF_TEXT.test(name) && args[0]) slow(args[0], object, called, flow);
}

function slow(pattern: Value, text: Value, called: Called, flow: Flow): void {
  if (!isPattern(pattern) || taintsIn(text).length === 0) return;
  const literal = textOf(pattern) ?? '';
  const growth = growthOf(literal);
  if (growth === 'linear') return;
  const rule = growth === 'exponential' ? 'slow-pattern' : 'quadratic-pattern';
  flow.program.reach(rule, { taints: taintsIn(text) }, called.node, `is matched with ${literal.slice(0, 60)}`, flow);
}

function isPattern(value: Value = UNKNOWN): boolean {
  return /^\/.+\/[a-z]*$/s.test(textOf(value) ?? '');
}
