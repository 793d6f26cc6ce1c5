/** A host of its own process for `bench/journal`: says when it has begun, and lives until its standard input ends. */
import { openProduct } from '../../src/product.ts';

const [repository = '', state = ''] = process.argv.slice(2);
const began = performance.now();
const product = await openProduct({ cwd: repository, state, tell: (line) => process.stderr.write(`${line}\n`) });
await using host = await product.host();
process.stdout.write(`${JSON.stringify({ ms: performance.now() - began, rss: process.memoryUsage().rss })}\n`);
process.stdin.resume();
await new Promise((resolve) => process.stdin.once('end', resolve));
void host;
