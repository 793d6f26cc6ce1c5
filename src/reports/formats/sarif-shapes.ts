import { z } from 'zod';
import { list, position, text } from '../shape.ts';

const level = z.enum(['none', 'note', 'warning', 'error']).nullish();
const index = z.int().min(-1).nullish();
const message = z.object({ text, id: text, arguments: z.array(z.string()).nullish() });
const texts = z.object({ text }).nullish();
const properties = z.object({ 'security-severity': z.union([z.string(), z.number()]).nullish(), tags: list.nullish() }).nullish();

export const artifactLocation = z.object({ uri: text, uriBaseId: text, index });

export const location = z.object({
  physicalLocation: z.object({ artifactLocation: artifactLocation.nullish(), region: z.object({ startLine: position, startColumn: position, endLine: position }).nullish() }).nullish(),
  message: texts,
});

export const descriptor = z.object({
  id: z.string(), helpUri: text, shortDescription: texts, fullDescription: texts, help: texts, properties,
  defaultConfiguration: z.object({ level }).nullish(), messageStrings: z.record(z.string(), z.object({ text })).nullish(),
});

export const component = z.object({ name: z.string(), version: text, semanticVersion: text, guid: text, rules: list.nullish() });

export const result = z.object({
  ruleId: text, ruleIndex: index, rule: z.object({ id: text, index, toolComponent: z.object({ name: text, index }).nullish() }).nullish(),
  kind: z.enum(['pass', 'open', 'informational', 'notApplicable', 'review', 'fail']).nullish(), level, message, properties, baselineState: text,
  locations: list.nullish(), relatedLocations: list.nullish(), codeFlows: z.array(z.object({ threadFlows: z.array(z.object({ locations: list })) })).nullish(),
  partialFingerprints: z.record(z.string(), z.string()).nullish(), fingerprints: z.record(z.string(), z.string()).nullish(),
  suppressions: z.array(z.object({ status: text, justification: text })).nullish(), fixes: z.array(z.object({ description: texts })).nullish(),
});

export const run = z.object({
  tool: z.object({ driver: z.unknown(), extensions: list.nullish() }), results: list.nullish(), artifacts: list.nullish(),
  externalPropertyFileReferences: z.object({ results: list.nullish() }).nullish(),
  invocations: z.array(z.object({ executionSuccessful: z.boolean().nullish() })).nullish(), originalUriBaseIds: z.record(z.string(), artifactLocation).nullish(),
});

export type Run = z.infer<typeof run>;
export type Result = z.infer<typeof result>;
export type Component = z.infer<typeof component>;
export type Location = z.infer<typeof location>;
export type ArtifactLocation = z.infer<typeof artifactLocation>;
