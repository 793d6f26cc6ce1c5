import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import { ReportFault } from '../json.ts';
import { each, list, position, shaped, text } from '../shape.ts';

const SEVERITIES = { fatal: 'high', error: 'medium', warning: 'low', information: 'info', hint: 'info' } as const;

const document = z.object({ summary: z.object({ changed: z.int(), unchanged: z.int(), diagnosticsNotPrinted: z.int().nullish() }), diagnostics: list });
const point = z.object({ line: position, column: position }).nullish();
const diagnostic = z.object({
  severity: z.enum(['fatal', 'error', 'warning', 'information', 'hint']), category: text,
  // Older releases give the text in pieces, and the path as an object.
  message: z.union([z.string(), z.array(z.object({ content: z.string() }))]).nullish(), description: text,
  location: z.object({ path: z.union([z.string(), z.object({ file: text })]).nullish(), start: point, end: point }).nullish(),
});

/** `biome lint --reporter=json`. */
export const biome: FindingsFormat = {
  reference: {
    tool: 'Biome', rows: ['build.code-quality'], recorded: 'biome',
    use: 'sh("npx biome lint --reporter=json --max-diagnostics=none . > reports/biome.txt", { findings: { biome: "reports/biome.txt" } })',
    severities: '`fatal` high, `error` medium, `warning` low, `information` and `hint` info. A report from which diagnostics were left out is refused: raise `--max-diagnostics`',
  },
  exitCodes: [1],
  async read(read, report) {
    const { summary, diagnostics } = shaped(document, await read.json());
    if (summary.diagnosticsNotPrinted) throw new ReportFault('summary.diagnosticsNotPrinted', `${summary.diagnosticsNotPrinted} diagnostics are left out: write --max-diagnostics=none`);
    for (const [{ severity, category, message, description, location }] of each(diagnostic, diagnostics, 'diagnostics')) {
      const path = location?.path;
      report({
        rule: category?.replace(/^lint\//, '') ?? 'biome', severity: SEVERITIES[severity], message: (typeof message === 'string' ? message : message?.map(({ content }) => content).join('')) ?? description ?? '',
        file: typeof path === 'string' ? path : path?.file, line: location?.start?.line, column: location?.start?.column, endLine: location?.end?.line,
      });
    }
    return { tools: [{ name: 'Biome' }], scope: [`${summary.changed + summary.unchanged} files`] };
  },
};
