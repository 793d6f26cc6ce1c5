import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TrunklineError } from '../foundation/errors.ts';
import { formatDuration, parseDuration, type Millis } from '../foundation/units.ts';
import { LONGEST, MOST } from './shape.ts';

/** Where in the user's files a value was written, such as `trunkline.config.ts:12`. */
export type Place = string;

/** Any function of the authoring API: the frame above it in the stack is the user's. */
export type Callee = (...args: never[]) => unknown;

/** Kept beside the values, not in them: a plan must not change when a line moves. */
const places = new WeakMap<object, Place>();

/** Remembers who called `callee`, so that a later error about `value` names that line. */
export function written<Value extends object>(callee: Callee, value: Value): Value {
  const place = callerOf(callee);
  if (place !== undefined) places.set(value, place);
  return value;
}

/** Keeps the line of `original` for something that was made from it. */
export function writtenWith<Value extends object>(original: object, value: Value): Value {
  const place = places.get(original);
  if (place !== undefined) places.set(value, place);
  return value;
}

export function placeOf(value: unknown): Place | undefined {
  return typeof value === 'object' && value !== null ? places.get(value) : undefined;
}

/** An error about `field`, at the line of `callee`'s caller or at the place given. */
export function wrong(callee: Callee, field: string, message: string, place: Place | undefined = callerOf(callee)): TrunklineError {
  return new TrunklineError('CONFIG_INVALID', 'usage', `${place === undefined ? '' : `${place}: `}${field}: ${message}`,
    'correct it there, then run "trunkline check"');
}

function callerOf(callee: Callee): Place | undefined {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, callee);
  const frame = /(file:\/\/\S+?):(\d+):\d+\)?$/m.exec(holder.stack ?? '');
  return frame ? placeAt(frame[1] as string, Number(frame[2])) : undefined;
}

/** A file's URL or path and a line, for people: relative to the folder the repository is in. */
export function placeAt(file: string, line: number): Place {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const short = relative(process.cwd(), path);
  return `${short.startsWith('..') ? path : short}:${line}`;
}

/** Reads values that a user wrote and says, with field and line, what is wrong with one. */
export class Reading {
  readonly callee: Callee;
  readonly name: string;

  constructor(callee: Callee, name: string) {
    this.callee = callee;
    this.name = name;
  }

  wrong(field: string, message: string): TrunklineError {
    return wrong(this.callee, `${this.name}.${field}`, message);
  }

  /** An object that has no field but these: a misspelt name must not pass for a default. */
  fields<Value extends object>(value: Value, known: readonly string[]): Value {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(this.callee, this.name, 'write its fields as { … }');
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) throw this.wrong(key, `there is no such field; there is ${known.join(', ')}`);
    }
    return value;
  }

  text(field: string, value: unknown, limit = 4_096): string {
    if (typeof value !== 'string' || value.trim() === '') throw this.wrong(field, 'write a text that is not empty');
    if (value.length > limit) throw this.wrong(field, `write at most ${limit} characters`);
    if (value.includes('\0')) throw this.wrong(field, 'it holds a NUL character');
    return value;
  }

  matching(field: string, value: unknown, fits: (text: string) => boolean, rule: string): string {
    if (typeof value !== 'string' || !fits(value)) throw this.wrong(field, `${JSON.stringify(value) ?? 'nothing'} does not do; ${rule}`);
    return value;
  }

  oneOf<const Choice extends string>(field: string, value: unknown, choices: readonly Choice[]): Choice {
    if (!choices.includes(value as Choice)) throw this.wrong(field, `${JSON.stringify(value) ?? 'nothing'} does not do; write ${choices.map((choice) => `"${choice}"`).join(' or ')}`);
    return value as Choice;
  }

  whole(field: string, value: unknown, least: number, most = MOST): number {
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
      throw this.wrong(field, `${String(value)} does not do; write a whole number, ${least} to ${most}`);
    }
    return value as number;
  }

  duration(field: string, value: unknown, least: Millis = 0, most: Millis = LONGEST): Millis {
    let millis: Millis;
    try {
      millis = parseDuration(String(value));
    } catch (error) {
      throw this.wrong(field, (error as RangeError).message);
    }
    if (millis < least) throw this.wrong(field, `"${String(value)}" is too short; write at least ${least} ms`);
    if (millis > most) throw this.wrong(field, `"${String(value)}" is too long; write at most ${formatDuration(most)}`);
    return millis;
  }

  list<Item>(field: string, value: unknown, least: number, most = 64): readonly Item[] {
    if (!Array.isArray(value) || value.length < least || value.length > most) {
      throw this.wrong(field, `write a list of ${least} to ${most}`);
    }
    return value as readonly Item[];
  }

  /** No two of them the same. */
  distinct(field: string, names: readonly string[]): void {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw this.wrong(field, `"${twice}" is there twice`);
  }
}
