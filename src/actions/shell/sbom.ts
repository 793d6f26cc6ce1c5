import { TrunklineError } from '../../foundation/errors.ts';
import { LARGEST_JSON_BYTES } from '../../reports/document.ts';
import type { ActionContext } from '../action.ts';
import { billsIn } from '../reading.ts';

/** What later actions find the document by: like that of `npmSbom`, with the one format that the tool wrote. */
export type Listed = { readonly [format in 'cyclonedx' | 'spdx']?: string } & { readonly components: number };

/** Takes the list of dependencies that the command wrote, whatever tool it was, and keeps it as evidence. */
export async function listed(path: string, context: ActionContext): Promise<Listed> {
  const bills = await billsIn(path, context);
  const [bill] = bills;
  if (!bill || bills.length > 1) throw new TrunklineError('SBOM_INVALID', 'code', `${bills.length} documents lie at ${path}, and one is meant`, 'have the command write one document, and name it');
  const bytes = Buffer.from(bill.text);
  if (bytes.length > LARGEST_JSON_BYTES) throw new TrunklineError('SBOM_INVALID', 'code', `${path} has ${bytes.length} bytes`, 'nothing honest is that long');
  const { digest } = await context.artifacts.put(bytes);
  await context.report({ type: 'sbom', format: bill.format, components: bill.components, document: digest });
  context.log(`${bill.components} components: ${digest} (${bill.format === 'cyclonedx' ? 'CycloneDX' : 'SPDX'})`);
  if (bill.withoutUrl.length > 0) context.log(`without a package URL, so that no advisory can be matched: ${bill.withoutUrl.slice(0, 20).join(', ')}${bill.withoutUrl.length > 20 ? ` and ${bill.withoutUrl.length - 20} more` : ''}`);
  return { [bill.format]: digest, components: bill.components };
}
