/** Longer values are no names and no messages: they are cut, and it shows. In UTF-16 units. */
const LONGEST = 4_000;
/** Marks that are set above and below one letter: more of them run over the lines beside it. */
const MOST_MARKS = 4;

/** In one pass, so that what stays can't join to something new. */
const UNSAFE = new RegExp([
  // Colours of a tool: gone without a word, since only our own code colours.
  String.raw`(?<colour>(?:\u001b\[|\u009b)[\d;:]*m)`,
  // Tabs, line ends of every sort, and spaces that are no plain ones.
  String.raw`(?<space>[\t\n\v\f\r\u0085\u2028\u2029]+|[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800])`,
  // What makes one picture of two, or asks for its colours, where there is a picture.
  String.raw`(?<picture>(?<=\p{Extended_Pictographic})\ufe0f|(?<=\p{Extended_Pictographic}\ufe0f?)\u200d(?=\p{Extended_Pictographic}))`,
  // Controls, marks that reorder or hide, whatever takes no room, and halves of characters.
  String.raw`(?<hidden>[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Cs}])`,
].join('|'), 'gu');

const PILED = new RegExp(String.raw`(\p{M}{${MOST_MARKS}})\p{M}+`, 'gu');

/**
 * What a person, a tool or a commit wrote, as text of one line and nothing else: nothing in it moves a cursor, colours,
 * reorders, hides, rings or links. What would is shown by its name, `<U+202E>`, so that it is seen; ends of lines and tabs
 * are a space.
 */
export function plain(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST).toWellFormed()}…` : text;
  return cut.replaceAll(UNSAFE, (match: string, ...rest) => {
    const { colour, space, picture } = rest.at(-1) as { readonly [group: string]: string | undefined };
    if (colour !== undefined) return '';
    if (space !== undefined) return ' ';
    return picture ?? named(match);
  }).replaceAll(PILED, '$1');
}

/** Of each line of a document that is printed whole: tabs and line ends stay. */
export function plainDocument(text: string): string {
  return text.split('\n').map((line) => line.split('\t').map((part) => pieces(part)).join('\t')).join('\n');
}

/** However long it is. */
function pieces(line: string): string {
  if (line.length <= LONGEST) return plain(line);
  return Array.from({ length: Math.ceil(line.length / LONGEST) }, (_, index) => plain(line.slice(index * LONGEST, (index + 1) * LONGEST))).join('');
}

/** JSON of the same value in which no character does anything to a terminal. */
export function plainJson(value: unknown): string {
  return (JSON.stringify(value, null, 2) ?? 'null').replaceAll(/[\u007f-\u009f\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu, (character) => character.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''));
}

function named(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;
}
