/** What a tool wrote in several lines, line by line, without empty ones at the ends; each is put into a text, which makes it plain. */
export function linesWithin(text: string): readonly string[] {
  return text.replaceAll('\r\n', '\n').replaceAll('\t', '  ').replace(/^(?:\s*\n)+|\s+$/g, '').split('\n');
}
