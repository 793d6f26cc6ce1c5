import { keyOf, wishOf, type Chance } from './customers.ts';
import type { Tally } from './tally.ts';

const PATIENCE_MS = 10_000;

/** One customer comes by: most look around, half of them order, and who gets an error presses the button once more. */
export async function visit(url: string, chance: Chance, tally: Tally): Promise<void> {
  const draw = chance();
  if (draw < 0.15) return void await ask(url, '/', tally);
  if (draw < 0.4) return void await ask(url, '/api/books', tally);
  const wish = wishOf(chance);
  const order: RequestInit = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': keyOf(chance) },
    body: JSON.stringify(wish),
  };
  const first = await ask(url, '/api/orders', tally, order);
  const impatient = chance() < 0.05;
  const answer = first.status >= 500 || first.status === 0 || impatient ? await ask(url, '/api/orders', tally, order) : first;
  if (answer.status !== 200 && answer.status !== 201) return;
  const placed = JSON.parse(answer.body) as { id: string; quantity: number; customer: string };
  const again = first.status === 201 ? (JSON.parse(first.body) as { id: string }).id : placed.id;
  if (placed.quantity !== wish.quantity || placed.customer !== wish.customer.normalize('NFC') || placed.id !== again) tally.wrong();
  if (chance() < 0.2) await ask(url, `/api/orders/${placed.id}`, tally);
}

async function ask(url: string, path: string, tally: Tally, init: RequestInit = {}): Promise<{ status: number; body: string }> {
  const began = performance.now();
  try {
    const answer = await fetch(new URL(path, url), { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
    const body = await answer.text();
    tally.answered(answer.headers.get('x-trunkline-release') ?? 'none', answer.status, performance.now() - began);
    return { status: answer.status, body };
  } catch {
    tally.unanswered(performance.now() - began); // nobody answered, or not to the end: that is what is counted
    return { status: 0, body: '' };
  }
}
