import { formatDuration, type Instant, type Millis } from '../../foundation/units.ts';
import type { Reported } from '../report/reported.ts';
import { html, type Markup } from './html.ts';

export interface Part { readonly size: number; readonly look: 'good' | 'bad' | 'warn' | 'rest' }

const BAR = { width: 160, height: 12 } as const;

/** Parts of a whole, side by side; `says` is for those who do not see it. */
export function bar(parts: readonly Part[], says: string, width: number = BAR.width): Markup {
  const whole = parts.reduce((sum, { size }) => sum + size, 0);
  if (whole === 0) return html``;
  let at = 0;
  const boxes = parts.filter(({ size }) => size > 0).map(({ size, look }) => {
    const length = (size / whole) * width;
    const box = html`<rect class="${look}" x="${fixed(at)}" y="0" width="${fixed(length)}" height="${BAR.height}"/>`;
    at += length;
    return box;
  });
  return html`<svg role="img" aria-label="${says}" width="${width}" height="${BAR.height}" viewBox="0 0 ${width} ${BAR.height}">${boxes}</svg>`;
}

type Timed = Reported & { readonly startedAt: Instant; readonly durationMs: Millis };

const LANE = { height: 22, bar: 14, label: 260, time: 640, rest: 80 } as const;

/** When each action began and how long it took, one below the other, the `critical` ones marked; undefined where no time is known. */
export function timeline(actions: readonly Reported[], critical: ReadonlySet<string>): Markup | undefined {
  const timed = actions.filter((each): each is Timed => each.startedAt !== undefined && each.durationMs !== undefined);
  if (timed.length === 0) return undefined;
  const from = Math.min(...timed.map(({ startedAt }) => startedAt));
  const length = Math.max(1, ...timed.map(({ startedAt, durationMs }) => startedAt + durationMs - from));
  const [width, height] = [LANE.label + LANE.time + LANE.rest, timed.length * LANE.height + 4];
  const lanes = timed.map(({ stage, action, state, startedAt, durationMs }, index) => {
    const [x, y] = [LANE.label + ((startedAt - from) / length) * LANE.time, index * LANE.height];
    const long = Math.max(2, (durationMs / length) * LANE.time);
    const label = `${critical.has(`${stage}.${action}`) ? '★ ' : ''}${stage}.${action}`;
    return html`<text x="0" y="${y + 15}">${clipped(label)}</text><rect class="${lookOf(state)}" x="${fixed(x)}" y="${y + 4}" width="${fixed(long)}" height="${LANE.bar}" rx="2"/><text x="${fixed(x + long + 6)}" y="${y + 15}">${formatDuration(durationMs)}</text>`;
  });
  return html`<figure class="wide"><svg role="img" aria-label="When each action began and how long it took; the table below has the same figures." width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><line class="line" x1="${LANE.label}" y1="0" x2="${LANE.label}" y2="${height}"/>${lanes}</svg><figcaption class="soft">${formatDuration(length)} from the first action to the last, waiting included${critical.size > 0 ? '; ★ is on the critical path' : ''}</figcaption></figure>`;
}

function lookOf(state: string): Part['look'] {
  if (state === 'passed') return 'good';
  return state === 'failed' ? 'bad' : 'warn';
}

function clipped(label: string): string {
  return label.length <= 38 ? label : `${label.slice(0, 37).toWellFormed()}…`;
}

function fixed(number: number): string {
  return String(Math.round(number * 10) / 10);
}
