import type { RowId } from '../catalogue/rows.ts';

/** Where in `application(…)` a row has its place: `build.unit-tests` is `build.unitTests`. */
export function fieldOf(row: RowId): string {
  const [section, name] = row.split('.') as [string, string];
  if (name === 'launch' || (name === 'deploy' && section !== 'prod')) return `${section}.environment`;
  return `${section}.${name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
}
