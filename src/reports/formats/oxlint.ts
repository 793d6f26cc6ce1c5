import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import { each, list, position, shaped, text } from '../shape.ts';

const SEVERITIES = { error: 'medium', warning: 'low', advice: 'info' } as const;

const document = z.object({ diagnostics: list, number_of_files: z.int().nullish(), number_of_rules: z.int().nullish() });
const diagnostic = z.object({
  message: z.string(), code: text, severity: z.enum(['error', 'warning', 'advice']), url: text, help: text, filename: text,
  labels: z.array(z.object({ span: z.object({ line: position, column: position }).nullish() })).nullish(),
});

/** `oxlint -f json`. */
export const oxlint: FindingsFormat = {
  reference: {
    tool: 'oxlint', rows: ['build.code-quality'], recorded: 'oxlint',
    use: 'sh("npx oxlint -f json > reports/oxlint.json", { findings: { oxlint: "reports/oxlint.json" } })',
    severities: '`error` medium, a file that it cannot parse (no rule) high, `warning` low, `advice` info',
  },
  exitCodes: [1],
  async read(read, report) {
    const { diagnostics, number_of_files: files, number_of_rules: rules } = shaped(document, await read.json());
    for (const [{ message, code, severity, url, help, filename, labels }] of each(diagnostic, diagnostics, 'diagnostics')) {
      const span = labels?.[0]?.span;
      report({ rule: ruleOf(code), severity: code || severity !== 'error' ? SEVERITIES[severity] : 'high', message, fix: help, help: url, file: filename, line: span?.line, column: span?.column });
    }
    return { tools: [{ name: 'oxlint' }], scope: [`${files ?? '?'} files`, `${rules ?? '?'} rules`] };
  },
};

/** `eslint(no-debugger)` is ESLint's rule of that name; of other plugins the name is kept: `unicorn/no-null`. */
function ruleOf(code: string | null | undefined): string {
  if (!code) return 'parsing-error';
  const [, plugin = '', rule = code] = /^([\w@/-]+)\(([^()]+)\)$/.exec(code) ?? [];
  return plugin === '' || plugin === 'eslint' ? rule : `${plugin.replace(/^eslint-plugin-/, '')}/${rule}`;
}
