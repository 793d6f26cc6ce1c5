/** `trunkline`, with a wrapping that kills it at the point that the crash test names. */
import { main } from '../../src/main.ts';
import { Points } from './points.ts';
import { wrapping } from './wrapping.ts';

const { CRASH_RECORD: record, CRASH_AT: killAt, CRASH_AMID: amid = '10' } = process.env;
await main(process.argv.slice(2), wrapping(new Points({ record, killAt, amidMs: Number(amid) })));
