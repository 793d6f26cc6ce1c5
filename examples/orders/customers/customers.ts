/** The people who order here: who they are and what they want, drawn from a seed, so that a day can be repeated. */

export interface Wish {
  readonly isbn: string;
  readonly quantity: number;
  readonly customer: string;
  readonly country?: string;
  readonly voucher?: string;
}

/** A number from 0 to below 1. */
export type Chance = () => number;

const BOOKS = ['9780141439518', '9780140449136', '9780141439600', '9780142437179', '9780141441146', '9780060883287'];
const COUNTRIES = ['DE', 'AT', 'CH', 'FR', 'GB', 'IE', 'PL', 'SE', 'US', 'IN', 'JP', 'CN'];
const VOUCHERS = ['READER10', 'reader10', 'SHELF25'];
const NAMES = [
  'Anna Schmidt', "Siobhán O'Neill", 'José Ñandú', 'Åsa Öberg', 'Łukasz Żak', "Conchobhar d'Arcy-Burke", 'Jean-Luc Picard',
  '李小龍', '山田 太郎', 'Мария Иванова', 'محمد علي', 'দীপা সেন', 'Ὑπατία', 'bell hooks', 'ten van der berg', 'דנה לוי', '김민수', 'Ng',
];

/** Mulberry32: small, fast, and the same on every machine. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function wishOf(chance: Chance): Wish {
  const wish = { isbn: oneOf(BOOKS, chance), quantity: quantityOf(chance), customer: oneOf(NAMES, chance) };
  const country = chance() < 0.6 ? { country: oneOf(COUNTRIES, chance) } : {};
  const voucher = chance() < 0.3 ? { voucher: oneOf(VOUCHERS, chance) } : {};
  return { ...wish, ...country, ...voucher };
}

/** A 128-bit key in hexadecimal, from the same seed as everything else. */
export function keyOf(chance: Chance): string {
  return Array.from({ length: 4 }, () => Math.floor(chance() * 4_294_967_296).toString(16).padStart(8, '0')).join('');
}

/** Most take one or two; schools take a class's worth. */
function quantityOf(chance: Chance): number {
  const draw = chance();
  return draw < 0.6 ? 1 : draw < 0.85 ? 2 : 3 + Math.floor(chance() * 18);
}

export function oneOf<T>(choices: readonly T[], chance: Chance): T {
  return choices[Math.floor(chance() * choices.length)]!;
}
