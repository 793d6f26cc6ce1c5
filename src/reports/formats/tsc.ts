import type { FindingsFormat } from '../format.ts';

const WITH_PLACE = /^(.{1,4096}?)\((\d{1,9}),(\d{1,9})\): (error|warning|message) (TS\d{1,6}): (.*)$/;
const WITHOUT_PLACE = /^(error|warning|message) (TS\d{1,6}): (.*)$/;
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
    for await (const line of document.lines()) {
      const [, file, at = '', column = '', category = '', code = '', message = ''] = WITH_PLACE.exec(line) ?? [];
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
