/** Where the tools lie that Trunkline starts itself: one row each. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findBrowser } from './actions/acceptance/browser.ts';
import { dbmateBinary } from './actions/database/tool.ts';
import { postgresFolder } from './environment/process/postgres-binaries.ts';
import { FileToolbox, type ToolPlace, type ToolRows } from './host/embedded/toolbox.ts';
import type { Toolbox } from './host/tools.ts';
import { searchPath } from './sandbox/search-path.ts';

const OWN = fileURLToPath(new URL('.', import.meta.url));
/** Where distributions put the browser that a script of theirs starts. */
const BEHIND_SCRIPTS = ['/usr/lib/chromium/chromium', '/usr/lib/chromium-browser/chromium-browser'];

const rows: ToolRows = new Map<string, () => ToolPlace | undefined | Promise<ToolPlace | undefined>>([
  ['node', () => ({ version: process.version, paths: [realpathSync(process.execPath)] })],
  ['trunkline', () => ({ version: packageAbove(OWN).version, paths: [OWN] })],
  ['git', async () => {
    const path = onPath('git', process.env['PATH']);
    return path === undefined ? undefined : { version: await saidBy(path), paths: [path] };
  }],
  ['npm', () => {
    const path = onPath('npm', searchPath(process.env['PATH']));
    return path === undefined ? undefined : wholePackage(path);
  }],
  ['secretlint', () => {
    const parts = ['@secretlint/core', '@secretlint/secretlint-rule-preset-recommend'].map((name) => wholePackage(fileURLToPath(import.meta.resolve(name))));
    return { version: parts[0]!.version, paths: parts.flatMap(({ paths }) => paths) };
  }],
  ['dbmate', () => {
    const path = realpathSync(dbmateBinary());
    return { version: packageAbove(path).version, paths: [path] };
  }],
  ['postgres', () => {
    const folder = postgresFolder();
    return { version: packageAbove(folder).version, paths: [folder] };
  }],
  ['chromium', async () => {
    const { executable } = await findBrowser();
    const path = realpathSync(executable);
    return { version: await saidBy(path).catch(() => 'unknown'), paths: [path, ...BEHIND_SCRIPTS.filter((behind) => behind !== path && existsSync(behind)).map((behind) => realpathSync(behind))] };
  }],
]);

export function openToolbox(): Toolbox {
  return new FileToolbox(rows);
}

function onPath(name: string, path = ''): string | undefined {
  const found = path.split(delimiter).filter((folder) => folder !== '').map((folder) => join(folder, name)).find(canRun);
  return found === undefined ? undefined : realpathSync(found);
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The number in what a program says of its version; its digest tells one that says none, or nothing in time, apart. */
async function saidBy(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 15_000, killSignal: 'SIGKILL' }).catch(() => ({ stdout: '' }));
  return /\d+(\.\d+)+/.exec(stdout)?.[0] ?? 'unknown';
}

function wholePackage(path: string): ToolPlace {
  const { folder, version } = packageAbove(path);
  return { version, paths: [folder] };
}

/** The package that something belongs to: the nearest folder above it with a package.json that has a name. */
function packageAbove(path: string): { readonly folder: string; readonly version: string } {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (basename(folder) === 'node_modules' || !existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly name?: string; readonly version?: string };
    if (name !== undefined && version !== undefined) return { folder, version };
  }
  throw new Error(`${path} belongs to no package`);
}
