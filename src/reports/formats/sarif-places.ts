import type { Found } from '../report.ts';
import { each, shaped } from '../shape.ts';
import { artifactLocation, location, type ArtifactLocation, type Location, type Result, type Run } from './sarif-shapes.ts';

interface Place { readonly file?: string | undefined; readonly line?: number | null | undefined; readonly column?: number | null | undefined; readonly endLine?: number | null | undefined }

export interface Places {
  /** The first of a result's locations that names a file; nothing where none does. */
  of(locations: readonly unknown[] | null | undefined, place: string): readonly Place[];
  /** The way by which what is dangerous gets there; else what the result points to beside its place. */
  steps(result: Result, place: string): NonNullable<Found['steps']>;
}

const MOST_STEPS = 50;
/** A base may stand on another one; more than so many is a ring. */
const MOST_BASES = 10;

export function placesOf(run: Run, at: string): Places {
  const fileOf = (given: ArtifactLocation | null | undefined): string | undefined => {
    if (!given) return undefined;
    const listed = given.index === undefined || given.index === null || given.index < 0 ? undefined : run.artifacts?.[given.index];
    const named = given.uri ? given : (shaped(artifactLocation.nullish(), (listed as { readonly location?: unknown } | undefined)?.location, `${at}.artifacts[${given.index}].location`) ?? given);
    if (!named.uri) return undefined;
    if (/^[a-z][a-z0-9+.-]*:/i.test(named.uri)) return named.uri;
    const base = baseOf(run, named.uriBaseId);
    return base === undefined ? plain(named.uri) : join(base, named.uri);
  };
  const placeOf = ({ physicalLocation }: Location): Place => ({
    file: fileOf(physicalLocation?.artifactLocation), line: physicalLocation?.region?.startLine, column: physicalLocation?.region?.startColumn, endLine: physicalLocation?.region?.endLine,
  });
  return {
    of(locations, place) {
      for (const [given] of each(location, locations, place)) {
        const found = placeOf(given);
        if (found.file !== undefined) return [found];
      }
      return [];
    },
    steps({ codeFlows, relatedLocations }, place) {
      const flow = codeFlows?.[0]?.threadFlows[0]?.locations;
      const given = flow ? flow.slice(0, MOST_STEPS).map((step) => (step as { readonly location?: unknown } | null)?.location ?? {}) : relatedLocations?.slice(0, MOST_STEPS);
      return [...each(location, given, `${place}.${flow ? 'codeFlows' : 'relatedLocations'}`)].flatMap(([step]) => {
        const { file, line } = placeOf(step);
        return file === undefined || !line ? [] : [{ file, line, message: step.message?.text ?? '' }];
      });
    },
  };
}

/** Undefined where it is not given: then it is the checkout. */
function baseOf({ originalUriBaseIds }: Run, id: string | null | undefined): string | undefined {
  let base = '';
  let next = id;
  for (let count = 0; next && count < MOST_BASES; count += 1) {
    const given: ArtifactLocation | undefined = originalUriBaseIds && Object.hasOwn(originalUriBaseIds, next) ? originalUriBaseIds[next] : undefined;
    if (!given?.uri) break;
    base = `${given.uri.replace(/\/?$/, '/')}${base}`;
    next = given.uriBaseId;
  }
  return base === '' ? undefined : base;
}

function join(base: string, uri: string): string {
  return base.startsWith('file:') ? `${base}${uri}` : plain(`${base}${uri}`);
}

/** A URI writes what it cannot hold as `%20`. */
function plain(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}
