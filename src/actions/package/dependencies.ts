import { TrunklineError, type ErrorRecord } from '../../foundation/errors.ts';
import { textOf } from '../../foundation/text.ts';
import { readBelow } from '../../foundation/folder.ts';
import type { ActionContext } from '../action.ts';
import { scratchFolder } from '../scratch.ts';

const LARGEST_BYTES = 64 * 1024 * 1024;

/** Beside the checkout, so that tests that run meanwhile keep the modules that they have. No script of any package runs. */
const INSTALL = `rm -rf "$OUT" && mkdir -p "$OUT" && cp package.json package-lock.json "$OUT/" && { [ ! -f .npmrc ] || cp .npmrc "$OUT/"; } &&
for tarball in "$@"; do mkdir -p "$OUT/$(dirname -- "$tarball")" && cp -- "$tarball" "$OUT/$tarball" || exit 1; done &&
cd "$OUT" && npm ci --omit=dev --ignore-scripts --no-bin-links --no-audit --no-fund --prefer-offline`;

/** Installs what production needs into a folder of its own, in the cell, and gives that folder; or why it could not. */
export async function installForProduction(context: ActionContext): Promise<{ readonly folder: string } | { readonly error: ErrorRecord }> {
  const local = localTarballs(await lockedPackages(context));
  const folder = scratchFolder(context);
  const exit = await context.exec(['sh', '-c', INSTALL, 'sh', ...local], { env: { OUT: folder, NO_UPDATE_NOTIFIER: '1' }, reach: { hosts: 'registries' } });
  context.signal.throwIfAborted();
  if (exit.code === 0) return { folder };
  // npm's word for a lock file that it refuses to install from, before a page of help: that is the commit's fault, all else may be the network's.
  const unfit = context.lastLines(100).some((line) => /npm (error|ERR!) code EUSAGE/.test(line));
  return {
    error: {
      code: 'DEPENDENCIES_FAILED', class: unfit ? 'code' : 'infra', message: `"npm ci --omit=dev" failed with ${exit.signal ?? `exit code ${exit.code}`}${unfit ? ': the lock file is not one for this package.json' : ''}`,
      hint: unfit ? 'run "npm install" and commit the package-lock.json' : 'see the last lines: a registry that does not answer is worth another attempt', lastLines: context.lastLines(20),
    },
  };
}

interface LockedPackage { readonly resolved?: unknown; readonly link?: unknown; readonly dev?: unknown }

async function lockedPackages(context: ActionContext): Promise<{ readonly [path: string]: LockedPackage }> {
  try {
    const bytes = await readBelow(context.workdir, 'package-lock.json', LARGEST_BYTES);
    if (!bytes) throw new TrunklineError('LOCK_FILE_INVALID', 'code', `package-lock.json has more than ${LARGEST_BYTES} bytes`, 'write it anew with "npm install"');
    const packages = (JSON.parse(textOf(bytes)) as { packages?: { readonly [path: string]: LockedPackage } } | null)?.packages;
    return typeof packages === 'object' && packages !== null ? packages : {};
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') throw new TrunklineError('LOCK_FILE_MISSING', 'code', 'there is no package-lock.json: what production would get is not settled', 'commit the one that "npm install" writes');
    if (thrown instanceof SyntaxError) throw new TrunklineError('LOCK_FILE_INVALID', 'code', 'package-lock.json is not JSON', 'write it anew with "npm install"');
    throw thrown;
  }
}

/** Packages that lie in the repository as files; npm looks for them beside the manifest. */
function localTarballs(packages: { readonly [path: string]: LockedPackage }): readonly string[] {
  const forProduction = Object.entries(packages).filter(([path, entry]) => path.startsWith('node_modules/') && typeof entry === 'object' && entry !== null && entry.dev !== true);
  const linked = forProduction.find(([, entry]) => entry.link === true);
  if (linked) {
    throw new TrunklineError('PACKAGE_REFUSED', 'code', `production needs ${linked[0].slice('node_modules/'.length)}, a package of the repository itself that npm only links`, 'bundle it in the build, or move it to the devDependencies');
  }
  const paths = forProduction.flatMap(([, { resolved }]) => (typeof resolved === 'string' && resolved.startsWith('file:') ? [resolved.slice('file:'.length)] : []));
  const astray = paths.find((path) => path.startsWith('/') || path.split('/').includes('..'));
  if (astray !== undefined) throw new TrunklineError('PACKAGE_REFUSED', 'code', `production needs ${astray}, which lies outside of the repository`, 'commit it, or publish it to a registry');
  return [...new Set(paths)];
}
