import type { FindingsFormat } from '../format.ts';
import { ReportFault } from '../json.ts';

const WITH_PLACE = /^(.{1,4096}?)\((\d{1,9}),(\d{1,9})\): (error|warning|message) (TS\d{1,6}): (.*)$/;
const WITHOUT_PLACE = /^(error|warning|message) (TS\d{1,6}): (.*)$/;
/** With `--pretty`, or `"pretty": true` in tsconfig.json: in colours, the places of an editor, and a sum at the end. */
const PRETTY = /^(.{1,4096}?):(\d{1,9}):(\d{1,9}) - (error|warning|message) (TS\d{1,6}): (.*)$/;
const SUM = /^Found (\d{1,9}) errors?\b/;
// oxlint-disable-next-line no-control-regex
const COLOUR = /\u001b\[[\d;]*m/g;
const SEVERITIES: { readonly [category: string]: 'high' | 'low' | 'info' } = { error: 'high', warning: 'low', message: 'info' };

/** `tsc --pretty false`: one line each, what belongs to it indented below. */
export const tsc: FindingsFormat = {
  reference: {
    tool: 'TypeScript (tsc)', rows: ['build.code', 'build.code-quality'], recorded: 'tsc',
    use: 'sh("npx tsc --noEmit --pretty false > reports/tsc.txt", { findings: { tsc: "reports/tsc.txt" } })',
    severities: '`error` high',
  },
  // 1: nothing was written; 2: something was, all the same.
  exitCodes: [1, 2],
  async read(document, report) {
    let errors = 0;
    for await (const written of document.lines()) {
      const line = written.replaceAll(COLOUR, '');
      const sum = Number(SUM.exec(line)?.[1] ?? 0);
      if (sum > errors) throw new ReportFault(`"${line.slice(0, 80)}"`, `${errors} of them are listed in a form that is known here: run tsc with --pretty false`);
      const [, file, at = '', column = '', category = '', code = '', message = ''] = WITH_PLACE.exec(line) ?? PRETTY.exec(line) ?? [];
      if (category === 'error' || WITHOUT_PLACE.exec(line)?.[1] === 'error') errors += 1;
      if (file !== undefined) {
        report({ rule: code, severity: SEVERITIES[category] ?? 'high', message, file, line: Number(at), column: Number(column) });
        continue;
      }
      const [, sort, number = '', said = ''] = WITHOUT_PLACE.exec(line) ?? [];
      if (sort !== undefined) report({ rule: number, severity: SEVERITIES[sort] ?? 'high', message: said });
    }
    return { tools: [{ name: 'tsc' }], scope: [] };
  },
};
