/** A line that no person has written is not looked at: what is generated is long. */
export const LONGEST_LINE = 2_000;

/** Lines from 1, those too long left out. */
export function* linesOf(text: string): Generator<readonly [line: number, text: string]> {
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    if (line.length <= LONGEST_LINE) yield [number, line.replace(/\r$/, '')];
  }
}

/** The line at which `index` lies. */
export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

const HASH = /\.(py|rb|ya?ml|toml|ini|cfg|conf|properties|env|example|sample|template|sh)$/;
const MARKUP = /\.(xml|html|vue|svelte)$/;

/**
 * The text with its comments blanked, each line where it was. It reads no language to the letter: a quote that is none
 * ends with its line, except in template strings and texts of several lines. What is opened and never closed matches
 * too, so that it takes time in proportion to the text, whoever wrote it.
 */
export function withoutComments(text: string, path: string): string {
  if (MARKUP.test(path)) return text.replace(/<!--[\s\S]*?(?:-->|$)/g, blank);
  if (HASH.test(path)) return text.replace(/("""|''')[\s\S]*?(?:\1|(?![\s\S]))|"(?:[^"\\\n]|\\.)*["\\]?|'(?:[^'\\\n]|\\.)*['\\]?|(^|[ \t])[#;][^\n]*/gm, (found, triple: string | undefined) => (triple !== undefined || /^[ \t]?[#;]/.test(found) ? blank(found) : found));
  return text.replace(/"(?:[^"\\\n]|\\.)*["\\]?|'(?:[^'\\\n]|\\.)*['\\]?|`(?:[^`\\]|\\[\s\S])*[`\\]?|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*/g, (found) => (found.startsWith('/') ? blank(found) : found));
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}
