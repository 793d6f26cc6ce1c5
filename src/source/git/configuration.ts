import { git } from './git.ts';

/** One value of git's configuration. `value` is undefined for a key that stands there without one, which git reads as true. */
export interface ConfigurationValue {
  readonly scope: 'system' | 'global' | 'local' | 'worktree';
  /** Section and variable in lower case, the subsection as it is written. */
  readonly key: string;
  readonly value: string | undefined;
}

/** Where the listing runs: in a folder that git finds the repository from, or for one whose git folder is known. */
export type Listed = { readonly folder: string } | { readonly root: string; readonly gitFolder: string };

const SCOPES: ReadonlySet<string> = new Set(['system', 'global', 'local', 'worktree']);
const TIMEOUT = 10_000;

/** All that is configured for a repository, as data: listing it starts no program. The value that counts stands last. */
export async function configurationOf(listed: Listed): Promise<readonly ConfigurationValue[]> {
  const cwd = 'folder' in listed ? listed.folder : listed.root;
  const env = 'folder' in listed ? {} : { GIT_DIR: listed.gitFolder, GIT_WORK_TREE: listed.root };
  const { text } = await git(undefined, ['config', '--list', '-z', '--show-scope'], { cwd, configuration: 'user', env, timeout: TIMEOUT });
  const words = text.split('\0');
  return words.flatMap((scope, at): ConfigurationValue[] => {
    const entry = words[at + 1];
    if (at % 2 === 1 || entry === undefined || !SCOPES.has(scope)) return [];
    const end = entry.indexOf('\n');
    const [key, value] = end === -1 ? [entry, undefined] : [entry.slice(0, end), entry.slice(end + 1)];
    return [{ scope: scope as ConfigurationValue['scope'], key, value }];
  });
}

/** Whether the repository's own files say this, which code of a release may have written. */
export function isLocal({ scope }: ConfigurationValue): boolean {
  return scope === 'local' || scope === 'worktree';
}

/** How files and objects are written here. It starts no program and reaches no network. */
const FORMAT: ReadonlySet<string> = new Set([
  'core.autocrlf', 'core.eol', 'core.filemode', 'core.ignorecase', 'core.precomposeunicode', 'core.symlinks',
  'extensions.objectformat', 'extensions.refstorage',
]);

/**
 * The configuration of a view: from the repository's own files nothing but how its files and objects are written.
 * Whatever names a program, a folder or another file stays outside.
 */
export function formatOf(values: readonly ConfigurationValue[]): string {
  const kept = new Map(values.filter((value) => isLocal(value) && FORMAT.has(value.key)).map(({ key, value }) => [key, value]));
  const version = [...kept.keys()].some((key) => key.startsWith('extensions.')) ? '1' : '0';
  const all = [['core.repositoryformatversion', version], ['core.bare', 'false'], ['core.logallrefupdates', 'false'], ...kept] as const;
  return all.map(([key, value]) => {
    const [section, variable] = key.split('.');
    return `[${section}]\n\t${variable}${value === undefined ? '' : ` = ${quoted(value)}`}\n`;
  }).join('');
}

function quoted(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** What the repository's own files may say of how `origin` is reached: a header that signs in, and nothing that runs. */
const HEADER = /^http\.(?:.+\.)?extraheader$/;
const INCLUDES = /^include(?:if)?\./;

/**
 * The variables that give one git the user's own configuration, with what it includes for this repository, and of the
 * repository's own only the address of `origin` and the headers that sign in there. Needs git 2.32.
 */
export function reaching(values: readonly ConfigurationValue[], origin: string): { readonly [name: string]: string } {
  const taken = values.filter((value) => (isLocal(value) ? HEADER.test(value.key) : !INCLUDES.test(value.key)));
  const all = [...taken.map(({ key, value = 'true' }) => [key, value] as const), ['remote.origin.url', origin] as const];
  return {
    GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_SYSTEM: '/dev/null', GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: String(all.length),
    ...Object.fromEntries(all.flatMap(([key, value], at) => [[`GIT_CONFIG_KEY_${at}`, key], [`GIT_CONFIG_VALUE_${at}`, value]])),
  };
}

const PROGRAMS = /^(?:core\.(?:sshcommand|gitproxy|askpass)|credential\..*|http\..*|url\..*|remote\.origin\.(?:uploadpack|vcs|proxy.*))$/;

/** What the repository's own files say of how `origin` is reached and is not used: for whoever wonders why it can't be. */
export function unused(values: readonly ConfigurationValue[]): readonly string[] {
  return [...new Set(values.filter((value) => isLocal(value) && PROGRAMS.test(value.key) && !HEADER.test(value.key)).map(({ key }) => key))];
}

/** The first address of `origin`, credentials and all; undefined where there is no such remote. */
export function originOf(values: readonly ConfigurationValue[]): string | undefined {
  return values.find(({ key, value }) => key === 'remote.origin.url' && value !== undefined && value.trim() !== '')?.value;
}
