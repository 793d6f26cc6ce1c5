import { realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Json } from '../../foundation/units.ts';
import { searchPath } from '../../sandbox/search-path.ts';

/**
 * Tells one version of a program from another without running it: where it really lies, and when that file last changed.
 * Null where a command of a commit would not find it.
 */
export function programOf(name: string): Json {
  for (const folder of searchPath(process.env['PATH']).split(delimiter)) {
    try {
      const path = realpathSync(join(folder, name));
      const { size, ctimeMs } = statSync(path);
      return `${path} ${size} ${ctimeMs}`;
    } catch {
      // not in this folder
    }
  }
  return null;
}

/** What every action runs on. @param version of the product. */
export function productOf(version: string): Json {
  return { version, node: process.version, npm: programOf('npm'), platform: process.platform, arch: process.arch };
}
