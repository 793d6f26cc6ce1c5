import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import type { Reported } from '../found.ts';
import { ReportFault } from '../json.ts';
import { each, list, position, shaped, text } from '../shape.ts';

const file = z.object({ filePath: z.string(), messages: list, suppressedMessages: list.nullish(), errorCount: z.int().nullish(), warningCount: z.int().nullish() });
const message = z.object({
  ruleId: text, severity: z.int().min(0).max(2), fatal: z.boolean().nullish(), message: z.string(), line: position, column: position, endLine: position,
  suppressions: z.array(z.object({ justification: text })).nullish(),
});

/** `eslint -f json`. */
export const eslint: FindingsFormat = {
  reference: {
    tool: 'ESLint', rows: ['build.code-quality', 'build.sast'], recorded: 'eslint',
    use: 'sh("npx eslint . -f json -o reports/eslint.json", { findings: { eslint: "reports/eslint.json" } })',
    severities: 'a file that it cannot parse high, `error` medium, `warn` low. An `eslint-disable` comment holds only with its reason (`-- why`); without one the message counts',
  },
  exitCodes: [1],
  async read(document, report) {
    const files = shaped(list, await document.json());
    for (const [{ filePath, messages, suppressedMessages, errorCount, warningCount }, place] of each(file, files, '')) {
      const counted = (errorCount ?? 0) + (warningCount ?? 0);
      if (counted > messages.length) throw new ReportFault(`${place}.messages`, `it counts ${counted} and lists ${messages.length}`);
      for (const [given] of each(message, messages, `${place}.messages`)) report(foundIn(filePath, given));
      for (const [given] of each(message, suppressedMessages, `${place}.suppressedMessages`)) report(foundIn(filePath, given));
    }
    return { tools: [{ name: 'ESLint' }], scope: [`${files.length} files`] };
  },
};

function foundIn(path: string, { ruleId, severity, fatal, message: said, line, column, endLine, suppressions }: z.infer<typeof message>): Reported {
  const reason = suppressions?.find(({ justification }) => justification && justification.trim() !== '')?.justification;
  return {
    rule: ruleId ?? 'parsing-error', severity: fatal ? 'high' : severity === 2 ? 'medium' : 'low', message: said, file: path, line, column, endLine,
    help: ruleId && /^[a-z-]+$/.test(ruleId) ? `https://eslint.org/docs/latest/rules/${ruleId}` : undefined,
    suppressed: reason ? { reason, where: 'a comment for ESLint' } : undefined,
  };
}
