import type { Found } from '../reports/report.ts';

const WHY = 'what is built tomorrow from the same commit may be other code';

export function unlocked(file: string, locks: readonly string[]): Found {
  return { rule: 'unlocked-manifest', severity: 'high', file, line: 1, message: `${file} has no lock file`, why: WHY, fix: `commit ${locks.slice(0, 3).join(' or ')}`, identity: file };
}

export function outOfStep(file: string, line: number, message: string, fix = 'install anew, and commit the lock file with the manifest'): Found {
  return { rule: 'lock-mismatch', severity: 'high', file, line, message, why: 'the manifest and its lock file mean different code', fix };
}

export function unpinned(file: string, line: number, name: string, written: string, fix = 'write a version, or a range of versions that the lock file holds fast'): Found {
  return { rule: 'unpinned-dependency', severity: 'medium', file, line, message: `${name.slice(0, 120)} may be anything: ${JSON.stringify(written.slice(0, 120))}`, why: WHY, fix };
}

export function unreadable(file: string, why: string): Found {
  return { rule: 'manifest-invalid', severity: 'high', file, line: 1, message: `${file} can't be read: ${why.slice(0, 200)}`, fix: 'correct it', identity: file };
}
