import { digestOfJson } from '../../foundation/digest.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Json } from '../../foundation/units.ts';

type Fields = { readonly [field: string]: Json };

/** What npm knows of the folder and the hour it ran in, and a reader of the document must not. */
export interface Surroundings {
  /** The folder that `npm sbom` ran in. */
  readonly folder: string;
  /** The name of the package itself: npm writes the name of the folder. */
  readonly name: string;
}

export interface Cyclonedx { readonly document: Json; readonly components: number; /** Names of those that carry no hash, such as linked ones. */ readonly withoutHash: readonly string[] }

/**
 * A CycloneDX document of npm as evidence: the same lock file gives the same bytes. Serial number and time are optional
 * in the format and left out; the digest identifies it, and provenance says when and from what it was made.
 * @throws {TrunklineError} `SBOM_INVALID`, naming what is wrong.
 */
export function cyclonedx(text: string, surroundings: Surroundings): Cyclonedx {
  const { serialNumber: _serialNumber, ...document } = parse(text, 'CycloneDX');
  if (document['bomFormat'] !== 'CycloneDX' || typeof document['specVersion'] !== 'string') throw invalid('CycloneDX', 'it has no bomFormat "CycloneDX" and specVersion');
  const components = objects(document['components'] ?? [], 'CycloneDX', 'components');
  const withoutHash = components.filter((component) => hashless(component)).map((component) => {
    const distribution = objects(component['externalReferences'] ?? [], 'CycloneDX', 'externalReferences').find(({ type }) => type === 'distribution')?.['url'];
    // What a registry gave is locked by its hash, or it is not locked.
    if (typeof distribution === 'string' && /^https?:/.test(distribution)) throw invalid('CycloneDX', `${labelOf(component)} comes from ${distribution} and has no hash`);
    return labelOf(component);
  });
  const nameless = components.find(({ purl, name, version }) => typeof purl !== 'string' || !purl.startsWith('pkg:') || typeof name !== 'string' || typeof version !== 'string');
  if (nameless) throw invalid('CycloneDX', `the component ${labelOf(nameless)} has no package URL`);
  const { timestamp: _timestamp, component, ...metadata } = object(document['metadata'], 'CycloneDX', 'metadata');
  const subject = { ...object(component, 'CycloneDX', 'metadata.component'), name: surroundings.name };
  return { document: withoutFolder({ ...document, metadata: { ...metadata, component: subject } }, surroundings.folder), components: components.length, withoutHash };
}

/** The same for SPDX, where a namespace and a time are required: the one follows from the content, the other is fixed. */
export function spdx(text: string, surroundings: Surroundings): { readonly document: Json; readonly packages: number } {
  const document = parse(text, 'SPDX');
  if (typeof document['spdxVersion'] !== 'string' || document['SPDXID'] !== 'SPDXRef-DOCUMENT') throw invalid('SPDX', 'it has no spdxVersion and SPDXID');
  const packages = objects(document['packages'], 'SPDX', 'packages');
  const nameless = packages.find(({ name, SPDXID }) => typeof name !== 'string' || typeof SPDXID !== 'string');
  if (nameless) throw invalid('SPDX', 'a package has no name');
  const fixed = withoutFolder({
    ...document,
    documentNamespace: '',
    creationInfo: { ...object(document['creationInfo'], 'SPDX', 'creationInfo'), created: '1970-01-01T00:00:00Z' },
  }, surroundings.folder) as Fields;
  const identity = digestOfJson(fixed).slice('sha256:'.length);
  return { document: { ...fixed, documentNamespace: `https://spdx.org/spdxdocs/${encodeURIComponent(surroundings.name)}-${identity}` }, packages: packages.length - 1 };
}

/** Local packages are given by where they lie, which says nothing to others. */
function withoutFolder(document: Json, folder: string): Json {
  const from = `file:${folder}/`;
  const visit = (value: Json): Json => {
    if (typeof value === 'string') return value.startsWith(from) ? `file:${value.slice(from.length)}` : value;
    if (Array.isArray(value)) return value.map((item: Json) => visit(item));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, visit(item as Json)]));
  };
  return visit(document);
}

function hashless(component: Fields): boolean {
  const hashes = component['hashes'];
  return !Array.isArray(hashes) || hashes.length === 0 || hashes.some((hash) => {
    const { alg, content } = hash as Fields;
    return typeof alg !== 'string' || typeof content !== 'string' || !/^[0-9a-f]{32,128}$/.test(content);
  });
}

function labelOf({ name, version }: Fields): string {
  return typeof name === 'string' ? `${name.slice(0, 100)}@${String(version).slice(0, 40)}` : 'without a name';
}

function parse(text: string, format: string): Fields {
  try {
    return object(JSON.parse(text) as Json, format, 'document');
  } catch (thrown) {
    throw thrown instanceof TrunklineError ? thrown : invalid(format, 'it is not JSON');
  }
}

function object(value: Json | undefined, format: string, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(format, `its ${field} is missing`);
  return value as Fields;
}

function objects(value: Json | undefined, format: string, field: string): readonly Fields[] {
  if (!Array.isArray(value)) throw invalid(format, `its ${field} are missing`);
  return value.map((item: Json) => object(item, format, field));
}

function invalid(format: string, why: string): TrunklineError {
  return new TrunklineError('SBOM_INVALID', 'code', `the ${format} document of npm cannot be used as evidence: ${why}`, 'correct the lock file: "npm install" writes it anew, with hashes');
}
