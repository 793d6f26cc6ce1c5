import { lintSource } from '@secretlint/core';
import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { SecretLintCoreConfig } from '@secretlint/types';
import type { Leak } from './leak.ts';

const PREFIX = '@secretlint/secretlint-rule-';
/** A comment of the commit must weaken nothing; and addresses are read by a rule of our own, which knows what is local. */
const LEFT_OUT = new Set(['filter-comments', 'database-connection-string', 'basicauth'].map((name) => PREFIX + name));
/** An account's number is no secret. */
const NO_SECRETS = new Set(['AWSAccountID']);

/** The whole configuration of secretlint: nothing of the commit is read for it. */
const config: SecretLintCoreConfig = {
  rules: rules.filter(({ meta }) => !LEFT_OUT.has(meta.id)).map((rule) => ({ id: rule.meta.id, rule, ...(rule.meta.id === `${PREFIX}aws` ? { options: { enableIDScanRule: true } } : {}) })),
};

/** What secretlint's recommended rules find. Its messages hold the secret, and are left here. */
export async function presetLeaks(text: string, path: string): Promise<Leak[]> {
  const { messages } = await lintSource({
    source: { filePath: path, content: text, contentType: 'text', ext: /\.[^./]+$/.exec(path)?.[0] ?? '' },
    options: { config, noPhysicFilePath: true },
  });
  return messages.filter(({ messageId }) => !NO_SECRETS.has(messageId)).map(({ ruleId, messageId, range }) => {
    const rule = ruleId.slice(ruleId.lastIndexOf(PREFIX) + PREFIX.length);
    return { rule, what: `${rule} (${messageId})`, start: range[0], end: range[1] };
  });
}
