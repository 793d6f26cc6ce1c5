// `npm test`: what has to hold, cheapest first; it stops at the first part that fails. What takes longer is `npm run test:long`.
import { runNode } from './ready.js';

const parts = [
  ['types', ['node_modules/typescript/bin/tsc', '--noEmit']],
  ['lint', ['node_modules/oxlint/bin/oxlint', '--deny-warnings']],
  // These files wait more than they compute; stories compute as well.
  ['unit tests', ['--test', '--test-concurrency=3', 'src/**/*.test.ts', 'test/rules/*.test.ts', 'test/model/*.test.ts', 'examples/orders-commits/*.test.ts']],
  ['crash tests', ['test/crash/run.ts', '--example', '1']],
  ['acceptance stories', ['--test', '--test-concurrency=2', 'test/acceptance/*.test.ts']],
];

for (const [name, args] of parts) {
  process.stdout.write(`\n── ${name}\n`);
  const code = runNode(args);
  if (code !== 0) {
    process.stderr.write(`\n${name} failed\n`);
    process.exit(code);
  }
}
