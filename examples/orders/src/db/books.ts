import type { Database } from './database.ts';

export interface Book {
  readonly isbn: string;
  readonly title: string;
  readonly author: string;
  readonly priceCents: number;
}

const COLUMNS = 'isbn, title, author, price_cents AS "priceCents"';

export async function booksForSale(database: Database): Promise<readonly Book[]> {
  return database.rows<Book>(`SELECT ${COLUMNS} FROM books ORDER BY title`);
}

export async function findBook(database: Database, isbn: string): Promise<Book | undefined> {
  return (await database.rows<Book>(`SELECT ${COLUMNS} FROM books WHERE isbn = $1`, [isbn]))[0];
}
