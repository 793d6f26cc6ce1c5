/** What a tool wrote is not what it promises to be; `place` is for people, such as `line 3` or `runs[0].results[2].level`. */
export class ReportFault extends Error {
  readonly place: string;

  constructor(place: string, why: string) {
    super(why);
    this.place = place;
  }
}

export const DEEPEST = 100;
/** Objects of nothing at all take many times their text in memory: values are limited, not only bytes. */
export const MOST_VALUES = 3_000_000;

/**
 * Reads a JSON document of somebody else: nested no deeper than 100, of no more than three million values, no field
 * twice in one object, since whoever reads the other one sees another document. All of this is known before a value is made.
 * @throws {ReportFault}
 */
export function parseJson(text: string): unknown {
  if (text.trim() === '') throw new ReportFault('line 1', 'it is empty');
  const isOpen = inspect(text);
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const foreign = firstForeign(text);
    if (foreign === undefined && isOpen) throw new ReportFault(lineAt(text, text.length), 'it ends in the middle: whatever wrote it was ended, or still writes');
    const position = Number(/at position (\d+)/.exec((thrown as Error).message)?.[1] ?? foreign ?? 0);
    throw new ReportFault(lineAt(text, position), 'it is no JSON');
  }
}

interface Level { readonly isObject: boolean; fields: Set<string> | undefined }

const QUOTE = 34, COMMA = 44, OPEN_LIST = 91, BACKSLASH = 92, CLOSE_LIST = 93, OPEN_OBJECT = 123, CLOSE_OBJECT = 125;

/** Looks at strings and brackets alone; whether the rest is JSON is for the parser to say. Tells whether something is still open at the end. */
function inspect(text: string): boolean {
  const levels: Level[] = [];
  let level: Level | undefined;
  let values = 1;
  let isField = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (end === text.length) return true;
        if (isField && level) addField(level, text.slice(at + 1, end), text, at);
        isField = false;
        at = end;
        break;
      }
      case OPEN_OBJECT: case OPEN_LIST:
        level = { isObject: text.charCodeAt(at) === OPEN_OBJECT, fields: undefined };
        isField = level.isObject;
        values += 1;
        if (levels.push(level) > DEEPEST) throw new ReportFault(lineAt(text, at), `it is nested deeper than ${DEEPEST}`);
        break;
      case CLOSE_OBJECT: case CLOSE_LIST:
        levels.pop();
        level = levels.at(-1);
        isField = false;
        break;
      case COMMA:
        isField = level?.isObject ?? false;
        values += 1;
    }
    if (values > MOST_VALUES) throw new ReportFault(lineAt(text, at), `it holds more than ${MOST_VALUES} values`);
  }
  return levels.length > 0;
}

const WORD = /[\s{}[\],:]+|true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Where the first thing stands that no JSON has anywhere; the parser does not always say. */
function firstForeign(text: string): number | undefined {
  for (let at = 0; at < text.length;) {
    if (text.charCodeAt(at) === QUOTE) {
      at = endOfString(text, at) + 1;
      continue;
    }
    WORD.lastIndex = at;
    if (!WORD.test(text)) return /^[a-z-]{1,5}$/.test(text.slice(at, at + 6)) ? undefined : at;
    at = WORD.lastIndex;
  }
  return undefined;
}

function addField(level: Level, raw: string, text: string, at: number): void {
  level.fields ??= new Set();
  const name = raw.includes('\\') ? unescaped(raw) : raw;
  if (level.fields.has(name)) throw new ReportFault(lineAt(text, at), `the field ${JSON.stringify(name.slice(0, 100))} is there twice`);
  level.fields.add(name);
}

/** The index of the closing quote, or of the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** What is escaped wrongly stays as it is: the parser refuses it. */
function unescaped(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

function lineAt(text: string, position: number): string {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line += 1;
  return `line ${line}`;
}
