/** One way in which a secret can be printed. */
export interface SecretForm {
  readonly bytes: Buffer;
  /** Tools break long base64 and hex into lines: a line break between two of these bytes does not end the match. */
  readonly wraps: boolean;
  /** Bytes that belong before these: a line break among them kept the search from seeing the whole. */
  readonly before?: Buffer;
}

/** Shorter encoded pieces would strike ordinary text, and give nothing of the secret away. */
const SHORTEST_ENCODED = 6;
/** `xxd` breaks its lines at 60 characters, `openssl` at 64, `base64` at 76. */
const SHORTEST_WRAPPED = 57;
/** Lines of a key are struck alone too: logs put a prefix before each line. */
const SHORTEST_LINE = 8;

/**
 * Every form that is struck from a log: as it is, base64 at each of the three offsets it can have inside a longer
 * text (standard and URL alphabet), hex, URL-encoded, escaped in JSON; of a secret with several lines also each line as it is.
 * Reversed, encrypted or doubly encoded secrets can't be known: what must not leak must not be handed to a command.
 */
export function secretForms(secret: string): readonly SecretForm[] {
  const plain = new Set([secret, secret.replaceAll('\n', '\r\n'), ...lines(secret), ...urlForms(secret), ...jsonForms(secret)]);
  const encoded = new Set([...base64Forms(Buffer.from(secret)), ...hexForms(Buffer.from(secret))].filter((form) => form.length >= SHORTEST_ENCODED));
  return [
    ...[...plain].map((form) => ({ bytes: Buffer.from(form), wraps: false })),
    ...[...encoded].filter((form) => !plain.has(form)).flatMap(wrapping),
  ];
}

function lines(secret: string): readonly string[] {
  if (!secret.includes('\n')) return [];
  return secret.split(/\r?\n/).map((line) => line.trim()).filter((line) => line.length >= SHORTEST_LINE && !line.startsWith('-----'));
}

/** The search needs so many bytes at the beginning of a form without a line break. */
export const SEARCHED = 16;

/** A second form begins a little later, for a line break that falls where the search looks for the beginning. */
function wrapping(form: string): readonly SecretForm[] {
  const bytes = Buffer.from(form);
  if (bytes.length < SHORTEST_WRAPPED) return [{ bytes, wraps: false }];
  return [{ bytes, wraps: true }, { bytes: bytes.subarray(SEARCHED), wraps: true, before: bytes.subarray(0, SEARCHED) }];
}

/** What of the encoding depends on the secret alone, wherever in a longer text it stands; and as it is at the end. */
function base64Forms(secret: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const first = Math.ceil((offset * 8) / 6);
    const end = Buffer.concat([Buffer.alloc(offset), secret]).toString('base64').slice(first);
    const inside = end.slice(0, Math.floor(((offset + secret.length) * 8) / 6) - first);
    return [inside, end].flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
  });
}

function hexForms(secret: Buffer): readonly string[] {
  const hex = secret.toString('hex');
  return [hex, hex.toUpperCase()];
}

function urlForms(secret: string): readonly string[] {
  const forms = [encodeURIComponent(secret.toWellFormed()), new URLSearchParams({ '': secret }).toString().slice(1)];
  return forms.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())]);
}

function jsonForms(secret: string): readonly string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  const ascii = escaped.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [escaped, ascii].flatMap((form) => [form, form.replaceAll('/', '\\/')]);
}
