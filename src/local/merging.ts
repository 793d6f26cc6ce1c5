import { applyEdits, modify, parse, printParseErrorCode, type FormattingOptions, type ParseError } from 'jsonc-parser';

/** A value to be there at a place of a JSON file: below these fields. */
export type Addition =
  | { readonly at: readonly [string, ...string[]]; readonly value: unknown }
  /** At the end of the list there, unless one of its items is `same`. */
  | { readonly at: readonly [string, ...string[]]; readonly item: unknown; readonly same: (item: unknown) => boolean };

export type Merged = { readonly text: string } | { readonly fault: string };
type Fields = { [field: string]: unknown };

/**
 * A JSON file, with comments as editors have it, with what is added: nothing that is there changes or goes, comments
 * neither, and what is there already is not added again.
 * @param text of the file; undefined where there is none.
 */
export function merged(text: string | undefined, additions: readonly Addition[]): Merged {
  const formattingOptions = formOf(text ?? '');
  // Behind the last item stands what is said of it: what comes there would take that comment for its own.
  const first = /\/[/*]/.test(text ?? '');
  let whole = text === undefined || text.trim() === '' ? '{}\n' : text;
  for (const addition of additions) {
    const read = readJsonc(whole);
    if ('fault' in read) return read;
    const edit = editFor(read.value, addition, first);
    if ('fault' in edit) return edit;
    if (edit.path) whole = applyEdits(whole, modify(whole, edit.path, edit.value, { formattingOptions, isArrayInsertion: edit.inserts, ...(first ? { getInsertionIndex: () => 0 } : {}) }));
  }
  return { text: whole };
}

/** The object in a JSON file, comments and trailing commas allowed. */
export function readJsonc(text: string): { readonly value: Fields } | { readonly fault: string } {
  const errors: ParseError[] = [];
  const value: unknown = parse(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true, disallowComments: false });
  const [error] = errors;
  if (error) return { fault: `it can't be read, at line ${text.slice(0, error.offset).split('\n').length}: ${printParseErrorCode(error.error)}` };
  return isFields(value) ? { value } : { fault: 'it is no object' };
}

type Edit = { readonly path?: string[] | (string | number)[]; readonly value?: unknown; readonly inserts: boolean } | { readonly fault: string };

/** What is to be written where; no path where all of it is there. */
function editFor(whole: Fields, addition: Addition, first: boolean): Edit {
  let place = whole;
  for (const field of addition.at.slice(0, -1)) {
    const next = Object.hasOwn(place, field) ? place[field] : {};
    if (!isFields(next)) return { fault: `"${field}" is no object there` };
    place = next;
  }
  const last = addition.at.at(-1)!;
  const there = Object.hasOwn(place, last) ? place[last] : undefined;
  if ('value' in addition) return there === undefined ? { path: [...addition.at], value: addition.value, inserts: false } : { inserts: false };
  if (there === undefined) return { path: [...addition.at], value: [addition.item], inserts: false };
  if (!Array.isArray(there)) return { fault: `"${last}" is no list there` };
  return there.some(addition.same) ? { inserts: false } : { path: [...addition.at, first ? 0 : there.length], value: addition.item, inserts: true };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Indented as the file is. */
function formOf(text: string): FormattingOptions {
  const indent = /^[\s\uFEFF]*\{[^\n]*\n(?:[ \t]*\/\/[^\n]*\n)*([ \t]+)\S/.exec(text)?.[1] ?? '  ';
  return { insertSpaces: !indent.startsWith('\t'), tabSize: indent.startsWith('\t') ? 4 : indent.length, eol: text.includes('\r\n') ? '\r\n' : '\n' };
}
