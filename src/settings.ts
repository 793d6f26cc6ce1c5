import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { operatorsSchema, type ApprovalRule, type Operators } from './core/operators.ts';
import { TrunklineError } from './foundation/errors.ts';
import { sandboxSchema, type SandboxSettings } from './runner/sandbox-settings.ts';

/**
 * What the operator has settled for a pipeline, once: a commit can't change which branch is its trunk, nor a release
 * that could write the repository's configuration where the trunk is fetched from. `remote` is the address of `origin`
 * without credentials, null where there is none; undefined in files of versions that did not keep it. `submodules` says
 * whether a commit that has some is refused, as it is by default, or goes on with their folders empty.
 */
const pipelineSchema = z.strictObject({
  application: z.string().min(1), trunk: z.string().min(1), remote: z.string().min(1).nullable().optional(),
  submodules: z.enum(['refuse', 'leave-empty']).optional(),
});
export type PipelineSettings = z.infer<typeof pipelineSchema>;

export function readPipeline(path: string): PipelineSettings | undefined {
  const text = read(path);
  return text === undefined ? undefined : parse(pipelineSchema, text, path);
}

/** What code of commits may use of this machine; the operator writes it, and without it the defaults hold. */
export function readSandbox(path: string): SandboxSettings {
  const text = read(path);
  return text === undefined ? {} : parse(sandboxSchema, text, path);
}

export function writePipeline(path: string, settings: PipelineSettings): void {
  write(path, settings);
}

/**
 * The settings, with `origin` as it is now where none was settled yet.
 * @param remote the address of `origin` now, without credentials; undefined where there is no such remote
 * @throws {TrunklineError} `REMOTE_CHANGED`
 */
export function withRemote(settings: PipelineSettings, remote: string | undefined, path: string): PipelineSettings {
  const now = remote ?? null;
  if (settings.remote === undefined) return { ...settings, remote: now };
  if (settings.remote === now) return settings;
  const said = (address: string | null): string => (address === null ? 'there was none' : address);
  throw new TrunklineError('REMOTE_CHANGED', 'refused',
    `origin of this repository is ${now ?? 'no more'}, and was another when this pipeline began: ${said(settings.remote)}`,
    `if you changed it, write "remote": ${JSON.stringify(now)} to ${path}; else see who did, with "git remote -v"`);
}

/** The operator's file, read anew each time. Where there is none yet, it is made with the user that works here. */
export function readOperators(path: string): Operators {
  const text = read(path);
  return text === undefined ? { people: {} } : parse(operatorsSchema, text, path);
}

/** Makes the file for the first start: whoever owns the state folder is in the groups that the pipeline names. */
export function firstOperators(path: string, user: string, groups: readonly string[]): void {
  if (read(path) === undefined) write(path, { people: { [user]: { groups } } } satisfies Operators | object);
}

/** Writes who approves into the operator's file, and leaves the rest of it as it is. */
export function pinApproval(path: string, rule: ApprovalRule): void {
  const operators = readOperators(path);
  write(path, { ...operators, approvals: { ...operators.approvals, prod: rule } });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new TrunklineError('SETTINGS_UNREADABLE', 'usage', `${path} can't be read: ${(error as Error).message}`, 'see that you own it');
  }
}

function write(path: string, value: object): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function parse<Value>(schema: z.ZodType<Value>, text: string, path: string): Value {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') : (error as Error).message;
    throw new TrunklineError('SETTINGS_INVALID', 'usage', `${path} is not valid: ${why}`, 'correct it, or remove it to have it made anew');
  }
}
