/** `trunkline`, with a wrapping that kills it at the point that the crash test names. */
import { commandLine } from '../../src/command-line.ts';
import { Points } from './points.ts';
import { wrapping } from './wrapping.ts';

const { CRASH_RECORD: record, CRASH_AT: killAt, CRASH_AMID: amid = '10' } = process.env;
await commandLine(process.argv.slice(2), wrapping(new Points({ record, killAt, amidMs: Number(amid) })));
