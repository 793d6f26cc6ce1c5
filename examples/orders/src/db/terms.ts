import type { Voucher } from '../domain/voucher.ts';
import type { Database } from './database.ts';

export async function findVoucher(database: Database, code: string): Promise<Voucher | null> {
  const rows = await database.rows<Voucher>(
    'SELECT code, percent_off AS "percentOff", minimum_cents AS "minimumCents", valid_until AS "validUntil" FROM vouchers WHERE code = $1', [code]);
  return rows[0] ?? null;
}

/** In cents; null where the shop does not deliver. */
export async function deliveryRate(database: Database, country: string): Promise<number | null> {
  const rows = await database.rows<{ cents: number }>('SELECT cents FROM delivery_rates WHERE country = $1', [country]);
  return rows[0]?.cents ?? null;
}
