import { satisfies, validRange } from '@renovatebot/pep440';
import type { Found } from '../reports/report.ts';
import { lineAt, linesOf } from './lines.ts';
import { outOfStep, unlocked, unpinned, unreadable } from './manifest-findings.ts';
import type { ManifestReader } from './manifests.ts';

const PINNED = 'write the version: name==1.2.3';

/** requirements.txt is its own lock: each line says one version, or one commit. */
export const requirementsFindings: ManifestReader = (file, text) => [...linesOf(text)].flatMap(([line, content]): Found[] => {
  const bare = content.replace(/(^|\s)#.*$/, '').replace(/\\$/, '').trim();
  if (bare === '' || bare.startsWith('--hash')) return [];
  if (/^(-e|--editable)\b/.test(bare) && !/(git|hg|svn)\+/.test(bare)) return []; // a folder of this repository
  if (bare.startsWith('-') && !/^(-e|--editable)\b/.test(bare)) return [];
  if (/^\.{0,2}\//.test(bare) || bare === '.') return [];
  const name = /^(?:-e\s+|--editable[\s=]+)?([A-Za-z0-9][\w.-]*)?/.exec(bare)?.[1] ?? bare;
  if (/(git|hg|svn)\+|@\s*(git|https?)/.test(bare)) return /@[0-9a-f]{40}\b/.test(bare) || /#sha256=/.test(bare) ? [] : [unpinned(file, line, name, bare, 'name one commit by its full hash, or a released version')];
  return /^[\w.-]+\s*(\[[^\]]*\])?\s*={2,3}\s*[^\s*,;]+(\s|;|$)/.test(bare) ? [] : [unpinned(file, line, name, bare, PINNED)];
});

const PYPROJECT_LOCKS = ['poetry.lock', 'uv.lock', 'pdm.lock', 'requirements.lock', 'requirements.txt'];

/** pyproject.toml, where it names dependencies at all, against the lock of poetry, uv or pdm. */
export const pyprojectFindings: ManifestReader = (file, text, locks) => {
  const wanted = [...projectDependencies(text), ...poetryDependencies(text)];
  if (wanted.length === 0) return [];
  const loose = wanted.filter(({ range }) => range === '*' || /^(git|https?)/.test(range)).map(({ name, range, line }) => unpinned(file, line, name, range));
  const lock = locks.nearest(PYPROJECT_LOCKS);
  if (lock === undefined) return [unlocked(file, PYPROJECT_LOCKS), ...loose];
  const content = locks.text(lock);
  if (content === undefined || !/(poetry|uv|pdm)\.lock$/.test(lock)) return loose;
  const locked = new Map([...content.matchAll(/^name = "([^"]+)"\r?\nversion = "([^"]+)"/gm)].map(([, name = '', version = '']) => [normal(name), version]));
  return [...loose, ...wanted.flatMap(({ name, range, line }): Found[] => {
    const version = locked.get(normal(name));
    if (version === undefined) return [outOfStep(file, line, `${name} is not in ${lock}`)];
    return range !== '' && range !== '*' && validRange(range) && !satisfies(version, range, { prereleases: true }) ? [outOfStep(file, line, `${lock} has ${name} ${version}, and ${JSON.stringify(range)} is asked for`)] : [];
  })];
};

export const pipfileFindings: ManifestReader = (file, text, locks) => {
  const wanted = entriesOf(text, /^\[(packages|dev-packages)\]$/);
  if (wanted.length === 0) return [];
  const loose = wanted.filter(({ range }) => range === '*' || /git\s*=/.test(range)).map(({ name, range, line }) => unpinned(file, line, name, range));
  const lock = locks.nearest(['Pipfile.lock']);
  if (lock === undefined) return [unlocked(file, ['Pipfile.lock']), ...loose];
  const content = locks.text(lock);
  if (content === undefined) return loose;
  const known = namesIn(content);
  if (known === undefined) return [...loose, unreadable(lock, 'it is no JSON')];
  return [...loose, ...wanted.filter(({ name }) => !known.has(normal(name))).map(({ name, line }) => outOfStep(file, line, `${name} is not in ${lock}`))];
};

interface Wanted { readonly name: string; readonly range: string; readonly line: number }

/** `dependencies` and the groups of `[project]`: lists of requirements after PEP 508. */
function projectDependencies(text: string): readonly Wanted[] {
  const start = text.search(/^\[project\]\s*$/m);
  const wanted: Wanted[] = [];
  const list = (from: number, body: string): void => {
    let [at, line] = [from, lineAt(text, from)];
    for (const quoted of body.matchAll(/"([^"\n]{1,300})"|'([^'\n]{1,300})'/g)) {
      const found = /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?([^;]*)/.exec(quoted[1] ?? quoted[2] ?? '');
      line += text.slice(at, from + quoted.index).split('\n').length - 1;
      at = from + quoted.index;
      if (found) wanted.push({ name: found[1] ?? '', range: (found[2] ?? '').trim().replace(/^@\s*/, ''), line });
    }
  };
  if (start !== -1) {
    const section = text.slice(start + 9).split(/^\[/m)[0] ?? '';
    const found = /^dependencies\s*=\s*\[/m.exec(section);
    if (found) list(start + 9 + found.index + found[0].length, upToClosing(section.slice(found.index + found[0].length)));
  }
  for (const head of text.matchAll(/^\[(?:project\.optional-dependencies|dependency-groups)\]\s*$/gm)) {
    const from = head.index + head[0].length;
    const section = text.slice(from).split(/^\[/m)[0] ?? '';
    for (const group of section.matchAll(/^[\w-]+\s*=\s*\[/gm)) list(from + group.index + group[0].length, upToClosing(section.slice(group.index + group[0].length)));
  }
  return wanted;
}

/** A list of texts, which may hold brackets themselves: extras. */
function upToClosing(text: string): string {
  return /^(?:[^\]"'#]|"[^"\n]*"|'[^'\n]*'|#[^\n]*)*/.exec(text)?.[0] ?? '';
}

/** Caret and tilde of poetry are its own: only the presence of a name is compared for them. */
function poetryDependencies(text: string): readonly Wanted[] {
  return entriesOf(text, /^\[tool\.poetry\.(dependencies|dev-dependencies|group\.[\w-]+\.dependencies)\]$/).filter(({ name, range }) => name !== 'python' && !/\bpath\s*=/.test(range))
    .map((wanted) => ({ ...wanted, range: /^[\^~]|\{/.test(wanted.range) ? (/git\s*=/.test(wanted.range) && !/rev\s*=\s*"[0-9a-f]{40}"/.test(wanted.range) ? 'git' : '') : wanted.range }));
}

function entriesOf(text: string, head: RegExp): readonly Wanted[] {
  let inside = false;
  return [...linesOf(text)].flatMap(([line, content]): Wanted[] => {
    const bare = content.replace(/\s#.*$/, '').trim();
    if (bare.startsWith('[')) inside = head.test(bare);
    const found = inside ? /^["']?([A-Za-z0-9][\w.-]*)["']?\s*=\s*(?:["']([^"']*)["']|(.*))$/.exec(bare) : null;
    return found ? [{ name: found[1] ?? '', range: (found[2] ?? found[3] ?? '').trim(), line }] : [];
  });
}

function namesIn(lock: string): ReadonlySet<string> | undefined {
  try {
    const { default: packages = {}, develop = {} } = JSON.parse(lock) as { readonly default?: object; readonly develop?: object };
    return new Set([...Object.keys(packages), ...Object.keys(develop)].map(normal));
  } catch {
    return undefined;
  }
}

/** As PyPI compares names. */
function normal(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
