import { TrunklineError } from '../foundation/errors.ts';

/** How `flock` ends when another process holds the lock. */
export const LOCKED = 75;
/** In seconds: what was killed may take a moment to be gone. */
const PATIENCE = 5;

/**
 * The words that hold a lock (flock) on `file` for as long as the process that they start lives, and whatever inherits
 * its descriptors: no crash leaves it behind.
 */
export function locked(flock: string, file: string): readonly string[] {
  return [flock, '--no-fork', '--wait', String(PATIENCE), '--conflict-exit-code', String(LOCKED), file];
}

export function flockMissing(): TrunklineError {
  return new TrunklineError('TOOL_MISSING', 'infra', '"flock", which keeps two servers from one folder, is not installed', 'install the package "util-linux"');
}
