import { z } from 'zod';
import type { Caching } from '../caching.ts';
import { commandsOf } from '../shellwords.ts';

const glob = z.string().min(1).max(4_096);

/** What a command says about the files that decide what it comes to. */
export const cachingFields = {
  /** The files that decide what it comes to; every file of the commit where they are left out. */
  inputs: z.array(glob).min(1).max(256).optional(),
  /** The files that it leaves for the actions after it. */
  outputs: z.array(glob).max(256).optional(),
  /** `false`: it is run every time, since something decides about it that is no file. */
  cache: z.boolean().optional(),
};

export interface Cacheable {
  readonly command: string;
  readonly inputs?: readonly string[] | undefined;
  readonly outputs?: readonly string[] | undefined;
  readonly cache?: boolean | undefined;
  readonly prepare?: string | undefined;
  readonly coverage?: string | undefined;
  readonly findings?: object | undefined;
}

/** Of coverage the changed lines are told, and findings may be accepted until a day. */
export function cachingOfShell({ command, inputs, outputs, cache, prepare, coverage, findings }: Cacheable): Caching | undefined {
  if (cache === false) return undefined;
  const programs = [...commandsOf(command) ?? [], ...commandsOf(prepare ?? '') ?? []].flatMap(([program]) => (program === undefined || program.includes('/') ? [] : [program]));
  return {
    inputs, outputs, prepare, programs,
    also: [...(coverage === undefined ? [] : ['commit'] as const), ...(findings === undefined ? [] : ['day'] as const)],
  };
}
