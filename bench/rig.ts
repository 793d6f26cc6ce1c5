import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ActionKind } from '../src/actions/action.ts';
import { commitKind } from '../src/actions/source/commit.ts';
import { planKind } from '../src/actions/source/plan.ts';
import { sourceRowsKind } from '../src/actions/source/rows.ts';
import { shell } from '../src/actions/shell/shell.ts';
import { openKeys } from '../src/artifact/keys/file/keyfile.ts';
import { memoryStore } from '../src/artifact/memory/store.testing.ts';
import { rowIds } from '../src/catalogue/rows.ts';
import { noCache } from '../src/cache/cache.ts';
import { systemClock } from '../src/foundation/clock.ts';
import { LocalEffects } from '../src/host/embedded/effects.ts';
import { EmbeddedHost } from '../src/host/embedded/host.ts';
import { Releases } from '../src/host/embedded/releases.ts';
import { Workspaces } from '../src/host/embedded/workspaces.ts';
import { headKeys } from '../src/journal-keys.ts';
import { openJournal } from '../src/journal/sqlite/journal.ts';
import { parsePlan, type ActionPlan, type Plan, type StagePlan } from '../src/pipeline/plan.ts';
import { openCells } from '../src/runner/cells.ts';
import { openLog } from '../src/runner/log.ts';
import type { Tracked } from '../src/source/tracked.ts';

/** A warm host on a folder of its own, with the journal synced to disk and a cell around every action. */
export interface WarmHost extends AsyncDisposable {
  /** Takes one run through `plan`; resolves with how long it took, in milliseconds, and throws unless it succeeded. */
  run(plan: Plan): Promise<number>;
}

/** There is no repository here whose rows could be judged. */
const asksNothing: Plan = { version: 1, application: 'bench', trunk: 'main', source: {}, stages: [], waivers: rowIds.filter((row) => row.startsWith('source.')).map((row) => ({ row, reason: 'a benchmark has no repository' })) };
const nothing = (): Tracked => ({ list: async () => ({ paths: [], submodules: [] }), read: async () => new Map() });

export async function warmHost(): Promise<WarmHost> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trunkline-bench-')));
  const at = (name: string): string => join(folder, name);
  const cells = openCells({ records: at('cells'), marker: folder });
  const artifacts = memoryStore();
  let plan: Plan | undefined;
  let count = 0;
  const kinds: readonly ActionKind[] = [shell, commitKind({ verify: async () => undefined, tracked: () => ({ list: async () => ({ paths: [], submodules: [] }), read: async () => new Map() }), mayLeaveEmpty: false }), planKind(async () => plan!), sourceRowsKind({ tracked: nothing, plan: asksNothing })];
  const journal = openJournal(at('journal.db'), headKeys({ keys: at('keys') }, (await openKeys(at('keys'))).signer));
  const host = await EmbeddedHost.start({
    clock: systemClock, journal, capacity: { builds: 2 }, operators: () => ({ people: {} }), pin: () => undefined, down: async () => ({ events: [] }),
    look: async () => ({ type: 'trunk-seen', commits: [{ id: `commit-${count += 1}`, tree: '', subject: '', author: '', reverts: [] }] }),
    effects: new LocalEffects({
      clock: systemClock, kinds: new Map(kinds.map((kind) => [kind.kind, kind])), adopt: parsePlan, artifacts, cells, isolation: cells.isolation, network: 'machine', builder: 'bench', repository: folder, reports: at('reports'),
      history: () => ({ changedLines: async () => new Map(), async *files() { /* nothing is committed here */ }, async *versions() { /* nor ever was */ } }),
      environments: { regions: async () => [], region: () => { throw new Error('nothing is deployed here'); } },
      releases: new Releases(at('releases'), artifacts),
      workspaces: new Workspaces({ root: at('work'), cells, hidden: [], checkout: async (_commit, target) => void await mkdir(target, { recursive: true }) }),
      results: { cache: noCache, origin: (run) => run, contents: async () => new Map(), history: async (commit) => commit, builtFrom: (commit) => commit, product: null },
      tools: { now: async () => [] },
      secret: async () => { throw new Error('there are no secrets here'); },
      signer: { keyid: 'none', sign: async () => { throw new Error('nothing is signed here'); } },
      log: async (path) => {
        await mkdir(dirname(join(at('logs'), path)), { recursive: true });
        return openLog(join(at('logs'), path), { secrets: [] });
      },
    }),
  });
  return {
    run: async (given) => {
      plan = given;
      const began = performance.now();
      const { run } = await host.command({ type: 'run', commit: `commit-${count + 1}`, again: false }, 'bench');
      await host.idle();
      const took = performance.now() - began;
      const { finished } = host.state.runs.get(run ?? '') ?? {};
      if (finished?.outcome !== 'SUCCEEDED') throw new Error(`the run ended ${finished?.outcome}: ${finished?.reason}`);
      return took;
    },
    [Symbol.asyncDispose]: async () => {
      await host[Symbol.asyncDispose]();
      journal.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function benchPlan(stages: readonly { readonly name: 'build' | 'beta' | 'gamma' | 'prod'; readonly actions: readonly ActionPlan[] }[]): Plan {
  return parsePlan({
    version: 1, application: 'bench', trunk: 'main', source: {}, waivers: [],
    stages: stages.map(({ name, actions }): StagePlan => ({ name, budgetMs: 600_000, mode: 'parallel', waves: [], actions: [...actions] })),
  });
}

export function command(name: string, line: string, needs: readonly string[] = []): ActionPlan {
  return { name, row: 'build.code', kind: 'shell', input: { command: line }, needs: [...needs], timeoutMs: 60_000, retry: { attempts: 1, backoffMs: 0 } };
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
