/** What the commands can do with one repository: what is read is here; what works is loaded when a command first needs it. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { readBaseline, writeBaseline } from './baseline-file.ts';
import type { Product } from './cli/product.ts';
import type { Wrapping } from './compose.ts';
import { evolve } from './core/evolve.ts';
import { emptyState, type PipelineState } from './core/state.ts';
import { earlierPaths, logPath, readReports, reportPath } from './host/embedded/run-files.ts';
import { SecretFiles } from './host/embedded/secrets.ts';
import { openJournalReadOnly } from './journal/sqlite/journal.ts';
import { headTrust } from './journal-keys.ts';
import { placeOf } from './place.ts';
import { connect } from './server/client.ts';
import { readOperators } from './settings.ts';
import { excludeState } from './source/git/exclude.ts';
import { openRepository } from './source/git/repository.ts';
import type { Work } from './work.ts';

export interface ProductOptions { readonly cwd: string; readonly state?: string; readonly wrap?: Wrapping; /** Ends what it asks of git. */ readonly signal?: AbortSignal; readonly tell?: (line: string) => void }

export async function openProduct({ cwd, state, wrap, signal, tell }: ProductOptions): Promise<Product> {
  const repository = { ...await openRepository(cwd), ...(signal ? { signal } : {}) };
  const place = placeOf(repository, state);
  await excludeState(repository, place.state);
  const user = userInfo().username;
  let opened: Promise<Work> | undefined;
  const work = (): Promise<Work> => opened ??= import('./work.ts').then(({ openWork }) => openWork({ repository, place, user, folded, ...(wrap ? { wrap } : {}), ...(tell ? { tell } : {}) }));

  const read = () => (existsSync(place.journal) ? openJournalReadOnly(place.journal, headTrust(place)) : undefined);
  const folded = (): PipelineState => {
    const state = emptyState();
    const journal = read();
    try {
      for (const event of journal?.read(0) ?? []) evolve(state, event);
    } finally {
      journal?.close();
    }
    return state;
  };

  return {
    repository: repository.root, stateFolder: place.state, user,
    isolation: async () => (await work()).isolation,
    environments: async () => (await work()).environments,
    operators: () => readOperators(place.operators),
    state: folded,
    events: function* (after) {
      const journal = read();
      try {
        yield* journal?.read(after) ?? [];
      } finally {
        journal?.close();
      }
    },
    connect: () => connect(place.socket),
    host: async () => (await work()).host(),
    scribe: async () => (await import('./scribe.ts')).openScribe(place),
    resolve: async (word) => (await work()).resolve(word),
    check: async () => (await work()).check(),
    build: async (options) => (await work()).build(options),
    fix: async (options) => (await work()).fix(options),
    verify: async (artifact) => (await work()).verify(artifact),
    verifyJournal: () => {
      const journal = read();
      try {
        return journal?.verifyChain();
      } finally {
        journal?.close();
      }
    },
    gc: async () => (await work()).gc(),
    init: async () => (await work()).init(),
    setSecret: (name, value) => new SecretFiles(place.secrets).set(name, value),
    logFile: (attempt) => found(join(place.logs, logPath(attempt)), join(place.logs, earlierPaths(attempt).log)),
    reports: (attempt) => readReports(found(join(place.reports, reportPath(attempt)), join(place.reports, earlierPaths(attempt).report))),
    document: async (digest) => (await import('./last-build.ts')).readDocument(place, digest),
    lastBuild: async () => (await import('./last-build.ts')).readLastBuild(place),
    readBaseline: () => readBaseline(repository.root),
    writeBaseline: (baseline) => writeBaseline(repository.root, baseline),
  };
}

/** What an earlier version wrote lies under its name. */
function found(path: string, earlier: string): string {
  return existsSync(path) || !existsSync(earlier) ? path : earlier;
}
