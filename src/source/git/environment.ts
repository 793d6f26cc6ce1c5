import type { Repository } from './repository.ts';

/** Given to every git: no program that a repository could name is started, and nobody is asked anything. */
const HARDENED = [
  '--no-pager',
  '-c', 'core.hooksPath=/dev/null',
  '-c', 'core.fsmonitor=false',
  '-c', 'core.attributesFile=/dev/null',
  '-c', 'protocol.ext.allow=never',
  '-c', 'submodule.recurse=false',
  '-c', 'gc.auto=0',
  '-c', 'maintenance.auto=false',
];

/** What of the caller's `GIT_*` says how to reach a remote; the rest would point git at another repository. */
const REACHING = /^GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|PROXY_COMMAND|SSL_.*|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM)$/;

/**
 * - `none`: git reads the configuration of the repository's view and no other; it may not use a network.
 * - `user`: the user's configuration, since only that knows the credentials for a remote.
 */
export type Configuration = 'none' | 'user';

export function gitArguments(configuration: Configuration, repository: Repository | undefined): string[] {
  return [
    ...HARDENED,
    ...(configuration === 'none' ? ['-c', 'protocol.allow=never'] : ['-c', 'http.lowSpeedLimit=1000', '-c', 'http.lowSpeedTime=30']),
    // The user's own configuration was asked on opening whether this repository is to be trusted.
    ...(repository ? [repository.root, repository.gitFolder, repository.commonFolder].flatMap((folder) => ['-c', `safe.directory=${folder}`]) : []),
  ];
}

/** Points git at a repository's view, so that of its git folder only objects, refs, HEAD and the index are read. */
export function pointing({ root, gitFolder, view }: Repository): NodeJS.ProcessEnv {
  return { GIT_DIR: gitFolder, GIT_COMMON_DIR: view, GIT_WORK_TREE: root };
}

export function gitEnvironment(configuration: Configuration, given: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const always = {
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    // A replaced object would make a hash stand for something else.
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_ATTR_NOSYSTEM: '1',
    SSH_ASKPASS_REQUIRE: 'force',
  };
  if (configuration === 'user') {
    const kept = Object.entries(given).filter(([name]) => !name.startsWith('GIT_') || REACHING.test(name));
    return { SSH_ASKPASS: 'false', ...Object.fromEntries(kept), ...always };
  }
  return {
    PATH: given['PATH'], HOME: given['HOME'], TMPDIR: given['TMPDIR'],
    ...always,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_NO_LAZY_FETCH: '1',
  };
}
