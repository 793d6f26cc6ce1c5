import { rowIds, type RowId } from '../catalogue/rows.ts';
import type { Plan } from '../pipeline/plan.ts';
import { noneFrom } from '../reports/names.ts';
import type { Found } from '../reports/report.ts';
import { configurationFindings, fileOfOneEnvironment, isFileOfOneEnvironment, programFindings } from './configuration.ts';
import { elsewhere, isReference, isWorkflow } from './infrastructure.ts';
import { isLock, isManifest, manifestFindings } from './manifests.ts';
import { foundAt, isCode, isForeign, isTest, lackingAt, placeOf, type Place } from './places.ts';
import type { Sources } from './sources.ts';
import { isAuthenticating } from './transport.ts';
import { isWorkspaceFile } from './workspaces.ts';

export type SourceRow = Extract<RowId, `source.${string}`>;

/** What a row of Source is at a commit. */
export interface RowInspection {
  readonly row: SourceRow;
  /** What serves it, for people; undefined where nothing does. */
  readonly what?: string;
  readonly isRequired: boolean;
  readonly found: readonly Found[];
}

/** What is judged: the plan says where each row is, what is waived, and whether there is a database. */
export interface Inspecting {
  readonly plan: Plan;
  /** Where the trunk comes from, where it comes from elsewhere. */
  readonly remote?: string;
}

/** One that is medium is meant to be corrected too; what is less is advice. */
export const sourceLimits = noneFrom('medium');

const ROWS = rowIds.filter((id): id is SourceRow => id.startsWith('source.'));
/** Where there is no database to describe, nothing is asked for. */
const ONLY_WITH_DATABASE: SourceRow = 'source.database';

/** Every row of Source that is not waived, judged by the text of the files alone: nothing of the repository is run. */
export function inspect({ plan, remote }: Inspecting, sources: Sources): readonly RowInspection[] {
  const waived = new Set(plan.waivers.map(({ row }) => row));
  const places = placesOf(plan, sources.paths);
  return ROWS.filter((row) => !waived.has(row)).map((row): RowInspection => {
    if (row === 'source.access') return accessOf(plan, remote, sources);
    const place = places(row);
    const isRequired = row !== ONLY_WITH_DATABASE || plan.stages.some(({ environment }) => environment !== undefined && environment.database !== 'none');
    const own = row === 'source.infrastructure' ? { ...place, files: place.files.filter((path) => !isReference(path, sources.text(path))) } : place;
    if (own.files.length === 0) {
      const instead = row === 'source.tests' || row === 'source.infrastructure' ? elsewhere(row, sources) : [];
      return { row, isRequired, found: isRequired ? [missing(row, instead.length > 0 ? `it is not in this repository: ${instead[0]?.message}` : lackingAt(place)), ...instead] : [] };
    }
    return { row, what: foundAt(own), isRequired, found: findingsOf(row, places, sources) };
  });
}

/** The same of sources that are data alone. @param texts by path; of a file that is no text there is none. */
export function inspectTexts(inspecting: Inspecting, sources: Omit<Sources, 'text'>, texts: ReadonlyMap<string, string>): readonly RowInspection[] {
  return inspect(inspecting, { ...sources, text: (path) => texts.get(path) });
}

/** The files whose text is looked at: what {@link inspect} asks for, and no others. */
export function worthReading(plan: Plan, paths: readonly string[]): readonly string[] {
  const places = placesOf(plan, paths);
  const programs = new Set(programsOf(places));
  const configuration = new Set(places('source.static-configuration').files);
  const infrastructure = new Set(places('source.infrastructure').files.filter((path) => path.endsWith('.tf')));
  return paths.filter((path) => path === '.gitmodules' || isWorkflow(path) || isManifest(path) || isLock(path) || isWorkspaceFile(path) || programs.has(path) || configuration.has(path) || infrastructure.has(path));
}

type Places = (row: SourceRow) => Place;

function placesOf(plan: Plan, paths: readonly string[]): Places {
  const known = new Map<SourceRow, Place>();
  return (row) => {
    const place = known.get(row) ?? placeOf(row, plan.source[row], paths);
    known.set(row, place);
    return place;
  };
}

function findingsOf(row: SourceRow, places: Places, sources: Sources): readonly Found[] {
  switch (row) {
    case 'source.dependency-manifests': {
      const tracked = new Set(sources.paths);
      // One that is not named may be forgotten: every manifest that the repository has is looked at.
      const manifests = new Set([...places(row).files.filter(isManifest), ...placeOf(row, undefined, sources.paths).files]);
      return [...manifests].filter((path) => !isTest(path)).flatMap((path) => manifestFindings(path, sources, tracked));
    }
    case 'source.static-configuration': {
      const others = new Set([...places('source.tests').files, ...places('source.infrastructure').files, ...places('source.database').files]);
      const isJudged = (path: string): boolean => !others.has(path) && !isTest(path) && !isForeign(path) && !path.startsWith('trunkline.config.') && !isManifest(path) && !isLock(path);
      const ofOne = sources.paths.filter((path) => isFileOfOneEnvironment(path) && isJudged(path));
      const configuration = places(row).files.filter((path) => isJudged(path) && !ofOne.includes(path));
      return [
        ...ofOne.map(fileOfOneEnvironment),
        ...configuration.flatMap((path) => configurationFindings(path, sources.text(path) ?? '')),
        ...programsOf(places).filter((path) => !configuration.includes(path)).flatMap((path) => programFindings(path, sources.text(path) ?? '')),
      ];
    }
    default: return [];
  }
}

/** Programs of the application: neither tests nor infrastructure, which knows its environments by their names. */
function programsOf(places: Places): readonly string[] {
  const others = new Set([...places('source.tests').files, ...places('source.infrastructure').files]);
  return places('source.application').files.filter((path) => isCode(path) && !isTest(path) && !isForeign(path) && !others.has(path));
}

function missing(row: SourceRow, message: string): Found {
  return { rule: 'row-missing', severity: 'high', message, fix: `commit it, say where it is with "source" in trunkline.config.ts, or write waive("reason") there`, identity: row };
}

/** Who may change the trunk: what is declared to say so, else the remote's own accounts, else this machine's. */
function accessOf(plan: Plan, remote: string | undefined, { paths }: Sources): RowInspection {
  const row: SourceRow = 'source.access';
  const declared = plan.source[row];
  const place = placeOf(row, declared, paths);
  const base = { row, isRequired: true } as const;
  if (declared) return place.files.length === 0 ? { ...base, found: [missing(row, lackingAt(place))] } : { ...base, what: foundAt(place), found: [] };
  if (paths.length === 0) return { ...base, found: [missing(row, 'git tracks no file here')] };
  const shown = remote?.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1'); // it may hold a token
  if (remote === undefined || isAuthenticating(remote) !== false) return { ...base, what: shown ?? 'git', found: [] };
  return { ...base, what: shown ?? '', found: [{ rule: 'weak-transport', severity: 'high', message: `${shown} is reached without proof of who asks, and of who answers`, why: 'anybody on the way can exchange the trunk for another', fix: 'use ssh or https for the remote "origin"', identity: row }] };
}
