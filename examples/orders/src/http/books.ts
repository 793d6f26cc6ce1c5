import { booksForSale, findBook } from '../db/books.ts';
import { json, problem } from './answer.ts';
import { unlessKnown } from './etag.ts';
import type { Route } from './router.ts';
import type { Shop } from './shop.ts';

export function bookRoutes({ database, configuration }: Shop): readonly Route[] {
  const { currency } = configuration.shop;
  return [
    {
      method: 'GET',
      path: '/api/books',
      handler: async ({ headers }) => unlessKnown(json(200, { currency, books: await booksForSale(database) }), headers['if-none-match']),
    },
    {
      method: 'GET',
      path: '/api/books/:isbn',
      handler: async ({ parameters }) => {
        const book = await findBook(database, parameters['isbn']!);
        return book ? json(200, { currency, ...book }) : problem(404, 'this shop does not sell that book');
      },
    },
  ];
}
