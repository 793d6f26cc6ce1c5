import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { TrunklineError } from '../../foundation/errors.ts';
import { unpackChromium } from './chromium.ts';

/** A browser that starts on this machine. */
export interface Browser {
  readonly executable: string;
  /** To be its `LD_LIBRARY_PATH`: the browser that npm brings carries the libraries that a bare machine lacks. */
  readonly libraryPath?: string;
  /** To be its `FONTCONFIG_FILE`: where there is no font, every text is zero pixels wide and counts as invisible. */
  readonly fonts?: string;
}

const NAMES = ['google-chrome', 'google-chrome-stable', 'chrome', 'chromium', 'chromium-browser'];
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/opt/google/chrome', '/usr/lib/chromium', '/opt/homebrew/bin'];
const APPLICATIONS = ['Google Chrome', 'Chromium'];

/**
 * An installed Chrome or Chromium, else the Chromium that npm can bring, unpacked once per version.
 * @throws {TrunklineError} `BROWSER_MISSING` where neither is there or neither starts.
 */
export async function findBrowser(installed: readonly string[] = installedPlaces()): Promise<Browser> {
  const refusals: string[] = [];
  for (const executable of installed) {
    if (!await access(executable, constants.X_OK).then(() => true, () => false)) continue;
    const fault = await faultOf({ executable });
    if (fault === undefined) return { executable };
    refusals.push(`${executable} does not start: ${fault}`);
  }
  const packaged = chromiumPackage();
  if (packaged === undefined) refusals.push('the npm package @sparticuz/chromium is not installed');
  else if (process.platform !== 'linux' || process.arch !== 'x64') refusals.push(`@sparticuz/chromium is for Linux on x64, not for ${process.platform} on ${process.arch}`);
  else {
    const browser = await unpackChromium(packaged, [cacheBeside(packaged), join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'trunkline')]);
    const fault = await faultOf(browser);
    if (fault === undefined) return browser;
    refusals.push(`${browser.executable} does not start: ${fault}`);
  }
  throw new TrunklineError('BROWSER_MISSING', 'infra', `there is no browser for the acceptance tests: ${refusals.join('; ')}`,
    'install Google Chrome or Chromium, or run "npm install @sparticuz/chromium"');
}

/** Where a browser may be installed, best first. */
function installedPlaces(): readonly string[] {
  const folders = [...new Set([...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/')), ...FOLDERS])];
  const applications = process.platform === 'darwin'
    ? ['/Applications', join(homedir(), 'Applications')].flatMap((folder) => APPLICATIONS.map((name) => join(folder, `${name}.app`, 'Contents', 'MacOS', name)))
    : [];
  return [...applications, ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))];
}

/** Why it does not start; undefined when it does. Some distributions install a script that only says how to get it. */
async function faultOf(browser: Browser): Promise<string | undefined> {
  const env = { ...process.env, ...(browser.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: browser.libraryPath }) };
  try {
    await promisify(execFile)(browser.executable, ['--version'], { env, timeout: 15_000, killSignal: 'SIGKILL' });
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    return (stderr?.trim() || message).split('\n')[0];
  }
}

/** The root of the installed package; undefined where it is not. */
function chromiumPackage(): string | undefined {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Visible in every cell, which has neither this machine's state folder nor its temporary one. */
function cacheBeside(packaged: string): string {
  return join(dirname(dirname(packaged)), '.cache', 'trunkline');
}
