/** One line of /proc/PID/mountinfo. */
export interface Mount {
  readonly id: string;
  readonly parent: string;
  readonly point: string;
  /** Of this mount, such as `ro` and `nosuid`; not those of its file system. */
  readonly options: readonly string[];
}

export function parseMounts(mountinfo: string): readonly Mount[] {
  return mountinfo.split('\n').filter((line) => line !== '').map((line) => {
    const [id, parent, , , point, options] = line.split(' ') as [string, string, string, string, string, string];
    return { id, parent, point: point.replaceAll(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))), options: options.split(',') };
  });
}

/** Those that a path can still reach: others lie under a mount that came later. */
export function reachable(mounts: readonly Mount[]): readonly Mount[] {
  const ids = new Set(mounts.map(({ id }) => id));
  const children = Map.groupBy(mounts, ({ parent }) => parent);
  const childrenOf = ({ id }: Mount): readonly Mount[] => children.get(id)?.filter((child) => child.id !== id) ?? [];
  const top = (mount: Mount): Mount => {
    const over = childrenOf(mount).findLast(({ point }) => point === mount.point);
    return over === undefined ? mount : top(over);
  };
  const from = (mount: Mount): readonly Mount[] => {
    const shown = top(mount);
    const below = childrenOf(shown);
    return [shown, ...below.filter((child) => !below.some((other) => isInside(child.point, other.point) && child.point !== other.point)).flatMap(from)];
  };
  return mounts.filter(({ id, parent }) => parent === id || !ids.has(parent)).flatMap(from);
}

/** Whether `path` is `folder` or lies in it; both are absolute and clean. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

const KEPT = new Set(['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime', 'nosymfollow']);

/** The options without which a user namespace may not change the mount: they are locked. */
export function lockedOptions(mount: Mount | undefined): readonly string[] {
  return mount?.options.filter((option) => KEPT.has(option)) ?? [];
}

/** The mount that `path` lies on. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts.filter(({ point }) => isInside(path, point)).toSorted((a, b) => a.point.length - b.point.length).at(-1);
}
