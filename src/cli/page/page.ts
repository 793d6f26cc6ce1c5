import { createHash } from 'node:crypto';
import { formatDuration, type Json } from '../../foundation/units.ts';
import type { Told } from '../report/exported.ts';
import { shortLines, tellingLines, type Reported } from '../report/reported.ts';
import { html, Markup } from './html.ts';
import { timeline } from './pictures.ts';
import { sectionOf, table } from './sections.ts';
import { style } from './style.ts';
import { whenText } from '../when.ts';

/** Nothing is loaded and nothing runs: the one style is named by its hash. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** A run, or a local build, as one file of HTML that holds all it needs. */
export function pageOf({ title, outcome, startedAt, endedAt, actions, critical = [] }: Told, documents: ReadonlyMap<string, Json>): string {
  const times = [startedAt === undefined ? undefined : `began ${whenText(startedAt)}`, endedAt === undefined ? undefined : `ended ${whenText(endedAt)}`, startedAt === undefined || endedAt === undefined ? undefined : `took ${formatDuration(endedAt - startedAt)}`];
  const rows = actions.map(({ stage, action, row, state, durationMs, limits, reports }, index) => [
    reports.length === 0 ? `${stage}.${action}` : html`<a href="#${anchorOf(index)}">${stage}.${action}</a>`, html`<span class="state ${state}">${state}</span>`,
    durationMs === undefined ? '' : formatDuration(durationMs), tellingLines({ reports, limits }).join('; '), html`<code>${row}</code>`,
  ]);
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header><h1>${title}</h1><p><strong>${outcome}</strong></p><p class="soft">${times.filter((time) => time !== undefined).join(', ')}</p></header>
<main>
<section aria-labelledby="actions"><h2 id="actions">Actions</h2>
${timeline(actions, new Set(critical.map(({ action }) => action)))}
${critical.length === 0 ? undefined : html`<p>Critical path, where time is won: ${critical.map(({ action, ms }) => `${action} (${formatDuration(ms)})`).join(', then ')}.</p>`}
${table('Every action that has begun', ['action', 'state', 'took', 'what it reported', 'row of the specification'], rows, [2])}
</section>
${actions.map((action, index) => (action.reports.length === 0 ? undefined : sectionFor(action, anchorOf(index), documents)))}
</main>
</body>
</html>
`.text;
}

function sectionFor({ stage, action, state, message, limits, reports }: Reported, anchor: string, documents: ReadonlyMap<string, Json>): Markup {
  return html`<section aria-labelledby="${anchor}"><h2 id="${anchor}">${stage}.${action} <span class="state ${state}">${state}</span></h2>
${message === undefined ? undefined : html`<p class="failed">${message}</p>`}
${shortLines({ reports, limits }).map((short, index) => html`<h3>${short}</h3>
${reports[index] && sectionOf(reports[index], documents)}`)}
</section>
`;
}

function anchorOf(index: number): string {
  return `action-${index + 1}`;
}
