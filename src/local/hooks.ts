import { TrunklineError } from '../foundation/errors.ts';
import { HOOK_COMMAND, HOOKS_FOLDER, hookScripts } from './hook-script.ts';

/** What there is of hooks in a clone; nothing in it has been run. */
export interface HooksFound {
  /** `core.hooksPath` as git takes it, where that is set, and the text of the `pre-commit` there. */
  readonly hooksPath: { readonly path: string; readonly scope: string; readonly preCommit: string | undefined } | undefined;
  /** Texts of the hooks in git's own folder that git would run, by name; the samples left out. */
  readonly own: ReadonlyMap<string, string>;
  /** Texts of the files of the repository that may hold hooks, by path. */
  readonly files: ReadonlyMap<string, string>;
}

/** Another that runs hooks here. */
export interface HookRunner {
  readonly name: string;
  /** Where it is set up. */
  readonly where: string;
  /** What is to be added there, for people. */
  readonly add: string;
  /** Whether it calls Trunkline already. */
  readonly calls: boolean;
}

export interface HooksState {
  /** `installed`: git runs our hook. `through`: another runner calls us. `absent`: nobody does. */
  readonly state: 'installed' | 'through' | 'absent';
  readonly runners: readonly HookRunner[];
  readonly hooksPath: string | null;
}

export const HUSKY = '.husky/pre-commit';
export const LEFTHOOK = ['lefthook.yml', '.lefthook.yml', 'lefthook.yaml', '.lefthook.yaml', 'lefthook.toml', 'lefthook.json', '.config/lefthook.yml'];
export const PRE_COMMIT = '.pre-commit-config.yaml';
const OURS = `${HOOKS_FOLDER}/pre-commit`;

/** Files that say which hooks there are. */
export const HOOK_FILES = [HUSKY, ...LEFTHOOK, PRE_COMMIT, ...Object.keys(hookScripts).map((hook) => `${HOOKS_FOLDER}/${hook}`)];

const LEFTHOOK_LINES = `pre-commit:\n  jobs:\n    - name: trunkline\n      run: npx --no-install ${HOOK_COMMAND}`;
const PRE_COMMIT_LINES = `repos:\n  - repo: local\n    hooks:\n      - id: trunkline\n        name: trunkline\n        entry: npx --no-install ${HOOK_COMMAND}\n        language: system\n        always_run: true\n        pass_filenames: false\n        stages: [pre-commit]`;

export function hooksState({ hooksPath, own, files }: HooksFound): HooksState {
  const runners = runnersOf({ hooksPath, own, files });
  const ours = isOurs(hooksPath) && calls(files.get(OURS));
  return { state: ours ? 'installed' : runners.some((runner) => runner.calls) ? 'through' : 'absent', runners, hooksPath: hooksPath?.path ?? null };
}

/** Everything that runs hooks here and is not ours. */
function runnersOf({ hooksPath, own, files }: HooksFound): readonly HookRunner[] {
  const runners: HookRunner[] = [];
  const add = (name: string, where: string, lines: string, text: string | undefined): void => void runners.push({ name, where, add: lines, calls: calls(text) });
  const husky = hooksPath?.path.startsWith('.husky') === true;
  if (husky || files.has(HUSKY)) add('husky', HUSKY, `npx --no-install ${HOOK_COMMAND}`, files.get(HUSKY));
  for (const file of LEFTHOOK) if (files.has(file)) add('lefthook', file, LEFTHOOK_LINES, files.get(file));
  if (files.has(PRE_COMMIT)) add('pre-commit', PRE_COMMIT, PRE_COMMIT_LINES, files.get(PRE_COMMIT));
  if (hooksPath && !husky && !isOurs(hooksPath)) add('git', `${hooksPath.path}/pre-commit, by core.hooksPath of the ${hooksPath.scope} configuration`, HOOK_COMMAND, hooksPath.preCommit);
  // lefthook and pre-commit write theirs there, and are named already.
  else if (!hooksPath && own.size > 0 && runners.length === 0) add('git', `the clone's own hooks: ${[...own.keys()].join(', ')}`, HOOK_COMMAND, own.get('pre-commit'));
  if (files.has(OURS) && !calls(files.get(OURS))) add('git', OURS, HOOK_COMMAND, undefined);
  return runners;
}

/** What an installation has to write; nothing where another calls Trunkline already. */
export interface Installation {
  /** Scripts to write, by path. */
  readonly scripts: { readonly [path: string]: string };
  readonly hooksPath: string | undefined;
}

/** @throws {TrunklineError} `HOOKS_TAKEN`, with what to add by hand: what others have set up is never written over. */
export function installation(found: HooksFound): Installation {
  const { state, runners } = hooksState(found);
  if (state === 'through') return { scripts: {}, hooksPath: undefined };
  const [other] = runners;
  if (other) {
    throw new TrunklineError('HOOKS_TAKEN', 'refused', `${other.name === 'git' ? 'there are hooks already' : `${other.name} runs the hooks here`} (${other.where}), and installing ours would put them out of use`,
      `add this there: ${other.add.includes('\n') ? `\n${other.add}` : other.add}`);
  }
  const missing = Object.entries(hookScripts).filter(([hook]) => !found.files.has(`${HOOKS_FOLDER}/${hook}`));
  return { scripts: Object.fromEntries(missing.map(([hook, script]) => [`${HOOKS_FOLDER}/${hook}`, script])), hooksPath: isOurs(found.hooksPath) ? undefined : HOOKS_FOLDER };
}

function isOurs(hooksPath: HooksFound['hooksPath']): boolean {
  return hooksPath?.path.replace(/\/+$/, '').replace(/^\.\//, '') === HOOKS_FOLDER;
}

/** A line that is no comment. */
function calls(text: string | undefined): boolean {
  return (text ?? '').split('\n').some((line) => !/^\s*#/.test(line) && line.includes('hook pre-commit') && /trunkline|"\$found"/.test(line));
}
