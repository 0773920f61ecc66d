// The list of sends: what is queued while Mailgun fails, and what can be done.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, eventually, launch, open, screenshot } from './browser.js';
import { api, sample, startDemo, startService } from './service.js';

let browser;
let demo;
before(async () => { [browser, demo] = await Promise.all([launch(), startDemo()]); });
after(async () => { await Promise.all([browser?.close(), demo?.stop()]); });

const setFaults = (faults) => fetch(`${demo.sandbox}/faults`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(faults) });

async function send(type, to) {
  const body = JSON.stringify({ to, type, payload: { code: '481629' } });
  return (await api(demo.url, 'POST', '/send-code', { body, headers: { 'Content-Type': 'application/json' } })).json();
}

/** Waits until the queue leaves a message alone for a while: it tries by itself, too. */
const quiet = (id) => eventually('a pause between attempts', async () => {
  const { state, nextAttemptAt } = await (await api(demo.url, 'GET', `/messages/${id}`)).json();
  return state === 'queued' && new Date(nextAttemptAt) - Date.now() > 2500;
}, 60_000);

test('a queued message is found, tried again and cancelled', async () => {
  await setFaults([{ status: 503 }]);
  const first = await send('Register', 'ada@example.org');
  const second = await send('MfaVerification', 'eve@example.org');
  assert.deepEqual([first.status, second.status], ['queued', 'queued']);

  const page = await open(browser, demo.url, { view: 'messages' });
  const rows = page.locator('tbody tr');
  await eventually('all three', async () => (await rows.count()) === 3);
  await page.getByLabel('State').selectOption('queued');
  await eventually('the queued two', async () => (await rows.count()) === 2);
  await page.getByLabel('Usage type').selectOption('Register');
  await eventually('the one', async () => (await rows.count()) === 1);
  await page.getByLabel('Time').selectOption('hour');
  await page.getByLabel('Recipient').fill('ada@example.org');
  await eventually('the one again', async () => (await rows.count()) === 1);
  await page.getByLabel('Recipient').fill('nobody@example.org');
  await page.getByText('Nothing matches these filters').waitFor();
  await page.getByLabel('Recipient').fill('');

  await page.getByRole('button', { name: `Details ${first.id}` }).click();
  const details = page.getByRole('region', { name: `Message ${first.id}` });
  await details.getByRole('heading', { name: 'Attempts' }).waitFor();
  await eventually('an attempt with its outcome', async () => (await details.locator('tbody tr').count()) > 0);
  await checkAccessibility(page, 'a message');
  await screenshot(page, 'message-queued', { fullPage: true });

  await quiet(first.id);
  await details.getByRole('button', { name: 'Try again now' }).click();
  await page.getByText('It is due now').waitFor();
  await setFaults([]);
  await eventually('it is sent', async () => /sent|delivered/.test(await details.locator('.state').first().textContent()), 60_000);
  assert.equal(await details.getByRole('button', { name: 'Try again now' }).count(), 0);
  await eventually('what happened since', async () => (await details.locator('.events li').count()) > 0);
  await screenshot(page, 'message-sent', { fullPage: true });
  await page.finish();
});

test('a queued message can be cancelled', async () => {
  await setFaults([{ status: 503 }]);
  const { id, status } = await send('BindMfa', 'bob@example.org');
  assert.equal(status, 'queued');
  const page = await open(browser, demo.url, { view: `messages/${id}` });
  const details = page.getByRole('region', { name: `Message ${id}` });
  await quiet(id);
  await details.getByRole('button', { name: 'Cancel' }).click();
  await eventually('it is cancelled', async () => (await details.locator('.state').first().textContent()) === 'cancelled');
  await setFaults([]);
  await page.finish();
});

test('without a database the view says so', async () => {
  const service = await startService(sample);
  const page = await open(browser, service.url, { view: 'messages' });
  await page.getByText('This service keeps no list of messages').waitFor();
  await page.finish();
  await service.stop();
});
