import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

/** A real repository for a test, gone with it. */
export interface RepositoryFixture {
  readonly folder: string;
  git(...args: readonly string[]): string;
  write(path: string, content: string | Uint8Array, mode?: number): void;
  link(path: string, target: string): void;
  /** Stages everything and commits it; gives the full hash. */
  commit(message: string): string;
}

export function temporaryFolder(t: TestContext): string {
  const folder = realpathSync.native(mkdtempSync(join(tmpdir(), 'source-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const WHO = { GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.org', GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.org' };

export function repositoryFixture(t: TestContext, folder = temporaryFolder(t), ...init: readonly string[]): RepositoryFixture {
  const env = { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', ...WHO };
  const run = (args: readonly string[], input = ''): string => execFileSync('git', args, { cwd: folder, env, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] }).trimEnd();
  const git = (...args: readonly string[]): string => run(args);
  git('init', '--quiet', '--initial-branch=main', ...init);
  const place = (path: string): string => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    return join(folder, path);
  };
  return {
    folder, git,
    write: (path, content, mode = 0o644) => {
      writeFileSync(place(path), content);
      chmodSync(join(folder, path), mode);
    },
    link: (path, target) => symlinkSync(target, place(path)),
    commit: (message) => {
      git('add', '--all');
      run(['commit', '--quiet', '--allow-empty', '--cleanup=verbatim', '--file=-'], message);
      return git('rev-parse', 'HEAD');
    },
  };
}

/** A second repository whose `origin` is the first. */
export function cloneOf(t: TestContext, origin: RepositoryFixture): RepositoryFixture {
  const clone = repositoryFixture(t);
  clone.git('remote', 'add', 'origin', origin.folder);
  clone.git('fetch', '--quiet', '--no-write-fetch-head', 'origin');
  clone.git('reset', '--quiet', '--hard', 'origin/main');
  return clone;
}
