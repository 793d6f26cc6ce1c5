/** Sells something and looks whether the bank has the money. Its `fetch` leads to the release that is wanted. */
export default async function pay({ url, fetch, assert }) {
  const balance = async () => (await (await fetch(new URL('/accounts/bank', url))).json()).balanceCents;
  const before = await balance();
  const posted = await fetch(new URL('/entries', url), { method: 'POST', body: JSON.stringify({ debit: 'bank', credit: 'sales', cents: 1, text: 'a probe' }) });
  assert.equal(posted.status, 201);
  await posted.arrayBuffer();
  assert.ok(await balance() > before, 'the bank has no more than before');
}
