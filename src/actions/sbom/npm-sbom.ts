import { z } from 'zod';
import { canonicalJson } from '../../foundation/digest.ts';
import { TrunklineError, type ErrorRecord } from '../../foundation/errors.ts';
import { Folder, readBelow } from '../../foundation/folder.ts';
import type { Json } from '../../foundation/units.ts';
import type { Exit } from '../../runner/cell.ts';
import type { ActionContext, ActionKind } from '../action.ts';
import { scratchFolder } from '../scratch.ts';
import { cyclonedx, spdx } from './documents.ts';

const input = z.strictObject({});
const LARGEST_BYTES = 64 * 1024 * 1024;

/** From the lock file alone, so it needs no installation and shows what every installation will have. */
const COMMAND = 'rm -rf "$OUT" && mkdir -p "$OUT" && npm sbom --package-lock-only --sbom-type=application --sbom-format=cyclonedx > "$OUT/cyclonedx.json" && npm sbom --package-lock-only --sbom-type=application --sbom-format=spdx > "$OUT/spdx.json"';

/**
 * Lists every dependency of an npm project as CycloneDX and as SPDX, with hashes and licences. Those for development
 * only are in it too, marked as optional: they made the artifact, so they can have harmed it.
 */
export const npmSbom: ActionKind<z.infer<typeof input>> = {
  kind: 'npm-sbom',
  reads: true,
  input,
  checkout: true,
  caching: () => ({ inputs: ['package.json', 'package-lock.json', 'npm-shrinkwrap.json'], outputs: [] }),
  missing: async (_input, { repository, tracked }) => {
    if (['package-lock.json', 'npm-shrinkwrap.json'].some((name) => tracked.has(name))) return [];
    return [await lockFile(repository) === undefined ? await noLockFile(repository) : 'git does not track package-lock.json: no other clone has it'];
  },
  async run(_input, context) {
    if (await lockFile(context.workdir) === undefined) {
      return { passed: false, error: { code: 'LOCK_FILE_MISSING', class: 'code', message: await noLockFile(context.workdir), hint: 'commit the package-lock.json that "npm install" writes' } };
    }
    const scratch = scratchFolder(context);
    const exit = await context.exec(COMMAND, { env: { OUT: scratch, NO_UPDATE_NOTIFIER: '1' } });
    context.signal.throwIfAborted();
    if (exit.code !== 0) return { passed: false, error: failure(exit, context.lastLines(500)) };

    const surroundings = { folder: context.workdir, name: await packageName(context) };
    const first = cyclonedx(await read(scratch, 'cyclonedx.json'), surroundings);
    const second = spdx(await read(scratch, 'spdx.json'), surroundings);
    if (second.packages !== first.components) throw new TrunklineError('SBOM_INVALID', 'code', `the two documents of npm disagree: ${first.components} components, ${second.packages} packages`, 'update npm and try again');
    if (first.withoutHash.length > 0) context.log(`without a hash, as they come from no registry: ${first.withoutHash.slice(0, 20).join(', ')}`);
    const [stored, other] = [await store(context, first.document), await store(context, second.document)];
    await context.report({ type: 'sbom', format: 'cyclonedx', components: first.components, document: stored });
    context.log(`${first.components} components: ${stored} (CycloneDX), ${other} (SPDX)`);
    return { passed: true, output: { cyclonedx: stored, spdx: other, components: first.components } };
  },
};

const MOST_NAMED = 10;

/** npm's `ESBOMPROBLEMS` stands beside the packages that it is about: they are what has to be known. */
function failure({ code, signal }: Exit, lines: readonly string[]): ErrorRecord {
  const problems = [...new Set(lines.flatMap((line) => /^npm (?:error|ERR!) ((?:missing|invalid|extraneous|peer dep missing)\b: .+)$/i.exec(line)?.[1] ?? []))];
  const known = { code: 'SBOM_FAILED', class: signal === null ? 'code' : 'infra', lastLines: lines.slice(-20) } as const;
  if (problems.length === 0) return { ...known, message: `"npm sbom" failed with ${signal ?? `exit code ${code}`}`, hint: 'see the last lines; it needs npm 10 or newer, and a lock file that fits package.json' };
  const more = problems.length > MOST_NAMED ? `; and ${problems.length - MOST_NAMED} more` : '';
  return { ...known, message: `the lock file does not fit package.json: ${problems.slice(0, MOST_NAMED).join('; ')}${more}`, hint: 'run "npm install" and commit package-lock.json' };
}

async function store(context: ActionContext, document: Json): Promise<`sha256:${string}`> {
  return (await context.artifacts.put(Buffer.from(canonicalJson(document)))).digest;
}

async function read(folder: string, name: string): Promise<string> {
  const bytes = await readBelow(folder, name, LARGEST_BYTES);
  if (!bytes) throw new TrunklineError('SBOM_INVALID', 'code', `"npm sbom" wrote more than ${LARGEST_BYTES} bytes`, 'nothing honest is that long; look at the lock file');
  return bytes.toString('utf8');
}

async function packageName(context: ActionContext): Promise<string> {
  try {
    const { name } = JSON.parse(await read(context.workdir, 'package.json')) as { name?: unknown };
    return typeof name === 'string' && name !== '' ? name.slice(0, 214) : context.plan.application;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return context.plan.application;
    throw thrown;
  }
}

async function lockFile(folder: string): Promise<string | undefined> {
  for (const name of ['npm-shrinkwrap.json', 'package-lock.json']) if (await exists(folder, name)) return name;
  return undefined;
}

async function noLockFile(folder: string): Promise<string> {
  const others = { 'yarn.lock': 'Yarn', 'pnpm-lock.yaml': 'pnpm', 'bun.lock': 'Bun' };
  for (const [name, tool] of Object.entries(others)) if (await exists(folder, name)) return `the dependencies are locked by ${tool} (${name}), and "npm sbom" reads package-lock.json only`;
  return 'there is no package-lock.json: what the dependencies are is not settled';
}

async function exists(root: string, name: string): Promise<boolean> {
  await using folder = await Folder.open(root);
  return await folder.look(name) !== undefined;
}
