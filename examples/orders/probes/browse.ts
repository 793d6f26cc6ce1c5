import type { Probe } from './probe.ts';

/** Looks around as a visitor does: the page, the shelf, the shelf once more, one book. */
export default async function browse({ url, fetch, ...probe }: Probe): Promise<void> {
  const assert: Probe['assert'] = probe.assert;
  const page = await fetch(new URL('/', url));
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<title>Orders, a small bookshop<\/title>/);

  const shelf = await fetch(new URL('/api/books', url));
  assert.equal(shelf.status, 200);
  const { books } = await shelf.json() as { books: { isbn: string; title: string; priceCents: number }[] };
  assert.ok(books.length > 0, 'the shelf is empty');

  const again = await fetch(new URL('/api/books', url), { headers: { 'if-none-match': shelf.headers.get('etag') ?? '' } });
  assert.equal(again.status, 304);
  await again.arrayBuffer();

  const book = await fetch(new URL(`/api/books/${books[0]!.isbn}`, url));
  assert.equal(book.status, 200);
  assert.equal((await book.json() as { priceCents: number }).priceCents, books[0]!.priceCents);
}
