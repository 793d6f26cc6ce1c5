/** A process of its own: what it reads may be made to keep it busy for ever, or to fill all memory that there is. */
import { readFileSync } from 'node:fs';
import { keepCompiled } from '../../foundation/compiled.ts';

keepCompiled();
const { scan } = await import('./scan.ts');
const files = JSON.parse(readFileSync(0, 'utf8')) as readonly { readonly path: string; readonly text: string }[];
// The last line of this kind names the file at which it was ended, if it was.
const result = scan(files, (path) => void process.stdout.write(`at ${JSON.stringify(path)}\n`));
process.stdout.write(`done ${JSON.stringify(result)}\n`);
