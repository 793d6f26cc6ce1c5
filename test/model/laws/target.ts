/** §1.5: where a rollback goes, region by region. */
import type { Plan } from '../../../src/pipeline/plan.ts';
import type { Book, RunBook } from '../book.ts';
import { unless, type Case } from './law.ts';

/** The run whose release a region goes back to: the last, by the trunk, that was settled good there, is not bad, and is older. */
function targetOf(book: Book, region: string): RunBook | undefined {
  const live = book.liveIn(region);
  if (!live) return undefined;
  const now = book.run(live.origin);
  const all = book.settled.get(`prod/${region}`) ?? [];
  const brought = all.findIndex(({ origin }) => origin === live.origin);
  const earlier = all.flatMap(({ origin, artifact }, index) => {
    if (artifact === '' || artifact === live.artifact || book.bad.has(origin)) return [];
    const run = book.run(origin);
    // Of one commit, what was released before it is the older.
    return run.sequence < now.sequence || (run.sequence === now.sequence && (brought === -1 || index < brought)) ? [run] : [];
  });
  return earlier.reduce<RunBook | undefined>((last, each) => (last && last.sequence > each.sequence ? last : each), undefined);
}

export function targetFault({ book, input }: Case, run: RunBook, plan: Plan): string | undefined {
  const to = input.what === 'command' && input.command.type === 'rollback' ? input.command.to : undefined;
  const climbing = book.holder('prod');
  const rollout = climbing?.stages.get('prod')?.rollout;
  const regions = plan.stages.flatMap(({ name, waves }) => (name === 'prod' ? waves.flatMap((wave) => wave.regions) : []));
  const wrong = regions.find((region) => run.restores !== (to ?? targetOf(book, region)?.id));
  return unless(
    [to !== undefined || !rollout || rollout.accepted, `a canary that is bad goes back by itself: ${climbing?.id} is still climbing, and what was live before it is not at fault`],
    [regions.length > 0, 'a rollback is of regions'],
    [wrong === undefined, `${wrong} goes back to the last release that was good there: ${wrong === undefined ? '' : targetOf(book, wrong)?.id ?? 'none'}, not ${run.restores}`],
    [run.restores === undefined || !book.bad.has(run.restores), `${run.restores} is bad, and is not put back`],
  );
}

/** What is said to have no release to go back to has none. */
export function leftFault({ book, input }: Case, left: readonly string[]): string | undefined {
  const isNamed = input.what === 'command' && input.command.type === 'rollback' && input.command.to !== undefined;
  const able = isNamed ? undefined : left.find((region) => targetOf(book, region) !== undefined);
  return unless([able === undefined, `${able} can go back, and is left as it is`]);
}
