import type { Sources } from './sources.ts';

/** Files by their paths, as a commit might hold them; `undefined` is one whose text is of no interest. */
export function sourcesOf(files: { readonly [path: string]: string | undefined }, submodules: readonly string[] = []): Sources {
  return { paths: Object.keys(files).sort(), submodules, unread: 0, text: (path) => (Object.hasOwn(files, path) ? files[path] : undefined) };
}
