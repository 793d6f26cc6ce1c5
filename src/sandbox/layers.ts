import { isInside, lockedOptions, type Mount, mountOf } from './mounts.ts';

/** Something laid over a path of the machine, for a cell alone. */
export interface Layer {
  readonly target: string;
  /** What is seen there: the target itself, when it is to be seen in spite of a layer above it. */
  readonly source: string;
  readonly writable: boolean;
  readonly file: boolean;
}

/** A file system of the cell's own. */
export interface Fresh { readonly target: string; readonly type: 'tmpfs' | 'devpts'; readonly options: string }

/** A root of the sandbox's own, put together of what the machine's root shows, for layers that have no place in that. */
export interface Root {
  readonly source: string;
  /** Folders of the machine's root. */
  readonly shown: readonly string[];
  /** The targets of layers that lie in it alone. */
  readonly inner: readonly string[];
}

/** Outer layers first: an inner one lies on what the outer one shows. */
export function outerFirst(layers: readonly Layer[]): readonly Layer[] {
  const depth = (path: string): number => path.split('/').length;
  return layers.toSorted((a, b) => depth(a.target) - depth(b.target));
}

/**
 * The folders and files that must exist inside the sources, so that inner layers can be laid on what outer ones show.
 * A layer that shows its own target has them already.
 */
export function mountPoints(layers: readonly Layer[], fresh: readonly Fresh[]): readonly { readonly path: string; readonly file: boolean }[] {
  const inner = [...layers, ...fresh.map(({ target }) => ({ target, file: false }))];
  return inner.flatMap(({ target, file }) => {
    const outer = enclosing(target, layers);
    return outer === undefined || outer.source === outer.target ? [] : [{ path: outer.source + target.slice(outer.target.length), file }];
  });
}

function enclosing(target: string, layers: readonly Layer[]): Layer | undefined {
  return outerFirst(layers).findLast((layer) => layer.target !== target && isInside(target, layer.target));
}

/** Where the layers wait, in the stage, while the paths they come from are being covered. */
const WAITING = '.trunkline';
/** Where a root of the sandbox's own is put together. */
const NEW_ROOT = '.trunkline-root';

/**
 * The table of mounts, for one `mount --all --fstab`, that turns a copy of the machine's tree into that of a cell:
 * every layer is first put where no other can cover it, then all that was there becomes read-only, then the layers
 * are laid, outer ones first, and the place where they waited is covered. A root of its own comes last: whoever enters
 * the namespace then stands in the topmost root.
 * @param stage the target of a layer that lies over none of the others' sources.
 */
export function mountTable(stage: string, layers: readonly Layer[], fresh: readonly Fresh[], machine: readonly Mount[], root?: Root): string {
  const ordered = outerFirst(layers.filter(({ target }) => target !== stage));
  const cover = layers.find(({ target }) => target === stage);
  if (cover === undefined) throw new Error(`no layer covers ${stage}`);
  const waiting = (index: number): string => `${stage}/${WAITING}/${index}`;
  // `mount --all` passes over a line for the root, and over one whose source and target are mounted already.
  const readOnly = (point: string, mount: Mount | undefined): string => line('none', point === '/' ? '/.' : point, 'none', ['remount', 'bind', 'ro', ...lockedOptions(mount)]);

  const newRoot = `${stage}/${NEW_ROOT}`;
  const placed = (target: string): string => (root?.inner.includes(target) ? newRoot + target : target);

  return [
    line(cover.source, stage, 'none', ['bind']),
    ...(root ? [line(root.source, newRoot, 'none', ['bind'])] : []),
    ...ordered.map(({ source }, index) => line(source, waiting(index), 'none', ['rbind'])),
    ...ordered.flatMap(({ source, writable }, index) => (writable ? [] : [
      readOnly(waiting(index), mountOf(source, machine)),
      ...machine.filter(({ point }) => point !== source && isInside(point, source)).map((mount) => readOnly(waiting(index) + mount.point.slice(source.length), mount)),
    ])),
    ...machine.filter(({ point, options }) => !options.includes('ro') && !isInside(point, '/proc') && !layers.some(({ target }) => isInside(point, target))).map((mount) => readOnly(mount.point, mount)),
    ...ordered.map(({ target }, index) => line(waiting(index), placed(target), 'none', ['rbind'])),
    ...fresh.map(({ target, type, options }) => line('trunkline', target, type, [options])),
    readOnly(stage, mountOf(cover.source, machine)),
    hide(`${stage}/${WAITING}`),
    ...(root ? assembled(root, newRoot, stage, machine) : []),
    '',
  ].join('\n');
}

/** The root as all layers have left it, in `at`, and then over everything. */
function assembled(root: Root, at: string, stage: string, machine: readonly Mount[]): readonly string[] {
  // The stage's own comes first: its copy holds the place where this root is put together, while that is still empty.
  const first = (path: string): boolean => isInside(stage, path);
  const shown = [...root.shown.filter(first), ...root.shown.filter((path) => !first(path))];
  return [
    ...shown.flatMap((path) => [line(path, at + path, 'none', ['rbind']), ...(first(path) ? [hide(`${at}${stage}/${NEW_ROOT}`)] : [])]),
    line('none', at, 'none', ['remount', 'bind', 'ro', ...lockedOptions(mountOf(root.source, machine))]),
    line(at, '/.', 'none', ['rbind']),
  ];
}

function hide(path: string): string {
  return line('trunkline', path, 'tmpfs', ['ro', 'size=4k', 'mode=0']);
}

/** The folder in the stage's own source in which the layers wait, and one mount point for each. */
export function waitingPoints(stage: string, layers: readonly Layer[], root?: Root): readonly { readonly path: string; readonly file: boolean }[] {
  const cover = layers.find(({ target }) => target === stage);
  const places = root ? [{ path: `${cover?.source}/${NEW_ROOT}`, file: false }, ...[...root.shown, ...root.inner].map((path) => ({ path: root.source + path, file: false }))] : [];
  return [...places, ...outerFirst(layers.filter(({ target }) => target !== stage)).map(({ file }, index) => ({ path: `${cover?.source}/${WAITING}/${index}`, file }))];
}

function line(...[source, target, type, options]: [string, string, string, readonly string[]]): string {
  return `${field(source)} ${field(target)} ${type} ${options.join(',')} 0 0`;
}

function field(path: string): string {
  return path.replaceAll(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** What a cell's mounts lack of what the layers promise: empty when the cell is sealed. @param found reachable in it. */
export function breaches(layers: readonly Layer[], fresh: readonly Fresh[], found: readonly Mount[]): readonly string[] {
  const points = new Set(found.map(({ point }) => point));
  const missing = [...layers, ...fresh].filter(({ target }) => !points.has(target)).map(({ target }) => `nothing lies over ${target}`);
  const ownWritable = [...layers.filter(({ writable }) => writable), ...fresh].map(({ target }) => target);
  const innerReadOnly = layers.filter(({ writable }) => !writable).map(({ target }) => target);
  const writable = found.filter(({ point, options }) => !options.includes('ro') && point !== '/proc' && !ownWritable.some((target) => isInside(point, target) && !innerReadOnly.some((inner) => isInside(inner, target) && isInside(point, inner))));
  const closed = found.filter(({ point, options }) => options.includes('ro') && layers.some((layer) => layer.target === point && layer.writable && !layer.file));
  return [...missing, ...closed.map(({ point }) => `${point} can't be written`), ...writable.map(({ point }) => `${point} can be written`)];
}
