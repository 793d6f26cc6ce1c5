import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from './project.ts';

/** Modules that are run as tools and come with no Python, by the name of what brings them. */
const TOOLS: { readonly [module: string]: string } = {
  pytest: 'pytest', behave: 'behave', coverage: 'coverage', ruff: 'ruff', mypy: 'mypy', black: 'black', flake8: 'flake8', pylint: 'pylint', bandit: 'bandit', nox: 'nox', tox: 'tox',
  robot: 'robotframework', isort: 'isort', pip_audit: 'pip-audit', cyclonedx_py: 'cyclonedx-bom', gunicorn: 'gunicorn', uvicorn: 'uvicorn', build: 'build', pyright: 'pyright',
};

/** What `python3 -m tool` lacks: it must be named by a manifest or installed by the command, or be on this machine. */
export async function pythonNeeds(words: readonly string[], project: Project, installed: string): Promise<readonly string[]> {
  const at = words.indexOf('-m');
  // An option before it belongs to Python; a file before it makes it an option of the program.
  const module = at === -1 || words.slice(0, at).some((word) => !word.startsWith('-')) ? undefined : words[at + 1];
  if (module === undefined) return [];
  const inner = module === 'coverage' ? await innerOf(words.slice(at + 2), project, installed) : [];
  const brings = Object.hasOwn(TOOLS, module) ? TOOLS[module] : undefined;
  if (brings === undefined || names(project.python, brings) || names(installed.replaceAll(/-m\s+\S+/g, ''), brings)) return inner;
  return await isOnMachine(module) ? inner : [`"python3 -m ${module}" needs ${brings}, which no manifest names: add it to the requirements, and let "prepare" install them`, ...inner];
}

/** `coverage run -m pytest` runs another. */
async function innerOf(words: readonly string[], project: Project, installed: string): Promise<readonly string[]> {
  const at = words.indexOf('-m');
  return words[0] === 'run' && at !== -1 ? pythonNeeds(words.slice(at), project, installed) : [];
}

/** As a word of its own, in the equal spellings of a package's name. */
function names(text: string, name: string): boolean {
  return new RegExp(`(?:^|[^\\w.-])${name.replaceAll('-', '[-_.]')}(?![\\w-])`, 'im').test(text.replaceAll(/(^|\s)#[^\n]*/g, ''));
}

const ROOTS = ['/usr/lib', '/usr/local/lib'];

/** Where Debian, and an installation of Python's own, keep what belongs to the machine. */
async function isOnMachine(module: string): Promise<boolean> {
  for (const root of ROOTS) {
    const versions = (await readdir(root).catch(() => [])).filter((name) => /^python3(\.\d+)?$/.test(name));
    for (const packages of versions.flatMap((version) => ['dist-packages', 'site-packages'].map((folder) => join(root, version, folder)))) {
      if ((await readdir(packages).catch(() => [])).some((name) => name === module || name === `${module}.py`)) return true;
    }
  }
  return false;
}
