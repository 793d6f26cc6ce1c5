/** A promise of a cheaper order, as the shop wrote it down. Amounts are cents. */
export interface Voucher {
  readonly code: string;
  readonly percentOff: number;
  /** The goods must cost at least this much. */
  readonly minimumCents: number;
  readonly validUntil: Date | null;
}

export type Redeemed = { readonly ok: true; readonly discountCents: number } | { readonly ok: false; readonly reason: string };

/** What the voucher takes off these goods at this moment. Half a cent is rounded in the customer's favour. */
export function redeem(voucher: Voucher, goodsCents: number, now: Date): Redeemed {
  if (voucher.validUntil !== null && now >= voucher.validUntil) return { ok: false, reason: `the voucher ${voucher.code} has expired` };
  if (goodsCents < voucher.minimumCents) {
    return { ok: false, reason: `the voucher ${voucher.code} is for orders from ${(voucher.minimumCents / 100).toFixed(2)}` };
  }
  return { ok: true, discountCents: Math.round((goodsCents * voucher.percentOff) / 100) };
}
