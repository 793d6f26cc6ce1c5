import type { Sequence, Step } from './steps.ts';

/** Takes steps out as long as the fault stays the same in kind; then makes what is left simpler. */
export function shrunk(sequence: Sequence, faultOf: (sequence: Sequence) => string | undefined): { readonly sequence: Sequence; readonly fault: string } {
  const first = faultOf(sequence);
  if (first === undefined) throw new Error('there is nothing to shrink: the sequence has no fault');
  let best = { sequence, fault: first };
  const isBetter = (steps: readonly Step[]): boolean => {
    const tried = { ...sequence, steps };
    const fault = faultOf(tried);
    if (fault === undefined || kindOf(fault) !== kindOf(first)) return false;
    best = { sequence: tried, fault };
    return true;
  };
  for (let size = Math.ceil(best.sequence.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.sequence.steps.length;) {
      const { steps } = best.sequence;
      if (!isBetter([...steps.slice(0, at), ...steps.slice(at + size)])) at += size;
    }
  }
  best.sequence.steps.forEach((step, at) => {
    for (const simpler of simplerThan(step)) if (isBetter(best.sequence.steps.map((each, index) => (index === at ? simpler : each)))) break;
  });
  return best;
}

function simplerThan(step: Step): readonly Step[] {
  if (step.do === 'push' && step.commits > 1) return [{ ...step, commits: 1 }];
  if (step.do === 'end' || step.do === 'late') return [0, 1, 2].map((pick) => ({ ...step, pick }));
  if (step.do === 'ask') return [{ ...step, pick: 0, choice: 0 }, { ...step, choice: 0 }, { ...step, pick: 0 }];
  if (step.do === 'crash') return [{ ...step, done: 0 }];
  return [];
}

/** A fault without the ids and numbers in it. */
export function kindOf(fault: string): string {
  return fault.replace(/r-[0-9a-z]+/g, 'RUN').replace(/[0-9a-f]{12,}/g, 'HASH').replace(/\d+/g, 'N').replace(/"[^"]*"/g, '"…"').split('\n')[0] ?? '';
}
