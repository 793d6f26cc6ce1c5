import { styleText } from 'node:util';
import { plain } from '../foundation/plain.ts';

export type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** What can be shown: whatever is no {@link Text} already is somebody's words, and becomes plain. */
export type Shown = Text | string | number;

interface Piece { readonly words: string; readonly colours: readonly Colour[] }

/**
 * A line that may be shown. It is made by {@link text} and {@link paint} alone, which neutralise all that is put in; so
 * a colour on a terminal comes from our own code, and from nowhere else.
 */
export class Text {
  readonly #pieces: readonly Piece[];

  private constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  static of(...parts: readonly Shown[]): Text {
    return new Text(parts.flatMap((part) => (part instanceof Text ? part.#pieces : [{ words: plain(String(part)), colours: [] }])));
  }

  /** From a template: what stands in the source is our own, its line ends too. */
  static from(ours: readonly string[], values: readonly Shown[]): Text {
    return new Text(ours.flatMap((words, index) => [{ words, colours: [] }, ...(index < values.length ? Text.of(values[index]!).#pieces : [])]));
  }

  painted(colour: Colour): Text {
    return new Text(this.#pieces.map(({ words, colours }) => ({ words, colours: [colour, ...colours] })));
  }

  /** How many columns it takes. */
  get columns(): number {
    return this.#pieces.reduce((sum, { words }) => sum + columnsOf(words), 0);
  }

  /** Its first columns, with `…` where something was cut. */
  clipped(columns: number): Text {
    if (this.columns <= columns) return this;
    let left = Math.max(0, columns - 1);
    const kept = this.#pieces.map(({ words, colours }) => {
      const shown = beginningOf(words, left);
      left = shown.length < words.length ? 0 : left - columnsOf(shown);
      return { words: shown, colours };
    });
    return new Text([...kept.filter(({ words }) => words !== ''), { words: '…', colours: [] }]);
  }

  withoutEnd(): Text {
    const pieces = [...this.#pieces];
    for (let last = pieces.pop(); last; last = pieces.pop()) {
      const words = last.words.trimEnd();
      if (words !== '') return new Text([...pieces, { ...last, words }]);
    }
    return new Text([]);
  }

  /** As a terminal takes it. */
  rendered(colours: boolean): string {
    return this.#pieces.map((piece) => (colours ? piece.colours.reduceRight((words, colour) => styleText(colour, words, { validateStream: false }), piece.words) : piece.words)).join('');
  }

  /** Without colours. */
  toString(): string {
    return this.rendered(false);
  }
}

const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}\ufe0f/u;
const letters = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Plain words of ours and of most others. */
const NARROW = /^[\x20-\x7e]*$/;

function columnsOf(words: string): number {
  if (NARROW.test(words)) return words.length;
  return Array.from(letters.segment(words), ({ segment }) => (WIDE.test(segment) ? 2 : 1)).reduce((sum: number, width) => sum + width, 0);
}

/** As much of it as fits. */
function beginningOf(words: string, columns: number): string {
  if (NARROW.test(words)) return words.slice(0, columns);
  let left = columns;
  let end = 0;
  for (const { segment, index } of letters.segment(words)) {
    left -= WIDE.test(segment) ? 2 : 1;
    if (left < 0) break;
    end = index + segment.length;
  }
  return words.slice(0, end);
}

/** A line of our own words, with other people's put in: text`run ${id} ${subject}`. */
export function text(ours: TemplateStringsArray, ...values: readonly Shown[]): Text {
  return Text.from(ours, values);
}

export function paint(colour: Colour, value: Shown): Text {
  return Text.of(value).painted(colour);
}

/** Lines of a text that has several, as its author meant them. */
export function linesOf(value: string): readonly Text[] {
  return value.replaceAll('\r\n', '\n').split('\n').map((line) => Text.of(line.replaceAll('\t', '  ')));
}
