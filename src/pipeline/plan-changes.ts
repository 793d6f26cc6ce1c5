import { canonicalJson, digestOfJson } from '../foundation/digest.ts';
import type { Json, Millis } from '../foundation/units.ts';
import type { Plan } from './plan.ts';

/** What a change is about: what guards a release comes first, and `other` is what the release itself is. */
export const subjects = ['approval', 'alarms', 'waves', 'waivers', 'findings', 'network', 'tools', 'budgets', 'timeouts', 'other'] as const;
export type ChangeSubject = (typeof subjects)[number];

/** One field that differs between two plans. `was` or `is` is null where the thing was not there, or is no more. */
export interface PlanChange {
  readonly about: ChangeSubject;
  /** The place in the plan: `["stages", "prod", "waves", "first", "steps", "1", "weight"]`. Lists of named things go by name. */
  readonly path: readonly string[];
  /** The place in words. */
  readonly what: string;
  readonly was: string | null;
  readonly is: string | null;
}

/**
 * Every field in which a plan differs from the one before: each that differs, and no other. The order in which actions,
 * alarms, probes and waivers are written decides nothing, so it is no change; that of waves and steps is one.
 */
export function planChanges(before: Plan, after: Plan): readonly PlanChange[] {
  return compared([], before as unknown as Json, after as unknown as Json)
    .toSorted((a, b) => subjects.indexOf(a.about) - subjects.indexOf(b.about) || Number(b.is === null) - Number(a.is === null) || Number(a.was === null) - Number(b.was === null));
}

/** One line: what, from what, to what. */
export function changeText({ what, was, is }: PlanChange): string {
  if (was === null) return `${what}: added: ${is}`;
  return is === null ? `${what}: removed (was: ${was})` : `${what}: ${was} -> ${is}`;
}

type Fields = { readonly [key: string]: Json };
type Path = readonly string[];

function compared(path: Path, before: Json | undefined, after: Json | undefined): PlanChange[] {
  if (before === undefined || after === undefined) return before === after ? [] : [changed(path, before, after)];
  if (isFields(before) && isFields(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => compared([...path, key], own(before, key), own(after, key)));
  }
  if (Array.isArray(before) && Array.isArray(after) && isList(path, [...before, ...after])) {
    const [was, is] = [named(path, before), named(path, after)];
    const moved = isOrdered(path) ? order(path, [...was.keys()], [...is.keys()]) : [];
    return [...moved, ...[...new Set([...was.keys(), ...is.keys()])].flatMap((name) => compared([...path, name], was.get(name), is.get(name)))];
  }
  return canonicalJson(before) === canonicalJson(after) ? [] : [changed(path, before, after)];
}

function isFields(value: Json): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(fields: Fields, key: string): Json | undefined {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** What is compared piece by piece: things with names, rows or identities, and steps by their place. */
function isList(path: Path, items: readonly Json[]): boolean {
  return items.length > 0 && items.every((item) => isFields(item) && (path.at(-1) === 'steps' || identity(item) !== undefined));
}

function identity(item: Fields): string | undefined {
  const found = ['name', 'row', 'id'].map((key) => own(item, key)).find((value) => typeof value === 'string');
  return found;
}

/** By name, in their order; a second thing of the same name is `name #2`. */
function named(path: Path, items: readonly Json[]): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  items.forEach((item, index) => {
    const name = path.at(-1) === 'steps' ? String(index + 1) : identity(item as Fields) ?? '';
    let key = name;
    for (let count = 2; found.has(key); count += 1) key = `${name} #${count}`;
    found.set(key, item);
  });
  return found;
}

function isOrdered(path: Path): boolean {
  return path.at(-1) === 'waves' || path.at(-1) === 'stages';
}

/** Of those that are in both: what came or went is told by itself. */
function order(path: Path, before: readonly string[], after: readonly string[]): PlanChange[] {
  const [was, is] = [before.filter((name) => after.includes(name)), after.filter((name) => before.includes(name))];
  return was.every((name, index) => name === is[index]) ? [] : [changed([...path, 'order'], [...was], [...is])];
}

function changed(path: Path, before: Json | undefined, after: Json | undefined): PlanChange {
  const key = path.at(-1) ?? '';
  const [was, is] = [before, after].map((value) => (value === undefined ? null : said(key, value)));
  const base = { about: aboutOf(path, before ?? after ?? null), path, what: words(path) };
  if (was !== is) return { ...base, was: was ?? null, is: is ?? null };
  // They are long, and differ beyond what is shown.
  const marked = (value: Json | undefined): string | null => (value === undefined ? null : `${said(key, value)} (${digestOfJson(value).slice(7, 19)})`);
  return { ...base, was: marked(before), is: marked(after) };
}

const LONGEST = 160;

function said(key: string, value: Json): string {
  if (typeof value === 'number' && key.endsWith('Ms')) return exactDuration(value);
  if (typeof value === 'number' && key === 'weight') return `${value / 100} %`;
  if (typeof value === 'string') return clipped(value === '' ? '""' : value);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return clipped(value.length === 0 ? 'none' : value.join(', '));
  return clipped(canonicalJson(value));
}

function clipped(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).toWellFormed()}…`;
}

const UNITS = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1_000, 's'], [1, 'ms']] as const;

/** All of it: two times that differ never read the same. */
export function exactDuration(time: Millis): string {
  let left = time;
  const parts = UNITS.flatMap(([length, unit]) => {
    const count = Math.floor(left / length);
    left -= count * length;
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return parts.length === 0 ? '0 s' : parts.join(' ');
}

const ABOUT: readonly (readonly [ChangeSubject, RegExp])[] = [
  ['waivers', /^waivers$/], ['alarms', /^(alarms|probes)$/], ['waves', /^(waves|mode)$/], ['budgets', /^(budgets|budgetMs)$/],
  ['network', /^network$/], ['tools', /^tools$/], ['findings', /^(limits|ignore|exclude|licences|atLeast|advisories|history|findings|cache|inputs)$/], ['timeouts', /^(timeoutMs|startTimeoutMs|drainMs|retry)$/],
];

function aboutOf(path: Path, value: Json): ChangeSubject {
  if (path[0] === 'stages' && path[2] === 'actions' && (path[3] === 'approval' || (isFields(value) && value['kind'] === 'approval'))) return 'approval';
  if (path[0] === 'source') return 'findings';
  return ABOUT.find(([, words]) => path.some((part, index) => words.test(part) && !isName(path, index)))?.[0] ?? 'other';
}

const LISTS: { readonly [list: string]: string } = { stages: '', actions: 'action', alarms: 'alarm', probes: 'probe', waves: 'wave', steps: 'step', waivers: 'waiver', tools: 'tool' };

/** Whether a part of a path is the name of a thing, which a commit chose, and no field. */
function isName(path: Path, index: number): boolean {
  return index > 0 && Object.hasOwn(LISTS, path[index - 1] ?? '') && path[index] !== 'order' && !isName(path, index - 1);
}

function words(path: Path): string {
  const parts = path.flatMap((part, index) => {
    const list = LISTS[path[index - 1] ?? ''];
    if (isName(path, index)) return [list === '' ? part : list === 'step' || list === 'waiver' ? `${list} ${part}` : `${list} "${part}"`];
    if (part === 'order') return [`order of ${path[index - 1] ?? ''}`];
    if (['environment', 'input'].includes(part) || Object.hasOwn(LISTS, part)) return [];
    return [part.replace(/Ms$/, '')];
  });
  return parts.join(', ') || 'the plan';
}
