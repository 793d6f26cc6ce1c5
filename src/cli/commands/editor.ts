import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { paint, text } from '../text.ts';

/** `trunkline editor` */
export async function editor({ terminal, json, desk: open }: Session): Promise<ExitCode> {
  const { written, refused } = await (await open()).setUpEditors();
  if (json) terminal.json({ written, refused });
  else {
    for (const path of written) terminal.print(`wrote ${path}`);
    for (const { path, why, add } of refused) {
      terminal.print(text`${paint('yellow', '!')} ${path} stays as it is: ${why}. Add this there:`);
      for (const line of add.trimEnd().split('\n')) terminal.print(`    ${line}`);
    }
    if (written.length === 0 && refused.length === 0) terminal.print('everything is there already');
  }
  return refused.length > 0 ? EXIT.failed : EXIT.done;
}
