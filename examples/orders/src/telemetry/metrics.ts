/** Metrics in the OpenMetrics text format. Labels must come from small, closed sets: every combination is kept for ever. */

export type Labels = Readonly<Record<string, string>>;

/** A family of metrics that can be written down. */
export interface Family {
  /** The lines of this family, each ended. */
  expose(): string;
}

export interface Counter extends Family {
  add(labels?: Labels): void;
}

export interface Histogram extends Family {
  /** @param seconds how long it took */
  observe(labels: Labels, seconds: number): void;
}

export const CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Upper bounds in seconds, the last of which is endless. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Infinity];

export function expose(families: readonly Family[]): string {
  return `${families.map((family) => family.expose()).join('')}# EOF\n`;
}

/** @param name without `_total`, which the format adds */
export function counter(name: string, help: string): Counter {
  const values = new Map<string, number>();
  return {
    add: (labels = {}) => {
      const key = written(labels);
      values.set(key, (values.get(key) ?? 0) + 1);
    },
    expose: () => head(name, 'counter', help) + [...values].map(([labels, value]) => `${name}_total${braced(labels)} ${value}\n`).join(''),
  };
}

/** @param name ends in its unit, `_seconds` */
export function histogram(name: string, help: string): Histogram {
  const series = new Map<string, { readonly buckets: number[]; sum: number }>();
  return {
    observe: (labels, seconds) => {
      const key = written(labels);
      const entry = series.get(key) ?? { buckets: BOUNDS.map(() => 0), sum: 0 };
      series.set(key, entry);
      const first = BOUNDS.findIndex((bound) => seconds <= bound);
      for (let index = first; index < BOUNDS.length; index += 1) entry.buckets[index]! += 1;
      entry.sum += seconds;
    },
    expose: () => head(name, 'histogram', help) + `# UNIT ${name} seconds\n` + [...series].map(([labels, { buckets, sum }]) => {
      const lines = buckets.map((count, index) => `${name}_bucket${braced(labels, `le="${bound(BOUNDS[index]!)}"`)} ${count}\n`);
      return `${lines.join('')}${name}_count${braced(labels)} ${buckets.at(-1)}\n${name}_sum${braced(labels)} ${sum}\n`;
    }).join(''),
  };
}

function head(name: string, type: string, help: string): string {
  return `# TYPE ${name} ${type}\n# HELP ${name} ${escaped(help)}\n`;
}

function written(labels: Labels): string {
  return Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`).join(',');
}

function braced(...labels: readonly string[]): string {
  const present = labels.filter((text) => text !== '');
  return present.length === 0 ? '' : `{${present.join(',')}}`;
}

function bound(value: number): string {
  if (value === Infinity) return '+Inf';
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
