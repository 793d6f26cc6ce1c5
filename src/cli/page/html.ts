
import { plain } from '../../foundation/plain.ts';
/** Text that is markup already: made by {@link html} alone. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | undefined | readonly Part[];

/**
 * Markup from a template. Whatever is put in is text and stays text, in an attribute too, unless it is markup itself;
 * undefined is nothing.
 */
export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(pieces.map((piece, index) => piece + (index < parts.length ? written(parts[index]) : '')).join(''));
}

const ENTITIES: { readonly [sign: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function written(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(written).join('');
  return String(part).split('\n').map(plain).join('\n').toWellFormed().replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}
