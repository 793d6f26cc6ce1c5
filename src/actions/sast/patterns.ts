import { ALL_HARM, HARM } from './rules.ts';

/** What of a pattern's class of characters matters: which harms need one of these. */
const NEEDED: readonly (readonly [harm: number, characters: string])[] = [
  [HARM.sql, '\'"`;'], [HARM.command, ';|&$`<>\n'], [HARM.html, '<'], [HARM.path | HARM.root, '/\\'], [HARM.code, '(`'], [HARM.address, ':/@'], [HARM.redirect, ':/'],
  [HARM.script, '\'"`;('], [HARM.log, '\n\r'], [HARM.pattern, '*+?({'],
];

/** Of which harms a text is free once it matches: only patterns that begin with ^ and end with $ say anything of the whole. */
export function freedByMatching(pattern: string): number {
  const { body, flags } = parts(pattern);
  if (!body.startsWith('^') || !/[^\\]\$$/.test(body) || flags.includes('m') || /\|/.test(body.replace(/\([^()]*\)|\[[^\]]*\]/g, ''))) return 0;
  const inner = body.slice(1, -1);
  if (/(^|[^\\])\.[*+]/.test(inner.replace(/\[(?:\\.|[^\]\\])*\]/g, '')) || /\\[SWD][*+]?/.test(inner) || /\[\^/.test(inner)) return 0;
  const text = inner.replace(/\\n|\\s/g, '\n').replace(/\(\?[:=!<]*/g, '(');
  return NEEDED.reduce((bits, [harm, characters]) => ([...characters].some((character) => inLiteral(text, character)) ? bits : bits | harm), HARM.pollution | HARM.xml | HARM.operator | (/(^|[^\\])[*+]|,\}/.test(inner) ? 0 : HARM.backtracking));
}

/** A character stands in a pattern for itself: escaped, or in a class, or where it has no other meaning. */
function inLiteral(text: string, character: string): boolean {
  if ('|$()*+?{'.includes(character)) {
    if (text.includes(`\\${character}`)) return true;
    return [...text.matchAll(/\[((?:\\.|[^\]\\])*)\]/g)].some(([, inside = '']) => inside.includes(character));
  }
  if (text.includes(character)) return true;
  return [...text.matchAll(/([^\\[-])-([^\]\\])/g)].some(([, from = '', to = '']) => from < character && character < to && !/[a-z0-9]/i.test(character) && !(from >= '0' && to <= '9') && !(from >= 'a' && to <= 'z') && !(from >= 'A' && to <= 'Z'));
}

/** Of which harms a text is free when a search for what is forbidden finds nothing. */
export function freedByAbsence(pattern: string): number {
  const { body } = parts(pattern);
  if (body.startsWith('[^') || /^\\[WD]/.test(body)) return freedByMatching(`/^${body.startsWith('\\') ? `[${body.toLowerCase()}]` : body.replace('[^', '[').replace(/\][+*]?$/, ']')}+$/`);
  if (/\\\.\\\.|\[\.\]\[\.\]|\\\.\{2/.test(body)) return HARM.path;
  const classes = [...body.matchAll(/\[((?:\\.|[^\]\\])*)\]/g)].map(([, inside = '']) => inside).join('') + (/^(\\?.\|)+\\?.$/.test(body) ? body : /^\\?.$/.test(body) ? body : '');
  return (/[;|&]/.test(classes) && /[`$]/.test(classes) ? HARM.command : 0) | (classes.includes("'") ? HARM.sql : 0) | (classes.includes('<') ? HARM.html : 0) | (/__proto__/.test(body) ? HARM.pollution : 0) | logged(body, classes) | (/[*+]/.test(classes) && classes.includes('(') ? HARM.pattern : 0);
}

/** Line breaks, by themselves, in a class or as control characters. */
function logged(body: string, classes: string): number {
  return /^(?:\\r\?)?\\n[+*]?$|^\\r\|\\n$|^\\n\|\\r$|^\(?:\\r\\n\|/.test(body) || /\\n|\\s|\\x00-\\x1f|\\u0000-\\u001f|\\p\{C/i.test(classes) ? HARM.log : 0;
}

/** Of which harms a text is free after every match of a pattern was replaced. */
export function freedByReplacing(pattern: string, replacement: string | undefined): number {
  const { body, flags } = parts(pattern);
  if (!flags.includes('g')) return 0;
  // Twice the quote is the quote itself in SQL; a backslash before it is not enough everywhere, but it is meant so.
  const bits = freedByAbsence(pattern);
  if (/^\[?'"?\]?$/.test(body) && (replacement === "''" || replacement === "\\'")) return bits | HARM.sql;
  return bits & (replacement !== undefined && /[;|&`]/.test(replacement) && !replacement.includes('\\') && !/&\w+;/.test(replacement) ? ~HARM.command : ALL_HARM);
}

function parts(pattern: string): { readonly body: string; readonly flags: string } {
  const end = pattern.lastIndexOf('/');
  return { body: pattern.slice(1, end), flags: pattern.slice(end + 1) };
}
