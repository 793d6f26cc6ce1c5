const form = document.querySelector('#order');
const shelf = document.querySelector('#books');
const trouble = document.querySelector('#trouble');
const confirmation = document.querySelector('#confirmation');
const button = form.querySelector('button');

let money = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });
/** The key of the order that is being written: a second press of the button is the same order. */
let key = newKey();

form.addEventListener('input', () => { key = newKey(); });
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void order();
});
await fillShelf();

async function fillShelf() {
  try {
    const answer = await fetch('/api/books');
    if (!answer.ok) throw new Error(`the shop answered ${answer.status}`);
    const { currency, books } = await answer.json();
    money = new Intl.NumberFormat('en', { style: 'currency', currency });
    document.querySelector('#loading').remove();
    shelf.append(...books.map(choice));
    shelf.querySelector('input').checked = true;
  } catch {
    complain('The shelf cannot be shown now. Please try again in a minute.');
  }
}

function choice(book) {
  const label = document.createElement('label');
  const input = Object.assign(document.createElement('input'), { type: 'radio', name: 'isbn', value: book.isbn });
  const words = document.createElement('span');
  const author = document.createElement('small');
  author.textContent = book.author;
  words.append(book.title, author);
  const price = document.createElement('span');
  price.textContent = money.format(book.priceCents / 100);
  label.append(input, words, price);
  return label;
}

async function order() {
  const fields = Object.fromEntries(new FormData(form));
  button.disabled = true;
  trouble.hidden = true;
  confirmation.hidden = true;
  try {
    const answer = await fetch('/api/orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ ...fields, quantity: Number(fields.quantity) }),
    });
    const body = await answer.json();
    if (!answer.ok) return complain(body.faults?.map(({ message }) => `Please ${message}.`).join(' ') ?? `Sorry: ${body.title}.`);
    confirm(body);
    key = newKey();
  } catch {
    complain('Your order did not reach us. Press the button again: it is ordered only once.');
  } finally {
    button.disabled = false;
  }
}

function confirm({ customer, number, book, quantity, price }) {
  const words = {
    customer,
    number,
    book: book.title,
    quantity,
    discount: money.format(price.discountCents / 100),
    delivery: price.deliveryCents === 0 ? 'free' : money.format(price.deliveryCents / 100),
    total: money.format(price.totalCents / 100),
  };
  for (const place of confirmation.querySelectorAll('[data-of]')) place.textContent = words[place.dataset.of];
  confirmation.hidden = false;
}

function complain(words) {
  trouble.textContent = words;
  trouble.hidden = false;
}

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
