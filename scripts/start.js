// `npm start`: the example application's commits on their way to production, on this machine.
import { runNode } from './ready.js';

process.exitCode = runNode(['demo/main.ts', ...process.argv.slice(2)]);
