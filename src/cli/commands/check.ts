import type { Session } from '../command.ts';
import { networkText } from '../../pipeline/network.ts';
import { toolText } from '../../pipeline/tools.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { paint } from '../text.ts';

/** `trunkline check` */
export async function check({ terminal, json, product: open }: Session): Promise<ExitCode> {
  const product = await open();
  const result = await product.check();
  const isolation = await product.isolation();
  if (json) terminal.json({ plan: result.plan, rows: result.rows, warnings: result.warnings, networks: result.networks, tools: result.tools, isolation });
  else {
    terminal.table(['', 'row', 'level', 'where', 'what'], result.rows.map(({ id, level, state, reason, where, tool }) => {
      const sign = state === 'present' ? paint('green', '✔') : state === 'waived' ? paint('yellow', '–') : paint(level === 'required' ? 'red' : 'yellow', '✘');
      return [sign, id, level, where ?? '', [state === 'waived' ? `waived: ${reason}` : reason, tool].filter((part) => part !== undefined).join('; ')];
    }));
    const found = result.rows.flatMap(({ id, findings = [] }) => findings.filter(({ file }) => file !== undefined).map((finding) => ({ id, finding })));
    for (const { id, finding: { file, line, rule, severity, message, fix, standing, note } } of found) {
      terminal.print(`${file}:${line ?? 1} ${standing === 'counts' ? severity : standing} ${rule}: ${message} (${id}${note === undefined ? '' : `; ${note}`})`);
      if (standing === 'counts' && fix !== undefined) terminal.print(`  ${fix}`);
    }
    for (const [network, of] of Map.groupBy(result.networks, (each) => networkText(each.network))) terminal.print(`network ${network}: ${of.map(({ action }) => action).join(', ')}`);
    if (result.tools.length > 0) terminal.print(`tools ${result.tools.map(toolText).join(', ')}`);
    for (const warning of result.warnings) terminal.print(paint('yellow', `! ${warning}`));
    if (isolation === 'none') terminal.print(paint('yellow', '! no namespaces can be made on this machine: code of a commit is held by a process group only and reaches whatever the machine does, provenance says so, and Prod refuses it unless the operator accepts unisolated builds'));
    const missing = result.rows.filter(({ level, state }) => level === 'required' && state === 'missing').length;
    terminal.print(missing === 0 ? paint('green', `complete: every required row is there or waived (plan ${result.plan})`) : paint('red', `${missing} required row(s) missing`));
  }
  const { complete } = await import('../../pipeline/check.ts'); // with the readers of all manifests, which no other command waits for
  return complete(result) ? EXIT.done : EXIT.failed;
}
