import { commandsOf } from './shellwords.ts';

/** A package manager's way to install exactly what is locked: it makes the same of the same manifests, and of nothing else. */
export interface Installer {
  readonly manifest: string;
  /** One of these must be there. */
  readonly locks: readonly string[];
  /** What else it reads, where it is there. */
  readonly settings: readonly string[];
  /** The one folder that it makes. */
  readonly makes: string;
}

const npm: Installer = { manifest: 'package.json', locks: ['npm-shrinkwrap.json', 'package-lock.json'], settings: ['.npmrc'], makes: 'node_modules' };
const yarn: Installer = { manifest: 'package.json', locks: ['yarn.lock'], settings: ['.npmrc', '.yarnrc'], makes: 'node_modules' };
const pnpm: Installer = { manifest: 'package.json', locks: ['pnpm-lock.yaml'], settings: ['.npmrc'], makes: 'node_modules' };

/** By the words that a command must begin with; what follows them may only be options. */
const INSTALLERS: readonly { readonly words: readonly string[]; readonly installer: Installer }[] = [
  { words: ['npm', 'ci'], installer: npm },
  { words: ['npm', 'clean-install'], installer: npm },
  { words: ['yarn', 'install', '--frozen-lockfile'], installer: yarn },
  { words: ['pnpm', 'install', '--frozen-lockfile'], installer: pnpm },
];

export const lockFiles: readonly string[] = [npm, yarn, pnpm].flatMap(({ locks }) => locks);

/** Options that install into other places, or for other packages than the one at the top. */
const ELSEWHERE = /^(--prefix|--workspaces?|--global|--location|--dir|--cwd|--modules-folder|--recursive|--filter|-[gwCFr])/;

/** The installer that a command is, and is alone; undefined for any other command. */
export function installerOf(command: string): Installer | undefined {
  // What the shell would still change can't be told from here.
  if (/[$`*?~{}<>|&;\n=]/.test(command.replaceAll(/--?[a-z-]+=[a-z0-9-]+/g, ''))) return undefined;
  const [words, ...others] = commandsOf(command) ?? [];
  if (words === undefined || others.length > 0) return undefined;
  const found = INSTALLERS.find(({ words: first }) => first.every((word, index) => words[index] === word));
  const options = found ? words.slice(found.words.length) : [];
  return options.every((word) => word.startsWith('-') && !ELSEWHERE.test(word)) ? found?.installer : undefined;
}

/** Scripts of the project itself that an installation runs: with them, it is made of more than the manifests. */
const SCRIPTS = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare', 'prepublish'];

/** Why what these manifests make must not be kept; undefined where it may be. */
export function unkeepable(manifest: string, lock: string): string | undefined {
  let parsed: { readonly scripts?: { readonly [name: string]: unknown }; readonly workspaces?: unknown; readonly pnpm?: unknown } | null;
  try {
    parsed = JSON.parse(manifest) as typeof parsed;
  } catch {
    return 'package.json is not JSON';
  }
  const script = SCRIPTS.find((name) => typeof parsed?.scripts?.[name] === 'string');
  if (script !== undefined) return `it runs the project's own script "${script}"`;
  if (parsed?.workspaces !== undefined || parsed?.pnpm !== undefined) return 'the project has workspaces or settings that read more than the manifests';
  if (/["' ](file|link|portal|patch|workspace):/.test(manifest) || /"link": *true|["' @](file|link|portal|patch|workspace):/.test(lock)) return 'it takes packages from the repository itself';
  return undefined;
}
