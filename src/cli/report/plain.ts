import { printable } from '../../runner/printable.ts';

/** What a tool or a commit has written, as text and nothing else: not even a colour of its own. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- colours begin with the escape character
  return printable(text.replaceAll(/[\r\n\t]+/g, ' ')).replaceAll(/\u001b\[[0-9;:]*m/g, '');
}

/** The same, line by line, without empty ones at the ends. */
export function plainLines(text: string): readonly string[] {
  return text.replaceAll('\r\n', '\n').replaceAll('\t', '  ').split('\n').map(plain).join('\n').replace(/^(?:\s*\n)+|\s+$/g, '').split('\n');
}
