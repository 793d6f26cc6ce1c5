import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { packageImage } from '../../artifact/image.ts';
import type { ErrorRecord } from '../../foundation/errors.ts';
import { filesMatching } from '../../foundation/walk.ts';
import type { ActionContext, ActionKind } from '../action.ts';
import { notCarried } from './carried.ts';
import { installForProduction } from './dependencies.ts';
import { installedFiles, Staging } from './staging.ts';
import { lacking, scriptsOf } from './startfile.ts';

const glob = z.string().min(1).max(4_096).refine((path) => !path.startsWith('/') && !path.split(/[\\/]/).includes('..') && !path.includes('\0'), 'write a path inside the repository');

const input = z.strictObject({
  files: z.array(glob).min(1).max(256),
  /** `npm`: with package.json and all that `npm ci --omit=dev` installs. */
  productionDependencies: z.enum(['npm', 'none']),
});

export type ArchiveInput = z.infer<typeof input>;

/**
 * Packages the release: the built files, and what they need to run. Everything that decides its bytes is in it or in
 * the commit, so the same content has the same digest; the commit itself is told by provenance.
 */
export const archive: ActionKind<ArchiveInput> = {
  kind: 'archive',
  input,
  checkout: true,
  async missing(given, context) {
    const names = given.productionDependencies === 'none' ? [] : ['package.json', 'package-lock.json'];
    const environments = context.plan?.stages.flatMap(({ environment }) => environment ?? []) ?? [];
    return [
      ...names.filter((name) => !context.tracked.has(name)).map((name) => `packaging production dependencies needs a ${name} in the repository`),
      ...(await Promise.all(environments.map((environment) => notCarried(environment, given, context)))).flat(),
    ];
  },
  async run({ files, productionDependencies }, context) {
    const matched = await filesMatching(context.workdir, files);
    const fault = faultOfMatches(matched);
    if (fault !== undefined) return { passed: false, error: refused(fault, 'correct "files" in trunkline.config.ts, or let the package need the action that builds them') };

    await using staging = await Staging.make(context.apart);
    await staging.add(context.workdir, [...new Set([...matched.values()].flat().map(({ path }) => path))], context.signal);
    if (productionDependencies === 'npm') {
      const installed = await installForProduction(context);
      if ('error' in installed) return { passed: false, error: installed.error };
      await staging.add(context.workdir, ['package.json'], context.signal);
      await staging.add(installed.folder, await installedFiles(installed.folder), context.signal);
    }

    const incomplete = await faultsOfContent(staging, context);
    if (incomplete.length > 0) return { passed: false, error: refused(`what is deployed must be complete: ${incomplete.slice(0, 5).join('; ')}`, 'add the files to "files" in trunkline.config.ts') };

    const image = await packageImage(context.artifacts, { root: staging.folder, files: [...staging.files], annotations: isCommit(context.commit) ? {} : { 'dev.trunkline.dirty': 'true' } });
    const { digest } = image.manifest;
    await context.artifacts.publish(image.manifest, `${context.plan.application}:${context.commit.slice(0, 12)}-${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`);
    context.log(`${image.files} files, ${image.bytes} bytes: ${digest}${isCommit(context.commit) ? '' : ', of no commit: it cannot be deployed'}`);
    return { passed: true, output: { artifact: digest, files: image.files, bytes: image.bytes } };
  },
};

function faultOfMatches(matched: Awaited<ReturnType<typeof filesMatching>>): string | undefined {
  for (const [pattern, found] of matched) {
    if (found.length === 0) return `"${pattern}" means no file`;
    const odd = found.find(({ type }) => type !== 'file');
    if (odd) return `${odd.path} is ${odd.type === 'link' ? 'a symbolic link' : 'no plain file'}, which has no place in an artifact`;
  }
  return undefined;
}

async function faultsOfContent(staging: Staging, { plan }: ActionContext): Promise<readonly string[]> {
  const scripts = staging.files.has('package.json') ? scriptsOf(await readFile(join(staging.folder, 'package.json'), 'utf8')) : {};
  return [...new Set(plan.stages.flatMap(({ environment }) => (environment ? lacking(environment, staging.files, scripts) : [])))];
}

/** A build of what is not committed is marked, so that nobody takes it for one that can be traced. */
function isCommit(commit: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit);
}

function refused(why: string, hint: string): ErrorRecord {
  return { code: 'PACKAGE_REFUSED', class: 'code', message: `the artifact cannot be packaged: ${why}`, hint };
}
