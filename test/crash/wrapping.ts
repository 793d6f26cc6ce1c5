/** Decorators of every port through which a host touches the world. Reading is no touch: it can be done again. */
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { basename, dirname } from 'node:path';
import type { ArtifactStore } from '../../src/artifact/store.ts';
import type { Wrapping } from '../../src/compose.ts';
import type { Effect } from '../../src/core/owed.ts';
import { evolve } from '../../src/core/evolve.ts';
import { emptyState, type PipelineState } from '../../src/core/state.ts';
import type { EnvironmentDriver, EnvironmentProvider, RegionId } from '../../src/environment/driver.ts';
import type { Fact } from '../../src/core/facts.ts';
import type { Effects } from '../../src/host/effects.ts';
import type { Event } from '../../src/journal/events.ts';
import type { Journal } from '../../src/journal/journal.ts';
import type { Cell, Cells } from '../../src/runner/cell.ts';
import type { Points } from './points.ts';

/** The effect that a touch belongs to. */
const effect = new AsyncLocalStorage<string>();

export function wrapping(points: Points): Wrapping {
  let journal: Journal | undefined;
  return {
    journal: (real) => {
      journal = real;
      return { read: (after) => real.read(after), head: () => real.head(), close: () => real.close(), append: (after, events) => points.now(`append ${wordsOf(events)}`, () => real.append(after, events)), seal: () => points.during('seal', () => real.seal()) };
    },
    effects: (real) => effects(real, points, () => journal as Journal),
    artifacts: (real) => artifacts(real, points),
    environments: (real): EnvironmentProvider => ({ region: (id, turn) => region(real.region(id, turn), id, points), regions: () => real.regions() }),
    cells: (real) => cells(real, points),
    checkout: (real) => (commit, folder) => points.during(`checkout ${stageIn(dirname(folder))}`, () => real(commit, folder), true),
  };
}

function effects(real: Effects, points: Points, journal: () => Journal): Effects {
  return {
    recover: (state) => points.during('recover', () => real.recover(state), true),
    perform: (owed, state, report, signal) => {
      const replayed = emptyState();
      for (const event of journal().read(0)) evolve(replayed, event);
      assert.deepEqual(plain(state), plain(replayed), 'the state of the host is not what its journal says');
      const perform = (): Promise<Fact | undefined> => effect.run(wordOf(owed), () => real.perform(owed, state, report, signal));
      // A step of a rollout is one touch of its region, which is counted there.
      return owed.type === 'rollout' ? perform() : points.during(`perform ${wordOf(owed)}`, perform);
    },
    release: (run, stage) => points.during(`release ${stage}`, () => real.release(run, stage), true),
    close: () => points.during('close', () => real.close()),
  };
}

/** A state as plain data. The host folds an event before it has its place in the journal, so that places say nothing. */
function plain(state: PipelineState): unknown {
  return JSON.parse(JSON.stringify(state, (key, value: unknown) => {
    if (key === 'seq') return undefined;
    return value instanceof Map || value instanceof Set ? [...value] : value;
  }));
}

function artifacts(real: ArtifactStore, points: Points): ArtifactStore {
  const within = (what: string): string => `${what} for ${effect.getStore() ?? 'nobody'}`;
  return {
    get: (digest, limit) => real.get(digest, limit), stream: (digest, limit) => real.stream(digest, limit), attestations: (subject) => real.attestations(subject),
    put: (bytes) => points.during(within('store.put'), () => real.put(bytes), true),
    publish: (manifest, name) => points.during(within('store.publish'), () => real.publish(manifest, name), true),
    attest: (subject, bundle, type) => points.during(within(`store.attest ${type.split('/').at(-2)}`), () => real.attest(subject, bundle, type), true),
  };
}

function region(real: EnvironmentDriver, { environment, region: name }: RegionId, points: Points): EnvironmentDriver {
  const touch = <Value>(what: string, act: () => Promise<Value>): Promise<Value> => points.during(`region.${what.replace(/^\w+/, `$& ${environment}/${name}`)}`, act, true);
  return {
    observe: () => real.observe(), telemetry: (since) => real.telemetry(since), database: () => real.database(),
    launch: (plan, signal) => touch('launch', () => real.launch(plan, signal)),
    prepare: (release, files, signal) => touch('prepare', () => real.prepare(release, files, signal)),
    shift: (release, weight, signal) => touch(`shift ${weight}`, () => real.shift(release, weight, signal)),
    settle: (release, signal) => touch('settle', () => real.settle(release, signal)),
    restore: (signal) => touch('restore', () => real.restore(signal)),
    remove: (signal) => touch('remove', () => real.remove(signal)),
    exercise: (count, signal) => touch('exercise', () => real.exercise(count, signal)),
  };
}

function cells(real: Cells, points: Points): Cells {
  const wrapped = (cell: Cell, stage: string): Cell => ({
    id: cell.id, isolation: cell.isolation,
    run: (command) => points.during(`cell.run ${actionOf(command.attempt)}`, () => cell.run(command), true),
    close: () => points.during(`cell.close ${stage}`, () => cell.close(), true),
  });
  return {
    isolation: real.isolation, network: real.network, weakness: real.weakness,
    open: (spec) => {
      const stage = stageIn(spec.id);
      return points.during(`cell.open ${stage}`, async () => wrapped(await real.open(spec), stage), true);
    },
    reap: () => points.during('cells.reap', () => real.reap(), true),
  };
}

/** `build` of a workspace named `RUN/build-3`. */
function stageIn(workspace: string): string {
  return basename(workspace).split('-')[0] ?? '';
}

/** `build/unit-tests` of `RUN/build/unit-tests/1`: ids and attempts differ from run to run. */
function actionOf(attempt: string): string {
  return attempt.split('/').slice(1, 3).join('/').replace(/-\d+/g, '');
}

function wordOf(owed: Effect): string {
  switch (owed.type) {
    case 'attempt': return `${owed.stage}.${owed.action.name}`;
    case 'attest': return `attest ${owed.stage} ${owed.what}`;
    case 'rollout': return `${owed.step.type} ${owed.environment.name}/${owed.step.region}`;
  }
}

/** The first event says what happened; the others follow from it. */
function wordsOf(events: readonly Event[]): string {
  const [first] = events;
  if (!first) return 'nothing';
  const place = 'stage' in first ? ` ${first.stage}${'action' in first ? `.${first.action}` : ''}` : '';
  const fact = first.type === 'rollout' ? ` ${Object.entries(first.fact).filter(([name]) => ['type', 'region', 'step'].includes(name)).map(([, value]) => String(value)).join(' ')}` : '';
  return `${first.type}${place}${fact}`;
}
