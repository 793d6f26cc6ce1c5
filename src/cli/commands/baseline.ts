import { rowIds } from '../../catalogue/rows.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import { BASELINE, compareBaseline, reviseBaseline, type MayTake, type RowRevision } from '../../reports/baseline.ts';
import { placeOf } from '../../reports/problems.ts';
import type { Finding, FindingsReport } from '../../reports/report.ts';
import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { BuildLine } from '../product.ts';
import type { Terminal } from '../terminal.ts';
import { paint } from '../text.ts';

interface BaselineOptions { readonly update?: boolean; readonly prune?: boolean; readonly secrets?: boolean }

/** The row that is never forgiven by the way. */
const SECRETS = 'build.secrets';
/** The rule of a row that the repository lacks: to leave one out takes a waiver. */
const MISSING = 'row-missing';
/** `write`: the first one. `update`: to what is found now. `prune`: without what is gone. `compare`: writes nothing. */
type Act = 'write' | 'update' | 'prune' | 'compare';

/** `trunkline baseline` */
export async function baseline({ terminal, json, signal, product: open }: Session, { update = false, prune = false, secrets = false }: BaselineOptions): Promise<ExitCode> {
  if (update && prune) throw new TrunklineError('BASELINE_OPTIONS', 'usage', '--update takes what is new, --prune does not', 'give one of them');
  const product = await open();
  const before = await product.readBaseline();
  const act: Act = update ? 'update' : prune ? 'prune' : before ? 'compare' : 'write';
  if (act === 'prune' && !before) throw new TrunklineError('BASELINE_OPTIONS', 'usage', `there is no ${BASELINE} to prune`, '"trunkline baseline" writes the first one');
  const found = findingsIn(await product.build({ staged: false, forgiving: true, signal, onAction: () => undefined }));
  const revisions = compareBaseline(before, found);
  const mayTake: MayTake = (row, { rule }) => (act === 'write' || act === 'update') && (row !== SECRETS || secrets) && rule !== MISSING;
  const isSame = revisions.every(({ fresh, gone }) => fresh.length === 0 && gone.length === 0);
  const path = act === 'compare' ? undefined : await product.writeBaseline(reviseBaseline(before, revisions, mayTake));
  const rows = revisions.map(({ row, stays, fresh, gone }) => {
    const added = fresh.filter((entry) => mayTake(row, entry)).length;
    return { row, stays: stays.length, added, left: fresh.length - added, gone: gone.length };
  });
  if (json) terminal.json({ act, path: path ?? null, rows });
  else {
    const telling = rows.filter(({ stays, added, left, gone }) => stays + added + left + gone > 0);
    if (telling.length > 0) printRows(terminal, act, telling);
    terminal.print(paint('dim', `${rows.length} rows were looked at`));
    terminal.print(path === undefined ? told(isSame) : `wrote ${path}: commit it. From now on only findings that are not in it count.`);
  }
  const missing = revisions.flatMap(({ row, fresh }) => (fresh.some(({ rule }) => rule === MISSING) ? [row] : []));
  if (missing.length > 0) terminal.note(`! a row that is missing is no finding of old code, and was not taken: ${missing.join(', ')}. Write waive("reason") for it, which whoever approves can see.`);
  warnOfSecrets(terminal, revisions, found.get(SECRETS) ?? [], act !== 'compare' && act !== 'prune' && secrets);
  return act === 'compare' && !isSame ? EXIT.failed : EXIT.done;
}

type Counted = { readonly row: string } & { readonly [count in 'stays' | 'added' | 'left' | 'gone']: number };

function printRows(terminal: Terminal, act: Act, rows: readonly Counted[]): void {
  const columns = ([['in it', 'stays'], ...(act === 'compare' ? [] : [['added', 'added'] as const]), ['not in it', 'left'], [act === 'compare' ? 'gone' : 'removed', 'gone']] as const);
  terminal.table(['row', ...columns.map(([title]) => title)], rows.map((row) => [row.row, ...columns.map(([, count]) => String(row[count]))]));
}

function told(isSame: boolean): string {
  return isSame ? `${BASELINE} says what is found now` : `${BASELINE} does not say what is found now, and was left as it is: --prune takes out what is gone, --update takes in what is new as well`;
}

/** By row. @throws {TrunklineError} `BASELINE_INCOMPLETE` where what is found now is not known whole. */
function findingsIn(lines: readonly BuildLine[]): ReadonlyMap<string, readonly Finding[]> {
  const failed = lines.find(({ state }) => state === 'failed');
  if (failed) throw incomplete(`${failed.action} failed: ${failed.message ?? 'see its log'}`, failed.log === undefined ? 'correct that first' : `correct that first; its log is ${failed.log}`);
  const rows = new Map<string, readonly Finding[]>();
  for (const { row, reports = [] } of lines) {
    for (const report of reports) {
      if (report.type !== 'findings') continue;
      // An action that serves several rows gives each report its row's name.
      const about = rowIds.find((id) => id === report.name) ?? row;
      rows.set(about, [...rows.get(about) ?? [], ...wholeOf(report)]);
    }
  }
  if (rows.size === 0) throw incomplete('nothing in this pipeline looks for findings', 'let "trunkline check" say which rows are missing');
  return rows;
}

function wholeOf({ name, counts, findings }: FindingsReport): readonly Finding[] {
  const counted = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (counted > findings.filter(({ standing }) => standing === 'counts').length) throw incomplete(`${name} found ${counted.toLocaleString('en')}, more than a report holds`, 'turn off the rules that find most of them, and bring them back one by one');
  return findings;
}

function incomplete(why: string, then: string): TrunklineError {
  return new TrunklineError('BASELINE_INCOMPLETE', 'code', `what is found now is not known whole: ${why}`, then);
}

/** A secret that is forgiven is a secret that stays out: this is said each time, also beside data. */
function warnOfSecrets(terminal: Terminal, revisions: readonly RowRevision[], found: readonly Finding[], isTaken: boolean): void {
  const revision = revisions.find(({ row }) => row === SECRETS);
  const meant = new Set((isTaken ? [...revision?.fresh ?? [], ...revision?.stays ?? []] : revision?.fresh ?? []).map(({ fingerprint }) => fingerprint));
  const secrets = found.filter(({ fingerprint }) => meant.has(fingerprint));
  if (secrets.length === 0) return;
  terminal.note(paint('red', isTaken
    ? `! ${secrets.length} secret(s) stand in the baseline. They are still in the repository and its history, and whoever can read it has them: revoke each one now.`
    : `! ${secrets.length} secret(s) were found and not taken: revoke each one and remove it. --secrets takes those that are revoked and can't be removed from the history.`));
  for (const secret of secrets) terminal.note(`  ${placeOf(secret)} ${secret.rule}`);
}
