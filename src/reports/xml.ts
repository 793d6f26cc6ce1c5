import sax from 'sax';

/** What an XML document is read into, piece by piece. */
export interface XmlReader {
  open(name: string, attributes: { readonly [name: string]: string }): void;
  close(name: string): void;
  /** Of any length; long text comes in pieces. */
  text(piece: string): void;
}

export interface XmlOptions {
  /** Lets a document name its type by address, as Cobertura's do; it is passed over, and never fetched. */
  readonly typeByAddress?: boolean;
}

/** The document is not one that may be read; `line` counts from 1. */
export class XmlFault extends Error {
  readonly line: number;

  constructor(why: string, line: number) {
    super(why);
    this.line = line;
  }
}

/** A name, an attribute, a comment: longer ones are an attack, and would be held in memory. */
const LONGEST_PART = 1024 * 1024;
const DEEPEST = 100;
const MOST_ATTRIBUTES = 200;
const CONTROL_CHARACTER = /^#(?:[0-9]{1,3}|x[0-9a-f]{1,2})$/i;
const PIECE = 64 * 1024;

// The library keeps its bound for all of the process; nothing else here reads XML. Its types do not know of it.
(sax as { MAX_BUFFER_LENGTH?: number }).MAX_BUFFER_LENGTH = LONGEST_PART;

/**
 * Reads well-formed XML in bounded memory. Declarations of types and entities are refused, so nothing is expanded and
 * nothing is fetched. @throws {XmlFault}
 */
export async function readXml(chunks: AsyncIterable<Uint8Array>, reader: XmlReader, { typeByAddress = false }: XmlOptions = {}): Promise<void> {
  const parser = sax.parser(true, { position: true, strictEntities: true } as sax.SAXOptions);
  let fault: XmlFault | undefined;
  let depth = 0;
  let attributes = 0;
  const refuse = (why: string): void => {
    fault ??= new XmlFault(why, parser.line + 1);
  };
  parser.onerror = (error) => {
    parser.error = null as never; // else the library throws it again at the next piece
    // XML has no way to write a control character, and tools that print colours do it all the same: kept as it stands.
    if (!error.message.startsWith('Invalid character entity') || !CONTROL_CHARACTER.test((parser as { entity?: string }).entity ?? '')) refuse(firstLine(error.message));
  };
  parser.ondoctype = (declared) => {
    if (!typeByAddress || declared.includes('[')) refuse('it declares a document type, which is never read');
  };
  parser.onsgmldeclaration = () => refuse('it holds a declaration, which is never read');
  parser.onopentagstart = () => {
    attributes = 0;
  };
  parser.onattribute = () => {
    attributes += 1;
    if (attributes > MOST_ATTRIBUTES) refuse(`an element has more than ${MOST_ATTRIBUTES} attributes`);
  };
  parser.onopentag = ({ name, attributes: given }) => {
    depth += 1;
    if (depth > DEEPEST) refuse(`its elements are nested deeper than ${DEEPEST}`);
    if (!fault) reader.open(name, given as { [name: string]: string });
  };
  parser.onclosetag = (name) => {
    depth -= 1;
    if (!fault) reader.close(name);
  };
  parser.ontext = parser.oncdata = (piece) => {
    if (!fault) reader.text(piece);
  };
  for await (const text of decoded(chunks)) {
    for (let at = 0; at < text.length; at += PIECE) {
      parser.write(text.slice(at, at + PIECE));
      if (fault) throw fault;
    }
  }
  parser.close();
  if (fault) throw fault;
}

/** In the encoding that the mark at the start or the XML declaration names, else UTF-8. */
async function* decoded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const chunk of chunks) {
    decoder ??= decoderFor(Buffer.from(chunk.subarray(0, 200)));
    yield decoder.decode(chunk, { stream: true });
  }
  if (decoder) yield decoder.decode();
}

function decoderFor(start: Buffer): InstanceType<typeof TextDecoder> {
  if (start[0] === 0xff && start[1] === 0xfe) return new TextDecoder('utf-16le');
  if (start[0] === 0xfe && start[1] === 0xff) return new TextDecoder('utf-16be');
  const label = /^(?:\xef\xbb\xbf)?<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(start.toString('latin1'))?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label);
  } catch {
    throw new XmlFault(`it is written in the encoding "${label}", which nobody here knows`, 1);
  }
}

/** The library adds lines of its own about where. What it quotes of the document is one character. */
function firstLine(message: string): string {
  // oxlint-disable-next-line no-control-regex
  return message.split('\n', 1)[0]!.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?').slice(0, 200);
}
