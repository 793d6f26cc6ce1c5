import { z } from 'zod';
import { canonicalJson } from '../../foundation/digest.ts';
import type { Json } from '../../foundation/units.ts';
import { nestedComponents } from '../../reports/components.ts';
import { readDocuments } from '../../reports/document.ts';
import { ReportFault } from '../../reports/json.ts';
import { each, list, shaped } from '../../reports/shape.ts';

/** A list of dependencies as evidence: the same dependencies give the same document, whenever and wherever it was made. */
export interface Bill {
  readonly format: 'cyclonedx' | 'spdx';
  readonly document: Json;
  readonly components: number;
  /** Names of those without a package URL. */
  readonly withoutUrl: readonly string[];
}

const component = z.looseObject({ type: z.string(), name: z.string().min(1), version: z.string().nullish(), purl: z.string().nullish() });
const cyclonedx = z.looseObject({ bomFormat: z.literal('CycloneDX'), specVersion: z.string().regex(/^1\.\d+$/), components: list.nullish(), metadata: z.looseObject({}).nullish() });
const packaged = z.looseObject({ SPDXID: z.string(), name: z.string().min(1), versionInfo: z.string().nullish(), externalRefs: z.array(z.looseObject({ referenceType: z.string(), referenceLocator: z.string() })).nullish() });
const spdx = z.looseObject({ spdxVersion: z.string().regex(/^SPDX-2\.\d+$/), SPDXID: z.literal('SPDXRef-DOCUMENT'), creationInfo: z.looseObject({}), packages: list, documentDescribes: z.array(z.string()).nullish(), relationships: z.array(z.looseObject({ spdxElementId: z.string(), relationshipType: z.string(), relatedSpdxElement: z.string() })).nullish() });

/** Components that are not what a program is made of. */
const NO_DEPENDENCY = new Set(['file']);

/**
 * Reads a CycloneDX or SPDX document of any tool. What says when or where it was made is left out: provenance says that.
 * @param folder the checkout, of whose path nothing stays.
 * @throws {ReportFault} naming the field that is wrong.
 */
export function billOf(given: unknown, folder: string): Bill {
  const fields = (typeof given === 'object' && given !== null ? given : {}) as { readonly [field: string]: unknown };
  if (fields['bomFormat'] === 'CycloneDX') return ofCyclonedx(shaped(cyclonedx, given), folder);
  if (typeof fields['spdxVersion'] === 'string') return ofSpdx(shaped(spdx, given), folder);
  throw new ReportFault('bomFormat', 'it is neither CycloneDX (bomFormat) nor SPDX 2 (spdxVersion)');
}

/** A bill as the bytes that are kept of it. */
export interface WrittenBill extends Omit<Bill, 'document'> { readonly text: string }

/** Reads every document that a pattern means. @throws {TrunklineError} `REPORT_MISSING`, `REPORT_INVALID`. */
export async function readBills(root: string, pattern: string): Promise<readonly WrittenBill[]> {
  const bills: WrittenBill[] = [];
  await readDocuments(root, pattern, 'bill of materials', async (read) => {
    const { document, ...bill } = billOf(await read.json(), root);
    bills.push({ ...bill, text: canonicalJson(document) });
  });
  return bills;
}

function ofCyclonedx({ serialNumber: _serialNumber, annotations: _annotations, ...document }: z.infer<typeof cyclonedx>, folder: string): Bill {
  const { timestamp: _timestamp, ...metadata } = document.metadata ?? {};
  const listed = [...each(component, nestedComponents(document as Json), 'components')].map(([one]) => one).filter(({ type }) => !NO_DEPENDENCY.has(type));
  return {
    format: 'cyclonedx', document: withoutFolder({ ...document, components: document.components ?? [], metadata } as Json, folder), components: listed.length,
    withoutUrl: listed.filter(({ purl }) => !purl?.startsWith('pkg:')).map(({ name, version }) => `${name}@${version ?? ''}`.slice(0, 200)),
  };
}

function ofSpdx({ documentNamespace: _documentNamespace, ...document }: z.infer<typeof spdx>, folder: string): Bill {
  const described = new Set([...document.documentDescribes ?? [], ...(document.relationships ?? []).filter(({ spdxElementId, relationshipType }) => spdxElementId === 'SPDXRef-DOCUMENT' && relationshipType === 'DESCRIBES').map(({ relatedSpdxElement }) => relatedSpdxElement)]);
  // The one that the document is about is no dependency of itself.
  const listed = [...each(packaged, document.packages, 'packages')].map(([one]) => one).filter(({ SPDXID }) => !described.has(SPDXID));
  const { created: _created, ...creationInfo } = document.creationInfo;
  return {
    format: 'spdx', components: listed.length,
    document: withoutFolder({ ...document, creationInfo: { ...creationInfo, created: '1970-01-01T00:00:00Z' }, documentNamespace: 'https://spdx.org/spdxdocs/evidence' } as Json, folder),
    withoutUrl: listed.filter(({ externalRefs }) => !externalRefs?.some(({ referenceType, referenceLocator }) => referenceType === 'purl' && referenceLocator.startsWith('pkg:'))).map(({ name, versionInfo }) => `${name}@${versionInfo ?? ''}`.slice(0, 200)),
  };
}

function withoutFolder(document: Json, folder: string): Json {
  const visit = (value: Json): Json => {
    if (typeof value === 'string') return value.replaceAll(`${folder}/`, '').replaceAll(folder, '.');
    if (Array.isArray(value)) return value.map((item: Json) => visit(item));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, visit(item as Json)]));
  };
  return visit(document);
}
