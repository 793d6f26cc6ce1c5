import { writeFile } from 'node:fs/promises';
import { criticalPathOf } from '../../core/critical-path.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Session } from '../command.ts';
import { subjectOf } from '../follow.ts';
import { exported, formats, type Told } from '../report/exported.ts';
import { meantBy, reportedIn, reportedLocally } from '../report/reported.ts';
import { printWhole, type Documents } from '../report/whole.ts';
import type { Product } from '../product.ts';
import { findRun } from './show.ts';
import { whenText } from '../when.ts';

interface ReportOptions { readonly format?: string; readonly output?: string }

/** The word for the last build of what was not committed. */
const LOCAL = 'local';

/** `trunkline report [RUN] [ACTION]` */
export async function report({ terminal, json, product: open }: Session, { format, output }: ReportOptions, id?: string, word?: string): Promise<void> {
  const as = formatOf(format ?? (json ? 'json' : undefined));
  if (output !== undefined && as === undefined) throw new TrunklineError('FORMAT_MISSING', 'usage', '--output needs to know what to write', `say it with --format ${formats.join('|')}`);
  const product = await open();
  const { title, documents, ...all } = id === LOCAL ? await ofLocal(product) : await ofRun(product, id);
  const actions = meantBy(word, all.actions);
  if (as === undefined) {
    terminal.print(title);
    terminal.print();
    for (const action of actions.filter(({ state, reports }) => word !== undefined || state === 'failed' || reports.length > 0)) await printWhole(terminal, action, documents);
    return;
  }
  const text = await exported(as, { ...all, title, actions }, documents);
  if (output === undefined) terminal.document(text);
  else await writeFile(output, text).catch((error: Error) => {
    throw new TrunklineError('FILE_UNWRITABLE', 'usage', `${output} can't be written: ${error.message}`, 'name a file in a folder of yours');
  });
}

type Source = Told & { readonly documents: Documents };

async function ofRun(product: Product, id: string | undefined): Promise<Source> {
  const state = product.state();
  const run = findRun(state, id);
  return {
    title: `${run.id}  ${run.commit.slice(0, 12)}  ${subjectOf(state, run)}`, actions: await reportedIn(product, run), documents: (report) => product.document(report.document),
    outcome: run.finished ? `${run.finished.outcome}: ${run.finished.reason}` : 'under way', startedAt: run.startedAt,
    critical: criticalPathOf(run, state.latest).map(({ stage, action, ms }) => ({ action: `${stage}.${action}`, ms })), ...(run.finished ? { endedAt: run.finished.at } : {}),
  };
}

async function ofLocal(product: Product): Promise<Source> {
  const { at, actions, documents } = await reportedLocally(product);
  const failed = actions.filter(({ state }) => state === 'failed').length;
  return { title: `the local build of ${whenText(at)}`, actions, outcome: failed === 0 ? 'passed' : `${failed} failed`, endedAt: at, documents: async ({ document }) => documents[document] };
}

function formatOf(word: string | undefined): (typeof formats)[number] | undefined {
  const found = formats.find((each) => each === word);
  if (word === undefined || found !== undefined) return found;
  throw new TrunklineError('FORMAT_UNKNOWN', 'usage', `there is no format ${JSON.stringify(word)}`, `write one of ${formats.join(', ')}`);
}
