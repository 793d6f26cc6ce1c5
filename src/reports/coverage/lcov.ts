import type { CoveredLines, FileOf } from '../covered-lines.ts';
import type { ReportDocument } from '../document.ts';
import { ReportFault } from '../json.ts';

/**
 * `lcov.info`, as c8, Istanbul, Vitest, Jest, node:test, coverage.py, gcov and most others write it. Sums such as `LF`
 * are passed over: they follow from the lines.
 */
export async function readLcov({ lines }: ReportDocument, into: CoveredLines, fileOf: FileOf): Promise<void> {
  let file: string | undefined;
  let isOpen = false;
  let number = 0;
  const fault = (why: string): ReportFault => new ReportFault(`line ${number}`, why);
  for await (const line of lines()) {
    number += 1;
    const at = line.indexOf(':');
    const [name, value] = at < 0 ? [line.trim(), ''] : [line.slice(0, at), line.slice(at + 1).trim()];
    if (name === 'SF') {
      if (isOpen) throw fault('a record begins in another one');
      [file, isOpen] = [await fileOf([value]), true];
    } else if (name === 'end_of_record') {
      if (!isOpen) throw fault('a record ends that has not begun');
      [file, isOpen] = [undefined, false];
    } else if (name === 'DA' || name === 'BRDA') {
      if (!isOpen) throw fault(`${name} stands outside of a record`);
      const [where = '', ...rest] = name === 'DA' ? value.split(',', 3) : partsOfBranch(value);
      if (!/^\d{1,9}$/.test(where)) throw fault(`"${where.slice(0, 20)}" is no number of a line`);
      const hits = name === 'DA' ? rest[0] : rest[2];
      if (hits === undefined || !/^(-|-?\d{1,20}(\.\d+)?(e\+?\d+)?)$/i.test(hits)) throw fault(`"${(hits ?? '').slice(0, 20)}" is no number of hits`);
      if (file === undefined) continue;
      const isHit = Number(hits) > 0;
      if (name === 'DA') inPlace(number, () => into.line(file!, Number(where), isHit));
      else into.branch(file, `${where},${rest[0]?.slice(0, 100)},${rest[1]?.slice(0, 1_000)}`, isHit);
    } else if (name.startsWith('<') || name.startsWith('{')) {
      throw fault('it is no lcov');
    }
  }
  if (isOpen) throw fault('it ends in the middle of a record: whatever wrote it was ended, or still writes');
  if (number === 0) throw new ReportFault('line 1', 'it is empty');
}

/** Line, block, branch and hits. The name of a branch may be an expression, commas and all: the hits stand last. */
function partsOfBranch(value: string): readonly string[] {
  const [where = '', block = '', ...rest] = value.split(',');
  return [where, block, rest.slice(0, -1).join(','), rest.at(-1) ?? ''];
}

function inPlace(number: number, mark: () => void): void {
  try {
    mark();
  } catch (thrown) {
    throw thrown instanceof ReportFault ? new ReportFault(`line ${number}`, thrown.message) : thrown;
  }
}
