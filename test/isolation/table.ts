import { rows, type Tried } from './tried.ts';

export const places = ['configuration', 'build', 'migration', 'database', 'instance', 'probe', 'hook'] as const;
export type Places = { readonly [place in typeof places[number]]: Tried };

/** Of the host that tried it. */
export type Host = 'root' | 'user';

export const marks = { begin: '<!-- tried: begin -->', end: '<!-- tried: end -->' } as const;

/** The table, in Markdown; where the two hosts differ a field says so. */
export function tableOf(tried: { readonly [host in Host]: Places }): string {
  const field = (place: typeof places[number], key: keyof Tried): string => {
    const [root, user] = [tried.root[place][key], tried.user[place][key]].map((one) => (one ? 'yes' : 'no'));
    return root === user ? `${root}` : `root ${root}, user ${user}`;
  };
  const head = [`| | | ${places.join(' | ')} |`, `|---|---|${places.map(() => '---').join('|')}|`];
  return [...head, ...rows.map(([verb, what, key]) => `| ${verb} | ${what} | ${places.map((place) => field(place, key)).join(' | ')} |`)].join('\n');
}

/** What a page says of one host, by row and place: `yes` or `no`. @throws {Error} where it has no such table. */
export function toldBy(page: string, host: Host): { readonly [place: string]: { readonly [key: string]: string } } {
  const table = page.split(marks.begin)[1]?.split(marks.end)[0]?.trim().split('\n');
  if (table?.length !== rows.length + 2) throw new Error(`no table of ${rows.length} rows stands between ${marks.begin} and ${marks.end}`);
  const fields = table.map((line) => line.split('|').slice(1, -1).map((text) => text.trim()));
  const said = (text: string): string => new RegExp(`\\b${host} (yes|no)`).exec(text)?.[1] ?? text;
  return Object.fromEntries(places.map((place) => [place, Object.fromEntries(rows.map(([, what, key], index) => {
    const line = fields[index + 2] ?? [];
    if (line[1] !== what) throw new Error(`row ${index + 1} is about "${line[1]}", not "${what}"`);
    return [key, said(line[fields[0]?.indexOf(place) ?? -1] ?? '')];
  }))]));
}

/** The page with the table in its place. */
export function withTable(page: string, table: string): string {
  const [before, rest] = page.split(marks.begin);
  const after = rest?.split(marks.end)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no ${marks.begin} and ${marks.end}`);
  return `${before}${marks.begin}\n${table}\n${marks.end}${after}`;
}
