// "Why did they not get it?": an address goes in, and what happened, why and what to do
// comes out.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, eventually, launch, open, screenshot } from './browser.js';
import { api, sample, startDemo, startService } from './service.js';

let browser;
let demo;
before(async () => { [browser, demo] = await Promise.all([launch(), startDemo()]); });
after(async () => { await Promise.all([browser?.close(), demo?.stop()]); });

const json = { 'Content-Type': 'application/json' };
const put = async (path, value) => {
  const response = await fetch(demo.sandbox + path, { method: 'PUT', headers: json, body: JSON.stringify(value) });
  assert.equal(response.status, 204, path);
};
const setFaults = (faults) => put('/faults', faults);

async function send(type, to, payload = { code: '481629' }) {
  const body = JSON.stringify({ to, type, payload });
  return (await api(demo.url, 'POST', '/send-code', { body, headers: json })).json();
}

const messageOf = async (id) => (await api(demo.url, 'GET', `/messages/${id}`)).json();
const reaches = (id, state) => eventually(`${id} is ${state}`, async () => (await messageOf(id)).state === state, 60_000);

/** Waits until the queue leaves a message alone for a while: it tries by itself, too. */
const quiet = (id) => eventually('a pause between attempts', async () => {
  const { state, nextAttemptAt } = await messageOf(id);
  return state === 'queued' && new Date(nextAttemptAt) - Date.now() > 2500;
}, 60_000);

const box = (page) => page.getByRole('searchbox', { name: 'Recipient' });
const stories = (page) => page.getByRole('list', { name: 'What happened, newest first' }).locator('> li');

test('an address goes in, and everything about it comes out, with what to do', async () => {
  await put('/suppressions', { 'gina@example.org': 605 });
  const bounced = await send('SignIn', 'gina@example.org');
  await reaches(bounced.id, 'bounced');
  await assert.rejects(send('SignIn', 'gina@example.org', {}), /400/);
  const other = await send('SignIn', 'eve@example.org');
  await reaches(other.id, 'delivered');

  const page = await open(browser, demo.url, { view: 'messages' });
  await page.locator('tbody tr').first().waitFor();
  await box(page).fill('gina@exam');
  await page.getByText('The whole address is needed').waitFor();
  assert.equal(await box(page).getAttribute('aria-invalid'), 'true');
  await box(page).fill('gina@example.org');
  await eventually('a mail and a refusal', async () => (await stories(page).count()) === 2);
  const [newest, older] = [stories(page).nth(0), stories(page).nth(1)];
  await newest.getByText('needs a code or link').waitFor();
  await newest.getByText('What to do:').waitFor();
  await older.getByText('a mail to this address bounced before').waitFor();
  await older.getByText('605 Not delivering to previously bounced address').waitFor();
  await older.getByText('Mailgun answered 200').waitFor();
  const times = await older.locator('.steps time').evaluateAll((all) => all.map((time) => time.dateTime));
  assert.deepEqual(times, [...times].sort().reverse(), 'the newest step first');
  await page.getByText('Mailgun sends nothing to this address').waitFor();
  await checkAccessibility(page, 'a timeline');
  await screenshot(page, 'timeline', { fullPage: true });

  const address = await page.evaluate(() => location.hash);
  assert.match(address, /recipient=[0-9a-f]{12}$/, 'the search can be handed on');
  assert.ok(!address.includes('gina'), 'an address stays out of the browser\'s history');
  await page.reload(); // the hash works as the address does
  await eventually('the same again', async () => (await stories(page).count()) === 2);

  await box(page).fill('gina@example.org');
  await page.getByRole('button', { name: 'Lift the suppression' }).click();
  await page.getByText('No suppression at Mailgun').waitFor();
  const again = await send('SignIn', 'gina@example.org');
  await reaches(again.id, 'delivered');
  await box(page).fill('nobody@example.org');
  await page.getByText('Nothing is known of this recipient').waitFor();
  await page.finish();
});

test('filters and times stand in the address bar', async () => {
  const page = await open(browser, demo.url, { view: 'messages' });
  const rows = page.locator('tbody tr');
  await rows.first().waitFor();
  await page.getByLabel('State').selectOption('refused');
  await eventually('the refused one', async () => (await rows.count()) === 1);
  await page.getByLabel('Time').selectOption('range');
  await page.getByLabel('From', { exact: true }).fill('2020-01-01T00:00');
  await page.getByLabel('To', { exact: true }).fill('2020-01-02T00:00');
  await page.getByText('Nothing matches these filters').waitFor();
  const address = await page.evaluate(() => location.hash);
  assert.equal(address, '#/messages?state=refused&time=range&from=2020-01-01T00%3A00&until=2020-01-02T00%3A00');
  await page.reload();
  await page.getByText('Nothing matches these filters').waitFor();
  assert.equal(await page.getByLabel('State').inputValue(), 'refused');
  await page.getByLabel('Time').selectOption('day');
  await eventually('the refused one again', async () => (await rows.count()) === 1);
  await screenshot(page, 'messages-filters');
  await page.finish();
});

test('a queued message is found, tried again and cancelled', async () => {
  await setFaults([{ status: 503 }]);
  const first = await send('Register', 'bob@example.org');
  const second = await send('MfaVerification', 'cyd@example.org');
  assert.deepEqual([first.status, second.status], ['queued', 'queued']);

  const page = await open(browser, demo.url, { view: 'messages?state=queued' });
  const rows = page.locator('tbody tr');
  await eventually('the queued two', async () => (await rows.count()) === 2);
  await page.getByLabel('Usage type').selectOption('Register');
  await eventually('the one', async () => (await rows.count()) === 1);
  await page.getByRole('link', { name: `Details ${first.id}` }).click();
  const details = page.getByRole('region', { name: `Message ${first.id}` });
  await details.getByText('Mailgun answered 503').first().waitFor();
  await checkAccessibility(page, 'a message');
  await screenshot(page, 'message-queued', { fullPage: true });

  await quiet(first.id);
  await details.getByRole('button', { name: 'Try again now' }).click();
  await page.getByText('It is due now').waitFor();
  await quiet(second.id);
  await api(demo.url, 'POST', `/messages/${second.id}/cancel`);
  await setFaults([]);
  await eventually('it is sent', async () => /sent|delivered/.test(await details.locator('.state').first().textContent()), 60_000);
  assert.equal(await details.getByRole('button', { name: 'Try again now' }).count(), 0);
  await details.getByText('Mailgun reported').waitFor();
  await screenshot(page, 'message-sent', { fullPage: true });
  await page.getByRole('link', { name: 'Close' }).click();
  assert.equal(await page.getByLabel('Usage type').inputValue(), 'Register', 'the search is as it was');
  await page.finish();
});

test('a queued message can be cancelled', async () => {
  await setFaults([{ status: 503 }]);
  const { id, status } = await send('BindMfa', 'dan@example.org');
  assert.equal(status, 'queued');
  const page = await open(browser, demo.url, { view: `messages/${id}` });
  const details = page.getByRole('region', { name: `Message ${id}` });
  await quiet(id);
  await details.getByRole('button', { name: 'Cancel' }).click();
  await eventually('it is cancelled', async () => (await details.locator('.state').first().textContent()) === 'cancelled');
  await setFaults([]);
  await page.finish();
});

test('the story is told in Japanese, on a phone and in the dark', async () => {
  const page = await open(browser, demo.url, { locale: 'ja-JP', colorScheme: 'dark', viewport: { width: 390, height: 844 }, view: 'messages' });
  await page.getByRole('searchbox', { name: '宛先' }).fill('gina@example.org');
  await page.getByText('以前に不達になったため').waitFor();
  await page.getByText('payload にありません').waitFor();
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= screen, `${content} wide on a screen of ${screen}`);
  await checkAccessibility(page, 'a timeline in Japanese');
  await screenshot(page, 'timeline-ja-phone', { fullPage: true });
  await page.finish();
});

test('without a database the view says so', async () => {
  const service = await startService(sample);
  const page = await open(browser, service.url, { view: 'messages' });
  await page.getByText('This service keeps no list of messages').waitFor();
  await page.finish();
  await service.stop();
});

test('a suppression names its way, and one that can not be asked is said to be', async () => {
  await put('/suppressions', { 'hal@example.org': 607 });
  const response = await api(demo.url, 'GET', '/config', { headers: { Accept: 'application/yaml' } });
  const text = await response.text();
  const save = (body, etag) => api(demo.url, 'PUT', '/config', { body, headers: { 'Content-Type': 'application/yaml', 'If-Match': etag } });
  const saved = await save(`${text}\nfailover:\n  domain: mg2.example.com\n  apiKey: key-of-another\n`, response.headers.get('ETag'));
  const page = await open(browser, demo.url, { view: 'messages' });
  await box(page).fill('hal@example.org');
  await page.getByText('called spam', { exact: false }).filter({ hasText: '(main way)' }).waitFor();
  await page.getByText('It is not known whether the failover suppresses this address').waitFor();
  await page.getByText('The API key may not look at the domain').waitFor();
  await checkAccessibility(page, 'suppressions of two ways');
  await screenshot(page, 'suppressions-ways', { fullPage: true });
  await page.getByRole('button', { name: 'Lift the suppression' }).click();
  await page.getByText('Lifted.').waitFor();
  await eventually('it is gone', async () => (await page.getByRole('button', { name: 'Lift the suppression' }).count()) === 0);
  await page.finish();
  await save(text, saved.headers.get('ETag'));
});
