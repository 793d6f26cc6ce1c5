import { z } from 'zod';
import { ReportFault } from './json.ts';

/** A value as its schema says it is. @throws {ReportFault} naming the field, such as `results[2].start.line`. */
export function shaped<Schema extends z.ZodType>(schema: Schema, value: unknown, place = 'the document'): z.infer<Schema> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  throw new ReportFault(`${place}${path}`.replace(/^the document\.?(?=.)/, '').slice(0, 300), (issue?.message ?? 'it has another form').slice(0, 300));
}

/** The items of a list, one after the other: a fault in one is met before the next is looked at. */
export function* each<Schema extends z.ZodType>(schema: Schema, values: readonly unknown[] | null | undefined, place: string): Generator<readonly [item: z.infer<Schema>, place: string]> {
  for (const [index, value] of (values ?? []).entries()) yield [shaped(schema, value, `${place}[${index}]`), `${place}[${index}]`];
}

/** Lists whose items are looked at one by one, with {@link each}. */
export const list = z.array(z.unknown());
/** Tools write null, or nothing, where they know nothing. */
export const text = z.string().nullish();
/** Of a line or column; 0 where the tool knows none. */
export const position = z.int().min(0).max(2_147_483_647).nullish();
