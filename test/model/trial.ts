/** One sequence, from an empty journal until nothing is under way any more. */
import { digestOf } from '../../src/foundation/digest.ts';
import { endBadly, endWell, type UnderWay } from './effects.ts';
import type { Sequence, Step } from './steps.ts';
import { APPROVAL_MS } from './plans.ts';
import { Fault, Subject } from './subject.ts';

/** How many effects may come to an end at the close of a sequence before it counts as never ending. */
const PATIENCE = 3_000;

/** @returns what went against the specification; undefined for nothing. */
export function trial({ setting, steps }: Sequence): string | undefined {
  const subject = new Subject(setting);
  try {
    steps.forEach((step, index) => {
      take(subject, step);
      if (index % 8 === 0) subject.checkReplay();
    });
    close(subject);
    subject.checkReplay();
    return undefined;
  } catch (error) {
    return error instanceof Fault ? error.message : `it threw ${error instanceof Error ? error.stack ?? error.message : String(error)}`;
  }
}

function take(subject: Subject, step: Step): void {
  // Processes take their time to end: what comes by time alone may come before.
  if (step.do !== 'clock') subject.endStopped();
  switch (step.do) {
    case 'push': return push(subject, step.commits);
    case 'release': return release(subject);
    case 'flow': return flow(subject, step.times);
    case 'end': return end(subject, step);
    case 'late': {
      const late = subject.facts[step.pick % Math.max(1, subject.facts.length)];
      return late && subject.report(late.fact, late.fence);
    }
    case 'ask': return ask(subject, step);
    case 'crash': return subject.crash(step.done);
    case 'clock':
      // While anything is under way, durations are monotonic: a clock that was set back is not seen by the core.
      if (step.ms > 0 || subject.book.unfinished().length === 0) subject.now += step.ms;
      return subject.report({ type: 'woken' });
    case 'rewrite': return rewrite(subject, step);
  }
}

function push(subject: Subject, commits: number): void {
  moveTo(subject, grown(subject, subject.book.trunk.at(-1), commits));
}

/** The trunk that ends with so many new commits after this one. */
function grown({ book }: Subject, base: string | undefined, commits: number): string[] {
  let head = base;
  for (let count = 0; count < commits; count += 1) {
    const commit = commitOf(book.parents.size);
    book.parents.set(commit, head);
    head = commit;
  }
  return book.chainTo(head);
}

/** What the host sees of it, and asks for. */
function moveTo(subject: Subject, trunk: readonly string[]): void {
  const { book } = subject;
  const from = book.trunk.at(-1);
  const orphaned = book.trunk.filter((id) => !trunk.includes(id));
  const fresh = trunk.filter((id) => !book.trunk.includes(id));
  book.trunk = trunk;
  book.orphan(orphaned);
  const rewritten = from === undefined || orphaned.length === 0 ? {} : { rewritten: { from, to: trunk.at(-1)!, orphaned } };
  subject.report({ type: 'trunk-seen', commits: fresh.map(described), ...rewritten });
  subject.askForDue();
}

function release(subject: Subject): void {
  push(subject, 1);
  flow(subject, 60);
  const waits = subject.book.holder('prod');
  if (waits) for (const user of ['ann', 'bob']) subject.ask({ type: 'approve', run: waits.id }, user);
  flow(subject, 60);
}

const commitOf = (place: number): string => digestOf(`commit ${place}`).slice(7, 47);
const described = (id: string): { id: string; tree: string; subject: string; author: string; reverts: string[] } => ({ id, tree: id, subject: 'a change', author: 'somebody', reverts: [] });

function flow(subject: Subject, times: number): void {
  for (let count = 0; count < times; count += 1) {
    subject.endStopped();
    const next = [...subject.underWay].find(([, { effect }]) => !(effect.type === 'rollout' && effect.step.type === 'watch'));
    if (!next) return;
    finish(subject, next, endWell(subject.maker, next[1]));
  }
}

function finish(subject: Subject, [key, each]: [string, UnderWay], fact: ReturnType<typeof endWell>): void {
  // A host waits with what failed until its next try is due.
  const after = 'after' in each.effect ? each.effect.after?.retryAt ?? 0 : 0;
  subject.now = Math.max(subject.now + 10, after);
  subject.finish(key, fact);
}

function end(subject: Subject, { pick, how }: Extract<Step, { do: 'end' }>): void {
  const all = [...subject.underWay];
  const one = all[pick % Math.max(1, all.length)];
  const isWatch = one?.[1].effect.type === 'rollout' && one[1].effect.step.type === 'watch';
  if (one && !(isWatch && how === 'passed')) finish(subject, one, how === 'passed' ? endWell(subject.maker, one[1]) : endBadly(subject.maker, one[1], how, pick % 2 === 0));
}

function ask(subject: Subject, { what, pick, choice }: Extract<Step, { do: 'ask' }>): void {
  const { book } = subject;
  if (what === 'down') return down(subject);
  if (what === 'run') {
    const commit = [...book.seen].toReversed()[pick % Math.max(1, book.seen.size)];
    return void (commit !== undefined && subject.ask({ type: 'run', commit, again: choice % 2 === 0 }, 'eve'));
  }
  const ids = [...book.runs.keys()];
  const fitting = ids.filter((id) => suits(subject, what, id));
  const from = choice < 6 && fitting.length > 0 ? fitting : ids;
  const run = from[pick % Math.max(1, from.length)];
  if (what === 'rollback') return void subject.ask({ type: 'rollback', reason: 'customers complain', ...(choice === 7 && run !== undefined ? { to: run } : {}) });
  if (run === undefined) return;
  const command: { readonly [one in typeof what]: Parameters<Subject['ask']>[0] } = {
    approve: { type: 'approve', run, ...(choice === 7 ? { evidence: 'sha256:other' } : {}) },
    reject: { type: 'reject', run, reason: 'not so', defect: choice % 2 === 0 },
    cancel: { type: 'cancel', run, reason: 'no more' },
    retry: { type: 'retry', run, actions: choice % 3 === 0 ? 'all' : 'failed' },
    resume: { type: 'resume', run },
  };
  const mayNot = choice === 6 || what === 'retry'; // whoever asks for a run again may not approve it
  if (choice === 5 && what === 'approve') subject.now += APPROVAL_MS; // it comes before the timer that ends the wait
  const approver = choice % 2 === 0 ? 'ann' : 'bob';
  subject.ask(command[what], mayNot ? 'eve' : approver);
}

/** Runs of which a question may make sense: a question about any run is mostly refused. */
function suits({ book }: Subject, what: 'approve' | 'reject' | 'cancel' | 'retry' | 'resume' | 'rollback', id: string): boolean {
  const { outcome, approval } = book.run(id);
  switch (what) {
    case 'approve': case 'reject': return outcome === undefined && approval !== undefined;
    case 'cancel': case 'resume': return outcome === undefined;
    case 'retry': return outcome !== undefined && outcome !== 'SUCCEEDED' && outcome !== 'SUPERSEDED';
    case 'rollback': return outcome === 'SUCCEEDED';
  }
}

/** As the host does it: not while anything deploys. */
function down(subject: Subject): void {
  const isBusy = subject.book.unfinished().some((run) => [...run.stages.values()].some(({ state, rollout }) => state === 'in' && rollout));
  if (isBusy) return;
  const places = [...subject.world.regions].filter(([, { stable }]) => stable !== undefined).map(([place]) => place);
  for (const place of places) subject.world.remove(place);
  subject.append(places.map((place) => {
    const [environment = '', region = ''] = place.split('/');
    return { type: 'environment-removed', at: subject.now, environment, region, by: 'ann' };
  }));
}

function rewrite(subject: Subject, { drop, fresh, back }: Extract<Step, { do: 'rewrite' }>): void {
  const { book } = subject;
  const lost = back ? [...book.seen].filter((id) => !book.trunk.includes(id)).at(-drop) : undefined;
  const base = lost ?? book.trunk.at(-1 - drop);
  if (base !== undefined) moveTo(subject, grown(subject, base, fresh));
}

/** Whatever is under way comes to a good end, and whoever waits for people is answered: every run ends. */
function close(subject: Subject): void {
  for (let count = 0; count < PATIENCE; count += 1) {
    flow(subject, 200);
    subject.askForDue();
    const [open] = subject.book.unfinished();
    if (!open) return verdicts(subject);
    const waits = subject.book.unfinished().find(({ approval, stages }) => approval !== undefined && stages.get('prod')?.state === 'in');
    const holds = subject.book.unfinished().find(({ stages }) => [...stages.values()].some(({ rollout }) => [...rollout?.regions.values() ?? []].some(({ phase }) => phase === 'held')));
    if (holds) subject.ask({ type: 'resume', run: holds.id });
    else if (waits) for (const user of ['ann', 'bob']) subject.ask({ type: 'approve', run: waits.id }, user);
    subject.now += 5_000;
    subject.report({ type: 'woken' });
    if (subject.underWay.size === 0 && count > 50) throw new Fault(`${open.id} never ends: nothing is under way, nobody is asked`);
  }
  throw new Fault(`${subject.book.unfinished().map(({ id }) => id).join(' and ')} never end, though all goes well`);
}

/** Every commit of the trunk got its own verdict, and no newer one that is gone has taken the head's release along. */
function verdicts({ book }: Subject): void {
  const ofTrunk = [...book.runs.values()].filter((run) => book.isOfTrunk(run));
  const first = book.trunk.findIndex((id) => [...book.runs.values()].some(({ commit, kind }) => kind === 'STANDARD' && commit === id));
  const without = book.trunk.slice(Math.max(0, first)).find((id) => !ofTrunk.some(({ commit }) => commit === id));
  if (without !== undefined) throw new Fault(`${without.slice(0, 12)} is on the trunk, and no run of it has begun since it came there`);
  const head = ofTrunk.findLast(({ commit }) => commit === book.trunk.at(-1));
  const by = head?.supersededBy === undefined ? undefined : book.run(head.supersededBy);
  if (head && by && !book.isOfTrunk(by)) throw new Fault(`the head's run ${head.id} gave way to ${by.id}, which is not of the trunk, and nothing carries it`);
}
