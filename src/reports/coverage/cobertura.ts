import { isAbsolute } from 'node:path';
import { MOST_LINES, type CoveredLines, type FileOf } from '../covered-lines.ts';
import type { ReportDocument } from '../document.ts';
import { ReportFault } from '../json.ts';
import { XmlFault } from '../xml.ts';

/** Four numbers for each line: the line, its hits, and how many of how many branches were taken. */
interface ClassLines { readonly filename: string; readonly marks: number[]; /** Of its methods. */ readonly inner: number[] }

const MOST_SOURCES = 100;
const MOST_BRANCHES = 1_000;

/**
 * Cobertura's XML, as coverage.py, Istanbul, Vitest, Jest, gcovr, dotnet and JaCoCo's converters write it. Files lie
 * below one of its `<source>` folders. Of a line's branches it says how many were taken and not which: of several
 * reports the best counts.
 */
export async function readCobertura(document: ReportDocument, into: CoveredLines, fileOf: FileOf): Promise<void> {
  const classes: ClassLines[] = [];
  const sources: string[] = [];
  const path: string[] = [];
  let source = '';
  let lines = 0;
  await document.xml({
    open(name, given) {
      path.push(name);
      if (path.length === 1 && name !== 'coverage') throw new XmlFault('it is XML, but no <coverage>', 1);
      if (name === 'class') classes.push({ filename: given['filename'] ?? '', marks: [], inner: [] });
      const isInner = path.at(-3) === 'method';
      if (name !== 'line' || path.at(-2) !== 'lines' || !(isInner || path.at(-3) === 'class')) return;
      const [line, hits] = [Number(given['number']), Number(given['hits'])];
      if (!Number.isInteger(line) || Number.isNaN(hits)) throw new ReportFault(`class ${(classes.at(-1)?.filename ?? '').slice(0, 200)}`, `a <line> has number "${(given['number'] ?? '').slice(0, 20)}" and hits "${(given['hits'] ?? '').slice(0, 20)}"`);
      if ((lines += 1) > MOST_LINES) throw new ReportFault('its end', `it speaks of more than ${MOST_LINES} lines`);
      classes.at(-1)?.[isInner ? 'inner' : 'marks'].push(line, hits, ...branchesOf(given['condition-coverage']));
    },
    text(piece) {
      if (path.at(-1) === 'source' && source.length < 4_096) source += piece;
    },
    close(name) {
      path.pop();
      if (name !== 'source') return;
      if (sources.length < MOST_SOURCES && source.trim() !== '') sources.push(source.trim());
      source = '';
    },
  }, { typeByAddress: true });

  for (const { filename, marks: own, inner } of classes) {
    // Those of methods stand among those of their class once more, as calls and not as lines; where they do not, they are all.
    const marks = own.length > 0 ? own : inner;
    const file = await fileOf([...(isAbsolute(filename) ? [] : sources.map((each) => `${each.replace(/\/?$/, '/')}${filename}`)), filename]);
    for (let at = 0; file !== undefined && at < marks.length; at += 4) {
      const [line = 0, hits = 0, taken = 0, of = 0] = marks.slice(at, at + 4);
      into.line(file, line, hits > 0);
      for (let index = 0; index < of; index += 1) into.branch(file, `${line}:${index}`, index < taken);
    }
  }
}

/** `50% (1/2)`; of a share alone, whether all, some or none of two was taken. */
function branchesOf(written: string | undefined): readonly [taken: number, of: number] {
  const [, taken, of] = /\((\d{1,9})\/(\d{1,9})\)/.exec(written ?? '') ?? [];
  if (of !== undefined) return [Number(taken), Math.min(Number(of), MOST_BRANCHES)];
  const share = Number(/^\s*(\d{1,3}(?:\.\d+)?)\s*%\s*$/.exec(written ?? '')?.[1]);
  if (Number.isNaN(share)) return [0, 0];
  return [share >= 100 ? 2 : Math.ceil(share / 100), 2];
}
