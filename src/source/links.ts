/** A link that follows more links than this never resolves, wherever it points. */
const MOST_HOPS = 40;

/**
 * The symbolic links that lead out of the folder they lie in, directly or through one another. Text alone can't tell:
 * with `up -> sub/..` all is inside, and still `sub -> a/b` moves where its `..` ends.
 * @param links path to target, both relative with `/`, as a tree of git has them.
 */
export function linksThatLeave(links: ReadonlyMap<string, string>): string[] {
  return [...links.keys()].filter((path) => leaves(path, links));
}

function leaves(path: string, links: ReadonlyMap<string, string>): boolean {
  let hops = 0;
  const at: string[] = [];
  const pending = path.split('/');
  for (;;) {
    const part = pending.shift();
    if (part === undefined) return false;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.length === 0) return true;
      at.pop();
      continue;
    }
    at.push(part);
    const target = links.get(at.join('/'));
    if (target === undefined) continue;
    hops += 1;
    if (hops > MOST_HOPS) return false;
    if (target.startsWith('/')) return true;
    at.pop();
    pending.unshift(...target.split('/'));
  }
}
