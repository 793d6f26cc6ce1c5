import { merged, readJsonc, type Addition } from './merging.ts';
import { runConfiguration } from './run-configuration.ts';
import { tasks } from './tasks.ts';

/** What of a project decides which help an editor can give. */
export interface Project {
  readonly files: readonly string[];
  /** Names of the packages that it depends on. */
  readonly packages: ReadonlySet<string>;
}

export interface EditorChanges {
  /** Whole new texts, by path. */
  readonly write: ReadonlyMap<string, string>;
  /** Files that can't be merged into: why, and what to add by hand. */
  readonly refused: readonly { readonly path: string; readonly why: string; readonly add: string }[];
}

/** Extensions of VS Code that warn of the same problems as Build, by what the project uses. */
const EXTENSIONS: readonly (readonly [id: string, isFor: (project: Project) => boolean])[] = [
  ['dbaeumer.vscode-eslint', uses('eslint')],
  ['oxc.oxc-vscode', uses('oxlint')],
  ['biomejs.biome', uses('@biomejs/biome')],
  ['vitest.explorer', uses('vitest')],
  ['orta.vscode-jest', uses('jest')],
  ['connor4312.nodejs-testing', (project) => has(project, /\.(test|spec)\.[cm]?[jt]sx?$/) && !uses('vitest')(project) && !uses('jest')(project)],
  ['ms-playwright.playwright', (project) => uses('@playwright/test')(project)],
  ['cucumberopen.cucumber-official', (project) => has(project, /\.feature$/)],
  ['ms-python.python', (project) => has(project, /\.py$/)],
  ['ms-python.black-formatter', (project) => has(project, /\.py$/) && has(project, /^(pyproject\.toml|requirements[^/]*\.txt)$/)],
  ['vscjava.vscode-java-pack', (project) => has(project, /\.java$/)],
  ['SonarSource.sonarlint-vscode', () => true],
];

/** What VS Code and JetBrains need, merged with what is there. @param read the text of a file of the work tree. */
export function editorChanges(project: Project, read: (path: string) => string | undefined): EditorChanges {
  const wanted: readonly (readonly [path: string, additions: readonly Addition[]])[] = [
    ['.vscode/extensions.json', recommendations(project, read('.vscode/extensions.json'))],
    ['.vscode/settings.json', settings(project)],
    ['.vscode/tasks.json', [{ at: ['version'], value: '2.0.0' }, ...tasks.map((task): Addition => ({ at: ['tasks'], item: task, same: (other) => (other as { label?: unknown } | null)?.label === task.label }))]],
  ];
  const write = new Map<string, string>();
  const refused: EditorChanges['refused'][number][] = [];
  for (const [path, additions] of wanted) {
    const before = read(path);
    const after = merged(before, additions);
    if ('fault' in after) refused.push({ path, why: after.fault, add: textOf(additions) });
    else if (after.text !== before) write.set(path, after.text);
  }
  for (const { label, command } of tasks) {
    const path = `.run/${label}.run.xml`;
    if (read(path) === undefined) write.set(path, runConfiguration(label, command));
  }
  return { write, refused };
}

function recommendations(project: Project, text: string | undefined): readonly Addition[] {
  const turnedDown = unwanted(text);
  const fitting = EXTENSIONS.filter(([id, isFor]) => isFor(project) && !turnedDown.has(id.toLowerCase()));
  return fitting.map(([id]) => ({ at: ['recommendations'], item: id, same: (other) => String(other).toLowerCase() === id.toLowerCase() }));
}

/** What the team has turned down is not recommended again. */
function unwanted(text: string | undefined): ReadonlySet<string> {
  const read = readJsonc(text ?? '{}');
  const list = 'value' in read ? read.value['unwantedRecommendations'] : undefined;
  return new Set((Array.isArray(list) ? list : []).map((id: unknown) => String(id).toLowerCase()));
}

function settings(project: Project): readonly Addition[] {
  return [
    { at: ['files.watcherExclude', '**/.trunkline/**'], value: true },
    { at: ['search.exclude', '**/.trunkline/**'], value: true },
    ...(uses('typescript')(project) ? [{ at: ['typescript.tsdk'], value: 'node_modules/typescript/lib' } as const] : []),
    ...(uses('eslint')(project) ? [{ at: ['eslint.enable'], value: true } as const] : []),
    ...(uses('oxlint')(project) ? [{ at: ['oxc.enable'], value: true } as const] : []),
    ...(has(project, /(^|\/)test_[^/]*\.py$/) ? [{ at: ['python.testing.unittestEnabled'], value: true } as const] : []),
  ];
}

/** For people who add it by hand. */
function textOf(additions: readonly Addition[]): string {
  const alone = merged(undefined, additions);
  return 'text' in alone ? alone.text : '';
}

function uses(name: string): (project: Project) => boolean {
  return ({ packages }) => packages.has(name);
}

function has({ files }: Project, form: RegExp): boolean {
  return files.some((file) => form.test(file));
}
