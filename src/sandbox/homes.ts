import { realpathSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isInside } from './mounts.ts';

/** Where people's own files lie, with links resolved: no command of a commit sees them, whoever the host is. */
export function homes(): readonly string[] {
  const found = [homedir(), userHome(), '/home', '/root'].flatMap((path) => {
    try {
      return [realpathSync(path)];
    } catch {
      return [];
    }
  });
  return [...new Set(found)].filter((path) => path !== '/');
}

/** The home that `path` lies in, or is: below `/home` that of one person. */
export function homeOf(path: string): string | undefined {
  const around = homes().filter((home) => isInside(path, home)).toSorted((a, b) => b.length - a.length)[0];
  if (around !== '/home') return around;
  const person = path.split('/')[2];
  return person === undefined ? around : join(around, person);
}

/** By the user's entry, whatever HOME says. Undefined for a number without a name. */
function userHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return homedir();
  }
}
