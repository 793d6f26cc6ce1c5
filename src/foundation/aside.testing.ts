import { TrunklineError } from './errors.ts';

export const add = (a: number, b: number): number => a + b;
export const later = async (text: string): Promise<ReadonlyMap<string, string>> => new Map([['said', text]]);
export const forEver = (): never => { for (;;); };
export const fillMemory = (): unknown => {
  const all: unknown[] = [];
  for (;;) all.push(Array.from({ length: 10_000 }, (_, n) => ({ n })));
};
export const refuse = (): never => { throw new TrunklineError('REPORT_INVALID', 'code', 'no report', 'write one', ['line']); };
export const breakDown = (): never => { throw new Error('oh'); };
export const environment = (): readonly string[] => Object.keys(process.env);
