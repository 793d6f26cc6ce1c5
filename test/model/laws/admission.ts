/** §6: who may begin, wait, enter and be superseded. */
import type { StageName } from '../../../src/pipeline/plan.ts';
import { stagesOf, standing, type Book, type RunBook } from '../book.ts';
import { isCommand, unless, type Laws } from './law.ts';
import { leftFault } from './target.ts';

export const admissionLaws: Laws = {
  'run-started': (event, at) => {
    const { book } = at;
    if (event.kind === 'ROLLBACK') return unless([isCommand(at, 'rollback'), 'a ROLLBACK begins only when a person asks for it']) ?? leftFault(at, event.left ?? []);
    const twin = book.unfinished().find((run) => run.kind === 'STANDARD' && run.commit === event.commit);
    const misplaced = [...book.runs.values()].find((run) => book.isOfTrunk(run) && run.commit !== event.commit && book.isLater(run.commit, event.commit) !== run.sequence > event.sequence);
    return unless(
      [isCommand(at, 'run'), 'a run begins only for a commit that somebody or the trunk brought'],
      [book.trunk.includes(event.commit), 'only commits of the trunk run'],
      [twin === undefined, `a commit has one run at a time, and ${twin?.id} is under way`],
      [misplaced === undefined, `R1 needs sequences in the order of the trunk, and ${misplaced?.id} has one on the wrong side of ${event.sequence}`],
    );
  },
  'stage-queued': (event, { book }) => {
    const run = book.run(event.run);
    return unless(
      [standing(run)?.name === event.stage, 'a run waits only for the next of its stages'],
      [!isIn(run, event.stage), 'a run that is inside does not wait'],
      [run.cancelled === undefined, 'a run that is stopped waits for nothing'],
    );
  },
  'stage-entered': (event, { book }) => {
    const run = book.run(event.run);
    const plan = standing(run);
    const common = unless(
      [run.outcome === undefined, 'a run that has ended enters nothing'],
      [plan?.name === event.stage, 'stages are taken in their order'],
      [run.cancelled === undefined, 'R7: a run that is stopped enters nothing more'],
      [event.fence > (book.fences.get(event.stage) ?? 0), 'R3: the token of a lock rises with each entry'],
    );
    if (common !== undefined || plan?.mode === 'parallel') return common;
    const holder = book.holder(event.stage);
    const newer = newerThan(book, run, event.stage);
    const rollback = book.waiting(event.stage).find(({ id, kind }) => kind === 'ROLLBACK' && id !== run.id);
    const queue = book.waiting(event.stage).filter(({ kind }) => kind === 'STANDARD');
    return unless(
      [holder === undefined, `a lock has one owner, and ${holder?.id} is inside`],
      [newer === undefined, `R1: only what is newer than all that was admitted enters, and ${newer} was`],
      [run.kind === 'ROLLBACK' || rollback === undefined, `R4: a ROLLBACK goes before all others, and ${rollback?.id} waits`],
      [run.kind === 'ROLLBACK' || plan?.mode !== 'superseded' || queue.every((other) => !book.isLater(other.commit, run.commit)), '§6: of those that wait, the newest enters'],
      [run.kind === 'ROLLBACK' || plan?.mode !== 'queued' || queue.length === 0 || queue[0]?.id === run.id, '§6: queued is first in, first out'],
    );
  },
};

/** The commit of an admitted run that R1 puts before this one; what left the trunk is before nobody. */
export function newerThan(book: Book, run: RunBook, stage: StageName, since: 'rewritten' | 'ever' = 'rewritten'): string | undefined {
  if (run.kind === 'ROLLBACK') return undefined;
  return [...(since === 'ever' ? book.everAdmitted : book.admitted).get(stage) ?? []].find((commit) => book.isLater(commit, run.commit));
}

/** §6: superseded only between stages, and only by what is newer on the trunk. */
export function supersededFault(book: Book, run: RunBook, by: string | undefined): string | undefined {
  const stage = standing(run);
  const other = by === undefined ? undefined : book.runs.get(by);
  const ahead = other && stage && (standing(other)?.name === stage.name || book.admitted.get(stage.name)?.has(other.commit));
  return unless(
    [run.kind === 'STANDARD', 'a ROLLBACK is superseded by nothing'],
    [![...run.stages.values()].some(({ state }) => state === 'in'), 'R2: a run inside a stage is never ended for a newer one'],
    [other !== undefined && book.isOfTrunk(other) && book.isLater(other.commit, run.commit), `a run is superseded by a newer commit of the trunk alone, and ${by} is none`],
    [ahead === true, `the run that supersedes stands at the same stage or was there, and ${by} was not`],
  );
}

function isIn(run: RunBook, stage: StageName): boolean {
  return run.stages.get(stage)?.state === 'in';
}

/** Every run that could enter a stage now, were it free. */
export function atDoor(book: Book, stage: StageName): RunBook[] {
  return book.unfinished().filter((run) => standing(run)?.name === stage && !isIn(run, stage) && stagesOf(run).length > 0);
}
