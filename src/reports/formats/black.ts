import type { FindingsFormat } from '../format.ts';

const REFORMAT = /^would reformat (.{1,4096})$/;
const UNREADABLE = /^error: cannot format (.{1,4096}?): (.*)$/;
const PLACE = /: (\d{1,9}):(\d{1,9}):/;
const SUMMARY = /(\d+) files? (?:would be left unchanged|left unchanged)/;

/** What `black --check` prints on its standard error. */
export const black: FindingsFormat = {
  reference: {
    tool: 'black', rows: ['build.code-quality'], recorded: 'black',
    use: 'sh("black --check . 2> reports/black.txt", { findings: { black: "reports/black.txt" } })',
    severities: 'a file that it would reformat medium, one that it cannot parse high',
  },
  // 1: something would be reformatted; 123: something could not be parsed.
  exitCodes: [1, 123],
  async read(document, report) {
    let unchanged: string | undefined;
    for await (const line of document.lines()) {
      const reformat = REFORMAT.exec(line)?.[1];
      if (reformat !== undefined) report({ rule: 'formatting', severity: 'medium', message: 'it is not formatted as black formats it', fix: 'run black on it', file: reformat, identity: 'formatting' });
      const [, file, why = ''] = UNREADABLE.exec(line) ?? [];
      const [, at, column] = PLACE.exec(why) ?? [];
      if (file !== undefined) report({ rule: 'unreadable', severity: 'high', message: why, file, line: Number(at ?? 0), column: Number(column ?? 0) });
      unchanged = SUMMARY.exec(line)?.[1] ?? unchanged;
    }
    return { tools: [{ name: 'black' }], scope: unchanged === undefined ? [] : [`${unchanged} files as they should be`] };
  },
};
