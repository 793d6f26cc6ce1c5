import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { paint, text } from '../text.ts';

/** `trunkline hooks install` */
export async function installHooks({ terminal, json, desk: open }: Session): Promise<void> {
  const installed = await (await open()).installHooks();
  if (json) return terminal.json(installed);
  const { written, through, path } = installed;
  if (through) return terminal.print(`${through.name} calls Trunkline already (${through.where}): nothing to do`);
  for (const file of written) terminal.print(`wrote ${file}`);
  if (path !== null) terminal.print(`the project brings no trunkline of its own: this clone uses ${path} (git config trunkline.path)`);
  terminal.print(text`${paint('green', '✔')} git runs it before each commit of this clone${written.length > 0 ? '; commit it, and every clone says "trunkline hooks install" once' : ''}`);
}

/** `trunkline hooks uninstall` */
export async function uninstallHooks({ terminal, json, desk: open }: Session): Promise<void> {
  const removed = await (await open()).uninstallHooks();
  if (json) terminal.json({ removed });
  else terminal.print(removed ? 'git no longer runs them in this clone; the committed files stay for the others' : 'they were not installed in this clone');
}

/** `trunkline hooks status` */
export async function hooksStatus({ terminal, json, desk: open }: Session): Promise<ExitCode> {
  const status = await (await open()).hooks();
  if (json) terminal.json(status);
  else {
    const { state, runners } = status;
    if (state === 'installed') terminal.print(text`${paint('green', '✔')} git runs Trunkline before each commit of this clone`);
    else if (state === 'absent') terminal.print(text`${paint('red', '✘')} nothing runs Trunkline before a commit of this clone: trunkline hooks install`);
    for (const { name, where, add, calls } of runners) {
      terminal.print(`${name}: ${where}${calls ? ': it calls Trunkline' : ''}`);
      if (!calls) for (const line of ['  add there:', ...add.split('\n').map((each) => `    ${each}`)]) terminal.print(line);
    }
  }
  return status.state === 'absent' ? EXIT.failed : EXIT.done;
}
