/** In one pass, so that what stays can't join to something new. */
const ACTED_ON = new RegExp([
  // Strings for the terminal (OSC, DCS, SOS, PM, APC), up to their end.
  String.raw`(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c|(?=\u001b)|$)`,
  // Control sequences: the parameters and what follows them are looked at.
  String.raw`(?:\u001b\[|\u009b)(?<parameters>[0-?]*)(?<last>[ -/]*[@-~]?)`,
  // Other escapes.
  String.raw`\u001b[ -/]*[0-~]?`,
  // Controls but the tab; what ends a line; marks that reorder, hide or take no room, but for those within a picture.
  String.raw`[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]`,
  String.raw`(?!(?<=\p{Extended_Pictographic})\ufe0f|(?<=\p{Extended_Pictographic}\ufe0f?)\u200d(?=\p{Extended_Pictographic}))[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Cs}]`,
].join('|'), 'gu');

/** A longer line is cut, and says so. In UTF-16 units. */
const LONGEST = 20_000;

const RESET = '\u001b[0m';

/**
 * One line of a log as it may be shown on a terminal: text, tabs and colours. Whatever moves the cursor, rings,
 * links, sets a title or the clipboard, hides or reorders text is gone; a carriage return shows as a space, so that
 * nothing overwrites what stands before it.
 */
export function printable(line: string): string {
  const text = cut(line).replace(/[\r\n]+$/, '').replaceAll('\r', ' ').replaceAll(ACTED_ON, (...match) => {
    const { parameters, last } = match.at(-1) as { parameters?: string; last?: string };
    return last === 'm' && parameters !== undefined ? colour(parameters) : '';
  });
  return text.includes('\u001b') && !text.endsWith(RESET) ? text + RESET : text;
}

function cut(line: string): string {
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST).toWellFormed()} … (${line.length - LONGEST} more characters)`;
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
