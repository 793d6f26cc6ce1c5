import type { FindingsFormat } from '../format.ts';
import { ReportFault } from '../json.ts';
import { XmlFault } from '../xml.ts';

/** A word that is not known here may mean the worst. */
const UNKNOWN = 'high';
const SEVERITIES: ReadonlyMap<string, 'medium' | 'low' | 'info'> = new Map([['error', 'medium'], ['warning', 'low'], ['info', 'info']]);

/** Checkstyle's XML, read piece by piece; ShellCheck, ktlint, PHP_CodeSniffer and many others write it too. */
export const checkstyle: FindingsFormat = {
  reference: {
    tool: 'Checkstyle', rows: ['build.code-quality'], recorded: 'checkstyle',
    use: 'sh("checkstyle -c checks.xml -f xml -o reports/checkstyle.xml src", { findings: { checkstyle: "reports/checkstyle.xml" } })',
    severities: '`error` medium, `warning` low, `info` info, `ignore` none, any other high; a file that could not be looked at (`<exception>`) high',
  },
  // Checkstyle's own is the number of errors; from 126 on codes are the shell's, and its failures.
  exitCodes: Array.from({ length: 125 }, (_, index) => index + 1),
  async read(document, report) {
    let root: string | undefined;
    let version: string | undefined;
    let file: string | undefined;
    let files = 0;
    let exception: string | undefined;
    await document.xml({
      open(name, given) {
        root ??= name;
        if (root !== 'checkstyle') throw new XmlFault('it is XML, but no <checkstyle>', 1);
        if (name === 'checkstyle') version = given['version'];
        if (name === 'file') {
          file = given['name'];
          files += 1;
        }
        if (name === 'exception') exception = '';
        const severity = given['severity'] ?? 'error';
        if (name !== 'error' || severity.toLowerCase() === 'ignore') return;
        report({ rule: ruleOf(given['source']), severity: SEVERITIES.get(severity.toLowerCase()) ?? UNKNOWN, message: given['message'] ?? '', file, line: numberOf(given['line'], 'line'), column: numberOf(given['column'], 'column') });
      },
      text(piece) {
        if (exception !== undefined && exception.length < 2_000) exception += piece;
      },
      close(name) {
        if (name === 'file') file = undefined;
        if (name !== 'exception') return;
        report({ rule: 'exception', severity: 'high', message: `it could not be looked at: ${(exception ?? '').trim().split('\n')[0] ?? ''}`, file });
        exception = undefined;
      },
    });
    if (root === undefined) throw new ReportFault('line 1', 'it is empty');
    return { tools: [{ name: 'Checkstyle format', ...(version ? { version } : {}) }], scope: [`${files} files`] };
  },
};

/** `com.puppycrawl…naming.TypeNameCheck` is `TypeName`; what is no Java class stays. */
function ruleOf(source: string | undefined): string {
  if (!source) return 'checkstyle';
  return /^[\w$]+(?:\.[\w$]+){2,}$/.test(source) ? source.replace(/^.*\./, '').replace(/Check$/, '') : source;
}

function numberOf(written: string | undefined, name: string): number | undefined {
  if (written === undefined || written === '') return undefined;
  const number = Number(written);
  if (!Number.isInteger(number) || number < 0 || number > 2_147_483_647) throw new ReportFault(`the ${name} of an <error>`, `"${written.slice(0, 20)}" is no number of a ${name}`);
  return number;
}
