import type { Repository } from './survey.ts';

/** How a project's package manager is spoken to. */
export interface Packages {
  readonly tool: 'npm' | 'pnpm' | 'yarn';
  /** Installs what the lock file says, and refuses where it does not fit. */
  readonly install: string;
  /** Before the name of a script. */
  readonly run: string;
  /** The same, so that the script's own output is all there is. */
  readonly silent: string;
  /** Between the name of a script and options that it is to get. */
  readonly rest: string;
  /** Before the name of a program of a dependency. */
  readonly exec: string;
}

const NPM = { tool: 'npm', run: 'npm run', silent: 'npm run --silent', rest: '-- ', exec: 'npx' } as const;

/** By the lock file at the top. npm's own wins where there are several: Trunkline's other actions read that. */
export function packagesOf(files: readonly string[], read: Repository['read']): Packages {
  if (files.includes('package-lock.json')) return { ...NPM, install: 'npm ci' };
  if (files.includes('pnpm-lock.yaml')) return { tool: 'pnpm', install: 'pnpm install --frozen-lockfile', run: 'pnpm run', silent: 'pnpm --silent run', rest: '', exec: 'pnpm exec' };
  if (files.includes('yarn.lock')) {
    const isBerry = /^__metadata:/m.test(read('yarn.lock') ?? '') || files.includes('.yarnrc.yml');
    return { tool: 'yarn', install: `yarn install ${isBerry ? '--immutable' : '--frozen-lockfile'}`, run: 'yarn run', silent: isBerry ? 'yarn run' : 'yarn --silent run', rest: '', exec: isBerry ? 'yarn exec' : 'yarn run' };
  }
  return { ...NPM, install: 'npm install' };
}
