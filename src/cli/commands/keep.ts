import { text } from 'node:stream/consumers';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Session } from '../command.ts';

/** `trunkline gc` */
export async function gc({ terminal, json, product: open }: Session): Promise<void> {
  const { bytes, removed, kept } = await (await open()).gc();
  if (json) return terminal.json({ bytes, removed, kept });
  terminal.print(`${removed} blobs removed, ${(bytes / 1e6).toFixed(1)} MB freed`);
  for (const run of kept) terminal.print(`kept the artifact of ${run}, which can be tried again`);
}

/** `trunkline init` */
export async function init({ terminal, json, product: open }: Session): Promise<void> {
  const files = await (await open()).init();
  if (json) return terminal.json({ files });
  for (const file of files) terminal.print(`wrote ${file}`);
  terminal.print('next: "trunkline check" says what is still missing');
}

/** `trunkline secret set NAME`, its value on standard input: never on the command line, where others could read it. */
export async function setSecret({ terminal, product: open }: Session, _options: object, name?: string): Promise<void> {
  if (process.stdin.isTTY) terminal.note('type the secret, then Ctrl-D:');
  const value = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (value === '' || name === undefined) throw new TrunklineError('SECRET_EMPTY', 'usage', 'no secret was given', 'give it on standard input: printf %s "$TOKEN" | trunkline secret set NAME');
  await (await open()).setSecret(name, value);
  terminal.print(`secret ${name} is set`);
}
