import { isAbsolute, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { severities, type Severity } from './names.ts';
import type { Found } from './report.ts';

/** What a reader of a format gives: fields may be null or empty, paths as the tool wrote them. */
export type Reported = Pick<Found, 'rule' | 'severity' | 'message'> & { readonly [field in Exclude<keyof Found, 'rule' | 'severity' | 'message'>]?: Found[field] | null | undefined };

export const MOST_FOUND = 10_000;
const LONGEST = { rule: 200, message: 2_000, why: 4_000, fix: 4_000, help: 2_000, file: 4_096, identity: 1_000 } as const;
const MOST_STEPS = 50;

/** The worst of what was found, with the number of those for which there was no room. */
export class Collected {
  readonly #roots: readonly string[];
  readonly #kept = new Map<Severity, Found[]>(severities.map((severity) => [severity, []]));
  readonly #left = new Map<Severity, number>(severities.map((severity) => [severity, 0]));
  #size = 0;

  /** @param roots absolute folders that are the checkout, by all its names. */
  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  add(reported: Reported): void {
    this.#kept.get(reported.severity)!.push(foundOf(reported, this.#roots));
    this.#size += 1;
    if (this.#size <= MOST_FOUND) return;
    const least = severities.findLast((severity) => this.#kept.get(severity)!.length > 0)!;
    this.#kept.get(least)!.pop();
    this.#left.set(least, this.#left.get(least)! + 1);
    this.#size -= 1;
  }

  get found(): readonly Found[] {
    return [...this.#kept.values()].flat();
  }

  /** How many more there were of each severity. */
  get unlisted(): { readonly [severity in Severity]: number } {
    return Object.fromEntries(this.#left) as { [severity in Severity]: number };
  }
}

function foundOf(reported: Reported, roots: readonly string[]): Found {
  const { file, steps, suppressed } = reported;
  const path = file === undefined || file === null || file === '' ? undefined : pathBelow(roots, file);
  const elsewhere = file && path === undefined ? ` (in ${file})` : '';
  const fields = {
    rule: said(reported.rule, LONGEST.rule) || 'unnamed', severity: reported.severity, message: said(`${reported.message}${elsewhere}`, LONGEST.message) || 'it says nothing',
    why: said(reported.why, LONGEST.why), fix: said(reported.fix, LONGEST.fix), help: pageOf(reported.help), file: path,
    line: path === undefined ? undefined : reported.line || undefined, column: path === undefined ? undefined : reported.column || undefined, endLine: path === undefined ? undefined : reported.endLine || undefined,
    steps: steps?.slice(0, MOST_STEPS).map((step) => ({ file: pathBelow(roots, step.file) ?? said(step.file, LONGEST.file), line: step.line, message: said(step.message, LONGEST.message) })),
    identity: reported.identity?.slice(0, LONGEST.identity), suppressed: suppressed ? { reason: said(suppressed.reason, LONGEST.message), where: said(suppressed.where, LONGEST.rule) } : undefined,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0))) as unknown as Found;
}

/** In one line, without a character that moves the cursor of whoever reads it. */
export function said(text: string | null | undefined, longest: number): string {
  // oxlint-disable-next-line no-control-regex
  const plain = (text ?? '').slice(0, longest * 2).replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return plain.length > longest ? `${plain.slice(0, longest - 3)}...` : plain;
}

function pageOf(help: string | null | undefined): string | undefined {
  return help && help.length <= LONGEST.help && /^https?:\/\/[^\s"'<>]+$/.test(help) ? help : undefined;
}

/** A path or `file:` URL as it lies in the checkout, with `/`; undefined where it lies elsewhere. */
export function pathBelow(roots: readonly string[], written: string): string | undefined {
  const path = written.startsWith('file:') ? pathOf(written) : written;
  if (path === undefined || path === '' || path.length > LONGEST.file || path.includes('\0')) return undefined;
  const ways = isAbsolute(path) ? roots.map((root) => relative(root, path)) : [path];
  const inside = ways.map((way) => posix.normalize(way)).find((way) => way !== '.' && way !== '..' && !way.startsWith('../') && !isAbsolute(way));
  // oxlint-disable-next-line no-control-regex
  return inside?.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?').replace(/\/$/, '');
}

function pathOf(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}
