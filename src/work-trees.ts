import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Repository } from './source/git/repository.ts';

/** Every folder of the repository on this machine: all its work trees, with what was never committed, and its git folders. */
export function foldersOf({ root, gitFolder, commonFolder }: Repository): readonly string[] {
  const main = basename(commonFolder) === '.git' ? [dirname(commonFolder)] : [];
  return [...new Set([root, gitFolder, commonFolder, ...main, ...linked(commonFolder)])];
}

/** By what git notes of each: the path of the `.git` file in it. */
function linked(commonFolder: string): readonly string[] {
  const notes = join(commonFolder, 'worktrees');
  return names(notes).flatMap((name) => {
    try {
      return [dirname(readFileSync(join(notes, name, 'gitdir'), 'utf8').trim())];
    } catch {
      return []; // half made, or being removed
    }
  });
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
