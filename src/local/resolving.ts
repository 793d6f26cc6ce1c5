import { isBuiltin } from 'node:module';
import { posix } from 'node:path';

/** The files of a tree, as an import or a path in a text leads to them. */
export interface Paths {
  /** Files that an import may mean. `everything`: it can't be told from here. */
  imported(from: string, name: string): readonly string[] | 'everything';
  /** Files that a text may mean, from its file's folder or from the top; none when it is no path. */
  named(from: string, text: string): readonly string[];
}

const ENDINGS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json'];
const SWAPPED: { readonly [ending: string]: readonly string[] } = { '.js': ['.ts', '.tsx'], '.jsx': ['.tsx'], '.mjs': ['.mts'], '.cjs': ['.cts'] };

/**
 * @param files of the tree, those that a commit takes away among them: what still imports one of them is concerned.
 * @param packages names of packages that come from elsewhere.
 * @param workspaces folders of the tree by the name under which they are imported.
 */
export function pathsOf(files: readonly string[], packages: ReadonlySet<string>, workspaces: ReadonlyMap<string, string>): Paths {
  const known = new Set(files);
  const inFolders = new Map<string, string[]>();
  for (const file of files) {
    for (let at = file.indexOf('/'); at !== -1; at = file.indexOf('/', at + 1)) {
      const folder = file.slice(0, at);
      const inside = inFolders.get(folder);
      if (inside) inside.push(file);
      else inFolders.set(folder, [file]);
    }
  }
  const modulesAt = (path: string): readonly string[] => {
    const ending = posix.extname(path);
    const stem = path.slice(0, path.length - ending.length);
    return [path, ...(SWAPPED[ending] ?? []).map((other) => stem + other), ...ENDINGS.map((other) => path + other), ...ENDINGS.map((other) => `${path}/index${other}`)].filter((each) => known.has(each));
  };
  const anythingAt = (path: string): readonly string[] => {
    const modules = modulesAt(path);
    return modules.length > 0 ? modules : inFolders.get(path.replace(/\/$/, '')) ?? [];
  };
  return {
    imported: (from, name) => {
      if (name.startsWith('.')) return modulesAt(posix.join(posix.dirname(from), name));
      if (isBuiltin(name)) return [];
      const own = name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/');
      const workspace = workspaces.get(own);
      if (workspace !== undefined) return inFolders.get(workspace) ?? [];
      return packages.has(own) ? [] : 'everything';
    },
    named: (from, text) => {
      if (text.startsWith('/') || text.includes('\0')) return [];
      const beside = text.startsWith('.') ? anythingAt(posix.join(posix.dirname(from), text)) : [];
      return beside.length > 0 ? beside : anythingAt(posix.normalize(text));
    },
  };
}
