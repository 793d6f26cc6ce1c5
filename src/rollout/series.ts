import type { SignalPlan } from '../pipeline/plan.ts';
import { patternOf } from '../pipeline/shape.ts';

/** A counter as a plan names it: a metric and the labels that its series must carry. */
export type CounterPlan = Extract<SignalPlan, { type: 'rate' }>['counter'];

export interface Series { readonly metric: string; readonly labels: ReadonlyMap<string, string> }

const LABEL = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)",?/y;

/** Reads `http_requests_total{method="GET",status="200"}`; undefined where it is not written so. */
export function parseSeries(text: string): Series | undefined {
  const brace = text.indexOf('{');
  if (brace < 0) return { metric: text, labels: new Map() };
  if (!text.endsWith('}')) return undefined;
  const labels = new Map<string, string>();
  LABEL.lastIndex = brace + 1;
  while (LABEL.lastIndex < text.length - 1) {
    const label = LABEL.exec(text);
    if (!label) return undefined;
    labels.set(label[1] ?? '', (label[2] ?? '').replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)));
  }
  return { metric: text.slice(0, brace), labels };
}

/** Values come from the application; no label that is meant to be matched is longer. */
const LONGEST_VALUE = 1_000;

/** An application that makes up ever new series must not fill the memory. */
const MOST_NAMES = 20_000;

/** Whether labels carry what a plan asks for: a text as a whole, a value written `/…/` as a pattern that is searched for. */
export function labelMatch(wanted: CounterPlan['labels']): (labels: Series['labels']) => boolean {
  const tests = Object.entries(wanted).map(([label, value]) => {
    const pattern = patternOf(value);
    const expression = pattern === undefined ? undefined : new RegExp(pattern);
    return (labels: Series['labels']): boolean => {
      const found = labels.get(label) ?? ''; // an absent label is an empty one
      return expression ? found.length <= LONGEST_VALUE && expression.test(found) : found === value;
    };
  });
  return (labels) => tests.every((test) => test(labels));
}

/** Reads the series of one metric; undefined for those of others. */
export interface SeriesReader {
  (name: string): (Series & { readonly matching: boolean }) | undefined;
  readonly metric: string;
}

/** Each name is read once, however many samples it stands in. */
export function seriesOf(counter: CounterPlan): SeriesReader {
  const read = new Map<string, (Series & { matching: boolean }) | undefined>();
  const matching = labelMatch(counter.labels);
  const reader = (name: string): (Series & { readonly matching: boolean }) | undefined => {
    if (!name.startsWith(counter.metric)) return undefined;
    if (!read.has(name)) {
      if (read.size >= MOST_NAMES) read.clear();
      const series = parseSeries(name);
      read.set(name, series?.metric === counter.metric ? { ...series, matching: matching(series.labels) } : undefined);
    }
    return read.get(name);
  };
  return Object.assign(reader, { metric: counter.metric });
}
