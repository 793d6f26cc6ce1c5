import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';

const base = process.env['BASE_URL'];
const executablePath = process.env['BROWSER_EXECUTABLE'];
const libraries = process.env['BROWSER_LD_LIBRARY_PATH'];
let browser: Browser;

before(async () => {
  assert.ok(base, 'BASE_URL must be the address of the running shop');
  assert.ok(executablePath, 'BROWSER_EXECUTABLE must be a Chrome or Chromium');
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--headless', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    env: { ...process.env as Record<string, string>, ...(libraries && { LD_LIBRARY_PATH: libraries }) },
  });
});

after(() => browser?.close());

/** Visits the shop with a fresh browser profile, and fails when the page itself does. */
async function visiting(visit: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext();
  const errors: Error[] = [];
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => errors.push(error));
    await page.goto(base!);
    await visit(page);
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
}

test('a person orders a book and sees the confirmation', () => visiting(async (page) => {
  await page.getByRole('radio', { name: /Jane Eyre/ }).check();
  await page.getByLabel('Copies').fill('2');
  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('Country').selectOption({ label: 'France' });
  await page.getByRole('button', { name: 'Order' }).click();

  const confirmation = page.getByRole('status');
  await confirmation.getByRole('heading', { name: 'Thank you, Ada Lovelace!' }).waitFor();
  const words = await confirmation.innerText();
  for (const expected of [/O-[0-9A-F]{8}/, /Jane Eyre/, /€23\.90/]) assert.match(words, expected);
}));

test('a person who forgets the name is told so and orders nothing', () => visiting(async (page) => {
  await page.getByRole('radio', { name: /Jane Eyre/ }).check();
  await page.getByRole('button', { name: 'Order' }).click();
  await page.getByRole('alert').filter({ hasText: 'Please write your name' }).waitFor();
  assert.equal(await page.getByRole('status').isVisible(), false);
}));
