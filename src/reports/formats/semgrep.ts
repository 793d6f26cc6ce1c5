import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import { each, list, position, shaped, text } from '../shape.ts';

const SEVERITIES = { CRITICAL: 'critical', HIGH: 'high', ERROR: 'high', MEDIUM: 'medium', WARNING: 'medium', LOW: 'low', INFO: 'info', INVENTORY: 'info', EXPERIMENT: 'info' } as const;

const document = z.object({ version: text, results: list, errors: list.nullish(), paths: z.object({ scanned: list.nullish() }).nullish() });
const point = z.object({ line: position, col: position });
const result = z.object({
  check_id: z.string(), path: z.string(), start: point, end: point,
  extra: z.object({
    message: text, severity: z.enum(['CRITICAL', 'HIGH', 'ERROR', 'MEDIUM', 'WARNING', 'LOW', 'INFO', 'INVENTORY', 'EXPERIMENT']), fix: text, fingerprint: text,
    metadata: z.object({ cwe: z.union([z.string(), z.array(z.string())]).nullish(), source: text, shortlink: text }).nullish(),
  }),
});
const fault = z.object({ level: text, message: text, path: text });

/** `semgrep scan --json`. */
export const semgrep: FindingsFormat = {
  reference: {
    tool: 'semgrep', rows: ['build.sast', 'build.code-quality'],
    use: 'sh("semgrep scan --config rules/ --error --json -o reports/semgrep.json", { findings: { semgrep: "reports/semgrep.json" }, failOn: "high" })',
    severities: '`CRITICAL` critical, `HIGH` and `ERROR` high, `MEDIUM` and `WARNING` medium, `LOW` low, `INFO` info. What semgrep could not look at is a finding of its own: `error` medium, else low',
  },
  // With --error.
  exitCodes: [1],
  async read(read, report) {
    const { version, results, errors, paths } = shaped(document, await read.json());
    for (const [{ check_id, path, start, end, extra }] of each(result, results, 'results')) {
      const cwe = [extra.metadata?.cwe ?? []].flat().slice(0, 20).join(' ');
      report({
        rule: check_id, severity: SEVERITIES[extra.severity], message: extra.message ?? check_id, why: cwe, help: extra.metadata?.shortlink ?? extra.metadata?.source,
        file: path, line: start.line, column: start.col, endLine: end.line,
        // This is written for those who have no account.
        identity: extra.fingerprint === 'requires login' ? undefined : extra.fingerprint,
      });
    }
    for (const [{ level, message, path }] of each(fault, errors, 'errors')) report({ rule: 'not-analysed', severity: level === 'error' ? 'medium' : 'low', message: message ?? 'semgrep could not look at it', file: path });
    return { tools: [{ name: 'semgrep', ...(version ? { version } : {}) }], scope: [`${paths?.scanned?.length ?? 0} files`] };
  },
};
