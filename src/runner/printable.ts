/** In one pass, so that what stays can't join to something new. */
const ACTED_ON = new RegExp([
  // Strings for the terminal (OSC, DCS, SOS, PM, APC), up to their end.
  String.raw`(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c|(?=\u001b)|$)`,
  // Control sequences: the parameters and what follows them are looked at.
  String.raw`(?:\u001b\[|\u009b)(?<parameters>[0-?]*)(?<last>[ -/]*[@-~]?)`,
  // Other escapes.
  String.raw`\u001b[ -/]*[0-~]?`,
  // Controls but the tab; marks that reorder text; what ends a line.
  String.raw`[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]`,
].join('|'), 'g');

const RESET = '\u001b[0m';

/**
 * One line of a log as it may be shown on a terminal: text, tabs and colours. Whatever moves the cursor, rings,
 * links, sets a title or the clipboard, hides or reorders text is gone; a carriage return shows as a space, so that
 * nothing overwrites what stands before it.
 */
export function printable(line: string): string {
  const text = line.replace(/[\r\n]+$/, '').replaceAll('\r', ' ').replaceAll(ACTED_ON, (...match) => {
    const { parameters, last } = match.at(-1) as { parameters?: string; last?: string };
    return last === 'm' && parameters !== undefined ? colour(parameters) : '';
  });
  return text.includes('\u001b') && !text.endsWith(RESET) ? text + RESET : text;
}

/** The parameters without `8`, which conceals, and `5` and `6`, which blink; those of a colour's own value stay. */
function colour(parameters: string): string {
  if (!/^[\d;:]*$/.test(parameters)) return '';
  const codes = parameters.split(';');
  const kept: string[] = [];
  for (let index = 0; index < codes.length;) {
    const length = /^[345]8$/.test(codes[index]!) ? (codes[index + 1] === '2' ? 5 : 3) : 1;
    if (!/^0*[568](?::|$)/.test(codes[index]!)) kept.push(...codes.slice(index, index + length));
    index += length;
  }
  return kept.length === 0 ? '' : `\u001b[${kept.join(';')}m`;
}
