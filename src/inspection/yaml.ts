import { LONGEST_LINE } from './lines.ts';

/** One plain value, or one item of a list, and the keys that it lies below. */
export interface Entry { readonly path: readonly string[]; readonly value: string }

/**
 * The plain values of block YAML, as package managers write it: maps by their indentation, lists of plain values, text
 * quoted or not. What else YAML can say (flow maps with something in them, anchors, texts of several lines) is passed over.
 */
export function* entriesOf(text: string): Generator<Entry> {
  let above: { readonly indent: number; readonly key: string }[] = [];
  for (const line of text.split('\n')) {
    if (line.length > LONGEST_LINE || /^\s*(#|$)/.test(line)) continue;
    if (line.startsWith('---')) {
      above = [];
      continue;
    }
    const indent = line.length - line.trimStart().length;
    const bare = line.trim();
    if (bare.startsWith('- ')) {
      yield { path: above.filter((each) => each.indent <= indent).map(({ key }) => key), value: plain(bare.slice(2)) };
      continue;
    }
    const found = /^(?:'([^']*)'|"([^"]*)"|([^\s'"].*?)):(?:\s+(.*))?$/.exec(bare);
    if (!found) continue;
    above = [...above.filter((each) => each.indent < indent), { indent, key: found[1] ?? found[2] ?? found[3] ?? '' }];
    const value = plain(found[4] ?? '');
    if (value !== '' && value !== '{}' && value !== '[]') yield { path: above.map(({ key }) => key), value };
  }
}

function plain(text: string): string {
  const quoted = /^(?:'([^']*)'|"([^"]*)")/.exec(text);
  return quoted ? quoted[1] ?? quoted[2] ?? '' : text.replace(/(^|\s)#.*$/, '').trim();
}
