import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { operatorsSchema, type Operators } from './core/operators.ts';
import { TrunklineError } from './foundation/errors.ts';

/** What the operator has settled for a pipeline, once: a commit can't change which branch is its trunk. */
const pipelineSchema = z.strictObject({ application: z.string().min(1), trunk: z.string().min(1) });
export type PipelineSettings = z.infer<typeof pipelineSchema>;

export function readPipeline(path: string): PipelineSettings | undefined {
  const text = read(path);
  return text === undefined ? undefined : parse(pipelineSchema, text, path);
}

export function writePipeline(path: string, settings: PipelineSettings): void {
  write(path, settings);
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
