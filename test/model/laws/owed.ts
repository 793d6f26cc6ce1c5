/** What must be under way, computed from the book: the effects that the pipeline owes are exactly these. */
import type { Effect } from '../../../src/core/owed.ts';
import { stagesOf, standing, type Book, type RolloutBook, type RunBook, type StageBook } from '../book.ts';
import { allPassed, CORE_KINDS, isApproved, isStopped } from './actions.ts';

/** One word for an effect, without what identifies its entry of the stage. */
export function wordOf(effect: Effect): string {
  const place = `${effect.run} ${effect.stage}`;
  switch (effect.type) {
    case 'attempt': return `${place} attempt ${effect.attempt} of ${effect.action.name}`;
    case 'attest': return `${place} signs ${effect.what}`;
    case 'rollout': return `${place} ${effect.step.type} ${effect.step.region}${'step' in effect.step ? ` ${effect.step.step}` : ''}`;
  }
}

interface Expected {
  /** All of these. */
  readonly must: ReadonlySet<string>;
  /** And of these at least one, where there are any: in which order, the order says. */
  readonly back: ReadonlySet<string>;
}

export function expectedOf(book: Book): Expected {
  const must = new Set<string>();
  const back = new Set<string>();
  for (const run of book.unfinished()) {
    const plan = standing(run);
    const stage = plan && run.stages.get(plan.name);
    if (!plan || stage?.state !== 'in') continue;
    const place = `${run.id} ${plan.name}`;
    if (stage.rollout) for (const step of forward(stage.rollout, isStopped(run, stage))) must.add(`${place} ${step}`);
    if (stage.rollout?.breached) for (const region of exposed(stage.rollout)) back.add(`${place} restore ${region}`);
    if (!isStopped(run, stage)) for (const work of working(run, stage, plan.name)) must.add(`${place} ${work}`);
  }
  return { must, back };
}

/** The regions that carry, or may carry, what is to go. */
export function exposed({ regions }: RolloutBook): string[] {
  return [...regions].filter(([, { phase }]) => phase !== 'waiting' && phase !== 'restored').map(([name]) => name);
}

function forward(rollout: RolloutBook, isStopped: boolean): string[] {
  const all = [...rollout.regions];
  if (rollout.breached || isStopped && !rollout.accepted) return [];
  if (rollout.accepted) return all.filter(([, { phase }]) => phase !== 'settled').map(([name]) => `settle ${name}`);
  const holds = all.some(([, { phase }]) => phase === 'held');
  return all.flatMap(([name, { phase, step }]) => {
    if (phase === 'preparing') return holds ? [] : [`prepare ${name}`];
    // Alarms stay armed wherever there is, or may be, traffic (§1.2).
    if (phase === 'shifting') return holds ? [`watch ${name}`] : [`shift ${name} ${step}`, `watch ${name}`];
    if (phase === 'baking' || phase === 'held') return [`bake ${name} ${step}`];
    return phase === 'done' ? [`watch ${name}`] : [];
  });
}

function working(run: RunBook, stage: StageBook, name: NonNullable<ReturnType<typeof standing>>['name']): string[] {
  const plan = stagesOf(run).find((each) => each.name === name);
  const attempts = plan?.actions.flatMap(({ name: action, kind }) => {
    const known = stage.actions.get(action);
    return known?.state === 'running' && !CORE_KINDS.has(kind) ? [`attempt ${known.attempt} of ${action}`] : [];
  }) ?? [];
  const approval = name === 'prod' && isApproved(run) && run.approval?.attested === false ? ['signs approval'] : [];
  const summary = run.kind === 'STANDARD' && run.artifact !== undefined && name !== 'source' && allPassed(run, name) && !stage.attested ? ['signs stage'] : [];
  return [...attempts, ...approval, ...summary];
}

export function owedFault(book: Book, effects: readonly Effect[]): string | undefined {
  const { must, back } = expectedOf(book);
  const words = effects.map(wordOf);
  const owed = new Set(words);
  if (owed.size !== effects.length || new Set(effects.map(({ key }) => key)).size !== effects.length) return `an effect is owed twice: ${words.join('; ')}`;
  const missing = [...must].find((word) => !owed.has(word));
  if (missing !== undefined) return `"${missing}" must be under way, and is not owed`;
  const strange = words.find((word) => !must.has(word) && !back.has(word));
  if (strange !== undefined) return `"${strange}" is owed, and nothing asks for it`;
  return orderFault(book, owed);
}

/** §1.5: a restore is owed until it is done; the failing region goes first, then all that are warm, at once. */
function orderFault(book: Book, owed: ReadonlySet<string>): string | undefined {
  for (const run of book.unfinished()) {
    for (const [name, { rollout, state }] of run.stages) {
      if (state !== 'in' || !rollout?.breached) continue;
      const left = exposed(rollout);
      const isOwed = (region: string): boolean => owed.has(`${run.id} ${name} restore ${region}`);
      const failing = rollout.breached.region;
      const waitsFor = failing !== undefined && left.includes(failing) && !rollout.regions.get(failing)?.late ? failing : undefined;
      if (waitsFor !== undefined && !isOwed(waitsFor)) return `the failing region ${waitsFor} goes back first, and its restore is not owed`;
      const idle = left.find((region) => waitsFor === undefined && !isOwed(region));
      if (idle !== undefined) return `${idle} may have traffic of ${run.id} in ${name}, and its restore is not owed`;
      const early = left.find((region) => waitsFor !== undefined && region !== waitsFor && isOwed(region));
      if (early !== undefined) return `the failing region ${waitsFor} goes back before ${early}`;
    }
  }
  return undefined;
}
