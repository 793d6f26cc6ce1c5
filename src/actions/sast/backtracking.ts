import { ANY, NONE, treeOf, type Characters, type Tree } from './pattern-tree.ts';

/** How the time of a failing match grows with the text: by its square or worse, or doubled with each character. */
export type Growth = 'linear' | 'polynomial' | 'exponential';

const MOST_POSITIONS = 90;
const MOST_STEPS = 400_000;

const known = new Map<string, Growth>();

/** @param literal as it is written, `/…/flags`. */
export function growthOf(literal: string): Growth {
  const there = known.get(literal);
  if (there !== undefined) return there;
  const end = literal.lastIndexOf('/');
  const tree = treeOf(literal.slice(1, end), literal.slice(end + 1));
  const growth = tree && end <= 2_000 ? worst([tree, ...looks(tree)].map((each, index) => growthOfTree(each, index > 0 || literal.slice(end).includes('y')))) : 'linear';
  if (known.size < 10_000) known.set(literal, growth);
  return growth;
}

function worst(all: readonly Growth[]): Growth {
  if (all.includes('exponential')) return 'exponential';
  return all.includes('polynomial') ? 'polynomial' : 'linear';
}

/** What looks ahead or behind is matched by itself. */
function looks(tree: Tree): readonly Tree[] {
  if (tree.type === 'look') return [tree.of, ...looks(tree.of)];
  if (tree.type === 'repeat') return looks(tree.of);
  return tree.type === 'sequence' || tree.type === 'choice' ? tree.parts.flatMap(looks) : [];
}

/** Glushkov's automaton: a state for each character of the pattern, and how often one may follow another. */
interface Automaton {
  readonly sets: readonly Characters[];
  readonly next: readonly (readonly number[])[];
  /** Edges that two different ways of repeating lead over, as in `(a+)+`: `FROM:TO`. */
  readonly twice: ReadonlySet<string>;
  /** States at which the match may end well, whatever comes. */
  readonly last: ReadonlySet<number>;
}

interface Part { readonly first: readonly number[]; readonly last: readonly number[]; readonly isEmpty: boolean }

class TooLarge extends Error {}

function automatonOf(tree: Tree, isFixed: boolean): Automaton {
  const sets: Characters[] = [];
  const next: Set<number>[] = [];
  const twice = new Set<string>();
  const state = (set: Characters): number => {
    if (sets.length >= MOST_POSITIONS) throw new TooLarge();
    next.push(new Set());
    return sets.push(set) - 1;
  };
  const link = (from: readonly number[], to: readonly number[]): void => {
    for (const a of from) for (const b of to) {
      if (next[a]!.has(b)) twice.add(`${a}:${b}`);
      next[a]!.add(b);
    }
  };
  const sequence = (parts: readonly Tree[]): Part => parts.map(build).reduce((before, after) => {
    link(before.last, after.first);
    return {
      first: before.isEmpty ? [...before.first, ...after.first] : before.first,
      last: after.isEmpty ? [...before.last, ...after.last] : after.last, isEmpty: before.isEmpty && after.isEmpty,
    };
  }, { first: [], last: [], isEmpty: true });
  const build = (node: Tree): Part => {
    if (node.type === 'character') {
      const at = [state(node.set)];
      return { first: at, last: at, isEmpty: false };
    }
    if (node.type === 'sequence') return sequence(node.parts);
    if (node.type === 'choice') {
      const parts = node.parts.map(build);
      return { first: parts.flatMap(({ first }) => first), last: parts.flatMap(({ last }) => last), isEmpty: parts.some(({ isEmpty }) => isEmpty) };
    }
    if (node.type !== 'repeat') return { first: [], last: [], isEmpty: true };
    const part = build(node.of);
    if (node.isEndless) link(part.last, part.first);
    return { ...part, isEmpty: part.isEmpty || node.isOptional };
  };
  const whole = sequence([isFixed || beginsAtStart(tree) ? { type: 'start' } : { type: 'repeat', of: { type: 'character', set: ANY }, isOptional: true, isEndless: true }, tree]);
  return { sets, next: next.map((each) => [...each]), twice, last: new Set(whole.last) };
}

function beginsAtStart(tree: Tree): boolean {
  if (tree.type === 'start') return true;
  if (tree.type === 'choice') return tree.parts.every(beginsAtStart);
  return tree.type === 'sequence' && tree.parts[0] !== undefined && beginsAtStart(tree.parts[0]);
}

function growthOfTree(tree: Tree, isFixed: boolean): Growth {
  try {
    const automaton = automatonOf(tree, isFixed);
    const budget = { left: MOST_STEPS };
    if (isExponential(automaton, budget)) return 'exponential';
    return isPolynomial(automaton, budget) ? 'polynomial' : 'linear';
  } catch (thrown) {
    if (thrown instanceof TooLarge) return 'linear';
    throw thrown;
  }
}

interface Budget { left: number }

/** Which tuples of states can be reached together from one, over the same text. @param goal ends the search. */
function reaches({ sets, next }: Automaton, from: readonly number[], goal: (to: readonly number[]) => boolean, budget: Budget): boolean {
  const met = new Set<string>();
  const pending = [from];
  for (let at = pending.pop(); at; at = pending.pop()) {
    let ways: { readonly to: readonly number[]; readonly set: Characters }[] = [{ to: [], set: ANY }];
    for (const each of at) {
      ways = ways.flatMap(({ to, set }) => next[each]!.flatMap((follower) => {
        budget.left -= 1;
        const shared = set & sets[follower]!;
        return shared === NONE ? [] : [{ to: [...to, follower], set: shared }];
      }));
      if (budget.left < 0) throw new TooLarge();
    }
    for (const { to } of ways) {
      if (goal(to)) return true;
      const key = to.join();
      if (met.has(key)) continue;
      met.add(key);
      pending.push(to);
    }
  }
  return false;
}

/** Two ways lead from a state back to itself over the same text. */
function isExponential(automaton: Automaton, budget: Budget): boolean {
  const { sets, next, twice, last } = automaton;
  return sets.some((set, state) => {
    if (set === NONE || last.has(state) || !reaches(automaton, [state], ([to]) => to === state, budget)) return false;
    const isTwice = [...twice].some((edge) => {
      const [from = 0, to = 0] = edge.split(':').map(Number);
      return from === state && sets[to] !== NONE && (to === state || reaches(automaton, [to], ([at]) => at === state, budget));
    });
    if (isTwice) return true;
    const followers = next[state]!;
    // Ways part at the state itself: every loop that is ambiguous has such a state.
    return followers.some((a, index) => followers.slice(index + 1).some((b) => (sets[a]! & sets[b]!) !== NONE
      && (reaches(automaton, [a, b], ([x, y]) => x === state && y === state, budget))));
  });
}

/** Two loops one behind the other take the same text, so that where it is parted must be tried out. */
function isPolynomial(automaton: Automaton, budget: Budget): boolean {
  const { sets, last } = automaton;
  const loops = sets.flatMap((set, state) => (set !== NONE && reaches(automaton, [state], ([to]) => to === state, budget) ? [state] : []));
  return loops.some((first) => loops.some((second) => first !== second && !last.has(second)
    && reaches(automaton, [first, first, second], ([x, y, z]) => x === first && y === second && z === second, budget)));
}
