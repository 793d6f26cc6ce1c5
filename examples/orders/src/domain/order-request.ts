/** What a customer asks for, proven to be well formed. Whether the shop can do it is decided later. */
export interface OrderRequest {
  readonly isbn: string;
  readonly quantity: number;
  readonly customer: string;
  readonly country: string;
  readonly voucher: string | null;
}

/** One field that is not as it must be, in words for the person who filled it in. */
export interface Fault {
  readonly field: string;
  readonly message: string;
}

export type ParsedRequest = { readonly ok: true; readonly request: OrderRequest } | { readonly ok: false; readonly faults: readonly Fault[] };

export interface OrderRules {
  readonly largestQuantity: number;
  /** Where an order goes that names no country: two capital letters. */
  readonly homeCountry: string;
}

/** Reads the body of an order. Every fault is named at once, so that nobody has to send a form five times. */
export function parseOrderRequest(body: unknown, rules: OrderRules): ParsedRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { ok: false, faults: [{ field: 'body', message: 'send one JSON object' }] };
  }
  const fields = body as Readonly<Record<string, unknown>>;
  const faults: Fault[] = [];
  const fault = (field: string, message: string): void => {
    faults.push({ field, message });
  };

  const isbn = textOf(fields['isbn'])?.replaceAll('-', '');
  if (isbn === undefined || !/^97[89]\d{10}$/.test(isbn)) fault('isbn', 'write the 13 digits of the book');

  const quantity = fields['quantity'] ?? 1;
  if (!Number.isInteger(quantity) || (quantity as number) < 1 || (quantity as number) > rules.largestQuantity) {
    fault('quantity', `order 1 to ${rules.largestQuantity} copies`);
  }

  const customer = textOf(fields['customer'])?.normalize('NFC');
  if (customer === undefined || !isName(customer)) fault('customer', 'write your name, in at most 80 characters');

  const country = fields['country'] === undefined ? rules.homeCountry : textOf(fields['country'])?.toUpperCase();
  if (country === undefined || !/^[A-Z]{2}$/.test(country)) fault('country', 'write the two letters of the country');

  const voucher = textOf(fields['voucher'] ?? '')?.toUpperCase();
  if (voucher === undefined || !/^([A-Z0-9]{4,20})?$/.test(voucher)) fault('voucher', 'write the 4 to 20 letters and digits of the voucher');

  if (faults.length > 0) return { ok: false, faults };
  return { ok: true, request: { isbn: isbn!, quantity: quantity as number, customer: customer!, country: country!, voucher: voucher || null } };
}

/** Names are whatever people are called: some letter of some script, and nothing that could not be printed. */
function isName(text: string): boolean {
  return /\p{L}/u.test(text) && !/[\p{Cc}\p{Cs}]/u.test(text) && [...text].length <= 80;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.trim() : undefined;
}
