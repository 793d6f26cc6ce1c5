import { z } from 'zod';
import type { ActionContext, ActionKind, ActionResult } from '../../actions/action.ts';
import type { Caching } from '../../actions/caching.ts';
import { installerOf } from '../../actions/installer.ts';
import { MARKER, prepareWorkdir } from '../../actions/preparation.ts';
import type { ArtifactStore } from '../../artifact/store.ts';
import type { Cache, Kept } from '../../cache/cache.ts';
import { cachedIn } from '../../core/cached.ts';
import { digestOfJson } from '../../foundation/digest.ts';
import { errorRecord } from '../../foundation/errors.ts';
import type { Digest, Json } from '../../foundation/units.ts';
import type { ActionPlan, StagePlan } from '../../pipeline/plan.ts';
import type { Report } from '../../reports/report.ts';
import type { Contents } from '../../source/contents.ts';
import { pack, unpack } from './bundle-of-files.ts';
import { cachingOf, fingerprintOf, runsAlone } from './fingerprint.ts';
import { everythingLeft, filesLeft, type Left } from './left.ts';
import { programOf } from './machine.ts';

/** How a host keeps what actions came to. */
export interface ResultParts {
  readonly cache: Cache;
  /** What people call a run of this host. */
  readonly origin: (run: string) => string;
  /** The files of the commit, asked before any action works among them. */
  readonly contents: (commit: string, checkout: string) => Promise<Contents>;
  /** Names what the commit changed, and all before it. */
  readonly history: (commit: string) => Promise<string>;
  /** The commit that files restored into a checkout must have been built from; undefined where its content is enough. */
  readonly builtFrom: (commit: string) => string | undefined;
  /** Of the product and what it brings. */
  readonly product: Json;
}

export interface Attempted {
  readonly action: ActionPlan;
  readonly stage: StagePlan;
  readonly kind: ActionKind;
  readonly kinds: ReadonlyMap<string, ActionKind>;
  readonly context: ActionContext;
  /** What the attempt has kept so far, as it goes on. */
  readonly reports: readonly Report[];
  /** What it has stored. */
  readonly stored: readonly Digest[];
}

type Output = { readonly [name: string]: Json };

const json: z.ZodType<Json> = z.json();
const valueSchema = z.strictObject({ origin: z.string(), output: z.record(z.string(), json), reports: z.array(z.unknown()), blobs: z.array(z.string()) });

/** Does the work of an attempt, unless it was done before with all that decides it the same: then its result is given again, and says so. */
export async function oncePerInputs(parts: ResultParts, attempted: Attempted, work: () => Promise<ActionResult>): Promise<ActionResult> {
  const { kind, kinds, action, context } = attempted;
  const caching = cachingOf(action, kinds);
  if (!kind.caching) return work();
  const contents = caching && await parts.contents(context.commit, context.workdir);
  const key = contents && await keyOf(parts, attempted, contents);
  const again = key && await restored(parts, key, attempted);
  if (again) return again;

  await prepareNeeded(attempted);
  const result = await work();
  if (result.passed && key && caching && contents) {
    await keep(parts, key, attempted, caching, contents, result.output).catch((error: unknown) => context.log(`its result is not kept: ${errorRecord(error).message}`));
  }
  return result;
}

async function keyOf(parts: ResultParts, { action, stage, kinds, context }: Attempted, contents: Contents): Promise<Digest | undefined> {
  const fingerprint = await fingerprintOf(action, stage, kinds, {
    contents, commit: await parts.history(context.commit), today: new Date(context.clock.wall()).toISOString().slice(0, 10), product: parts.product, program: programOf,
  });
  const caching = cachingOf(action, kinds);
  if (fingerprint === undefined || !caching) return undefined;
  return digestOfJson({ fingerprint, builtFrom: leavesFiles(caching, action, stage, kinds) ? parts.builtFrom(context.commit) ?? null : null });
}

function leavesFiles({ outputs }: Caching, action: ActionPlan, stage: StagePlan, kinds: Attempted['kinds']): boolean {
  return outputs === undefined ? runsAlone(action.name, stage, kinds) : outputs.length > 0;
}

async function restored({ cache }: ResultParts, key: Digest, { context }: Attempted): Promise<ActionResult | undefined> {
  const kept = await cache.find(key, context.log);
  const value = kept && valueSchema.safeParse(kept.value).data;
  if (!kept || !value || !await filesRestored(kept, context)) return undefined;
  for (const blob of value.blobs) await context.artifacts.put(Buffer.from(blob, 'base64'));
  for (const report of value.reports) await context.report(report as Report);
  context.log(`cached: from ${value.origin} at ${new Date(kept.at).toISOString()}; all that it depends on is the same, and its log is there`);
  return { passed: true, output: { ...value.output, cached: { run: value.origin, at: kept.at } } };
}

async function filesRestored({ files }: Kept, context: ActionContext): Promise<boolean> {
  return !files || unpack(context.workdir, files, (command) => context.exec(command));
}

/** What the work of an earlier action begins with may be missing here, where its result was given again. Doing it twice is doing it once. */
async function prepareNeeded({ action, stage, kinds, context }: Attempted): Promise<void> {
  const seen = new Set<string>();
  const pending = [...action.needs];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const needed = stage.actions.find((each) => each.name === name);
    if (!needed || seen.has(name)) continue;
    seen.add(name);
    pending.push(...needed.needs);
    const prepare = cachedIn(context.outputs[name]) ? cachingOf(needed, kinds)?.prepare : undefined;
    if (prepare !== undefined) await prepareWorkdir(prepare, context);
  }
}

async function keep({ cache, origin }: ResultParts, key: Digest, attempted: Attempted, caching: Caching, contents: Contents, output: Json): Promise<void> {
  const { action, stage, kinds, context, reports, stored } = attempted;
  if (!isObject(output)) return;
  const blobs = await Promise.all(stored.map(async (digest) => Buffer.from(await context.artifacts.get(digest)).toString('base64')));
  const value = { origin: origin(context.run), output, reports: reports as unknown as Json, blobs };
  const keeping = { at: context.clock.wall(), value };
  const left = leavesFiles(caching, action, stage, kinds) ? await leftBy(caching, contents, context) : { paths: [] };
  if ('why' in left) return context.log(`its result is not kept: ${left.why}`);
  const isKept = left.paths.length === 0
    ? await cache.keep(key, keeping)
    : await pack(context.workdir, left.paths, (command) => context.exec(command), (bytes) => cache.keep(key, keeping, bytes));
  if (!isKept) context.log('its result is not kept: what it left is too large');
}

function leftBy({ outputs, prepare }: Caching, contents: Contents, { workdir }: ActionContext): Promise<Left> {
  const installed = prepare === undefined ? undefined : installerOf(prepare)?.makes;
  return outputs === undefined ? everythingLeft(workdir, contents, new Set([MARKER, ...(installed === undefined ? [] : [installed])])) : filesLeft(workdir, outputs);
}

function isObject(value: Json): value is Output {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A store that tells what an attempt puts into it. */
export function telling(store: ArtifactStore, tell: (digest: Digest) => void): ArtifactStore {
  return {
    put: async (bytes) => {
      const descriptor = await store.put(bytes);
      tell(descriptor.digest);
      return descriptor;
    },
    get: (digest, limit) => store.get(digest, limit),
    stream: (digest, limit) => store.stream(digest, limit),
    publish: (manifest, name) => store.publish(manifest, name),
    attest: (subject, bundle, predicateType) => store.attest(subject, bundle, predicateType),
    attestations: (subject) => store.attestations(subject),
  };
}
