/** Reads what an instance publishes: the text format of OpenMetrics and Prometheus, as far as samples go. */

export type Series = ReadonlyMap<string, number>;

export const LIMITS = { bytes: 1_000_000, series: 2_000, nameLength: 1_000 } as const;

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,?)/y;
const VALUE = /\s+(\S+)/y;
const VALUE_AFTER_BRACE = /\s*(\S+)/y;

export interface Published {
  readonly series: Series;
  /** How many lines were no samples, and why the first of them was none. */
  readonly lost: number;
  readonly fault?: string;
}

/**
 * One value for each series, such as `http_requests_total{code="200",method="GET"}`: labels in the order of their
 * names. Values that are no finite number are left out: to those who look, they are missing. A line that can't be read
 * costs that line alone.
 * @throws {RangeError} beyond {@link LIMITS}; {@link SyntaxError} naming the first line, when nothing in it is a sample.
 */
export function parseMetrics(text: string): Published {
  if (text.length > LIMITS.bytes) throw new RangeError(`more than ${LIMITS.bytes} characters of metrics`);
  const series = new Map<string, number>();
  let [read, lost] = [0, 0];
  let fault: string | undefined;
  for (const [index, whole] of text.replace(/^\uFEFF/, '').split('\n').entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) continue;
    const sample = parseLine(line);
    if (!sample || sample.name.length > LIMITS.nameLength) {
      lost += 1;
      fault ??= `line ${index + 1} of the metrics ${sample ? `is longer than ${LIMITS.nameLength} characters` : 'is no sample'}: ${line.slice(0, 80)}`;
      continue;
    }
    read += 1;
    if (Number.isFinite(sample.value)) series.set(sample.name, sample.value);
    if (series.size > LIMITS.series) throw new RangeError(`more than ${LIMITS.series} series of metrics`);
  }
  if (read === 0 && fault !== undefined) throw new SyntaxError(fault);
  return { series, lost, ...(fault === undefined ? {} : { fault }) };
}

function parseLine(line: string): { readonly name: string; readonly value: number } | undefined {
  const name = take(NAME, line, 0)?.[0];
  if (name === undefined) return undefined;
  let at = name.length;
  const labels: [string, string][] = [];
  while (line[at] === ' ' || line[at] === '\t') at++;
  if (line[at] !== '{') at = name.length;
  else {
    at++;
    for (let more = true; more;) {
      const label = take(LABEL, line, at);
      if (!label) break;
      at += label[0].length;
      labels.push([label[1] as string, label[2] as string]);
      more = label[3] === ',';
    }
    while (line[at] === ' ' || line[at] === '\t') at++;
    if (line[at++] !== '}') return undefined;
  }
  const value = take(line[at - 1] === '}' ? VALUE_AFTER_BRACE : VALUE, line, at)?.[1];
  const parsed = value === undefined ? undefined : numberOf(value);
  if (parsed === undefined) return undefined;
  labels.sort(([a], [b]) => (a < b ? -1 : 1));
  return { name: labels.length === 0 ? name : `${name}{${labels.map(([key, text]) => `${key}="${text}"`).join(',')}}`, value: parsed };
}

function numberOf(text: string): number | undefined {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special) return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

function take(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
