// How the service is doing, and what Mailgun says of its config.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, eventually, launch, open, screenshot } from './browser.js';
import { api, running, startDemo } from './service.js';

let browser;
let demo;
before(async () => { [browser, demo] = await Promise.all([launch(), startDemo()]); });
after(async () => { await Promise.all([browser?.close(), demo?.stop()]); });

const json = { 'Content-Type': 'application/json' };
const send = (to) => api(demo.url, 'POST', '/send-code', { body: JSON.stringify({ to, type: 'SignIn', payload: { code: '481629' } }), headers: json });
const setFaults = (faults) => fetch(`${demo.sandbox}/faults`, { method: 'PUT', headers: json, body: JSON.stringify(faults) });

const row = (page, name) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });

test('mails that go out, at a glance', async () => {
  await send('ada@example.org');
  await send('bob@example.org');
  const page = await open(browser, demo.url, { view: 'health' });
  await page.getByText('Mails go out.').waitFor();
  await eventually('what became of both is counted', async () => Number(await row(page, 'delivered').getByRole('cell').first().textContent()) >= 2, 30_000);
  assert.match(await row(page, '95 % are delivered within').getByRole('cell').first().textContent(), /^\d+(\.\d)? m?s$/);
  await page.getByText('Nothing waits.').waitFor();
  await page.getByText('None since the start.').waitFor();
  await checkAccessibility(page, 'the health of a service that is well');
  await screenshot(page, 'health', { fullPage: true });
  await page.finish();
});

test('a Mailgun that fails is told in words, with what to do', async () => {
  await setFaults([{ status: 401 }]);
  await assert.rejects(send('cyd@example.org'), /502/);
  const page = await open(browser, demo.url, { view: 'health', colorScheme: 'dark', viewport: { width: 390, height: 844 } });
  const error = page.getByRole('region', { name: 'Last error' });
  await error.getByText('Mailgun refused the credentials').waitFor();
  await error.getByText('a wrong API key, the wrong region').waitFor();
  await error.getByText('Mailgun answered 401').waitFor();
  await page.getByText('There was an error in the last 15 minutes').waitFor();
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= screen, `${content} wide on a screen of ${screen}`);
  await checkAccessibility(page, 'the health of a service that is not');
  await screenshot(page, 'health-phone', { fullPage: true });
  await setFaults([]);
  await page.finish();
});

test('Mailgun is asked about the config, and each finding says what to do', async () => {
  const page = await open(browser, demo.url, { view: 'health' });
  await page.getByLabel('Public address of this service').fill('https://codes.example.com');
  await page.getByLabel('Public address of this service').press('Enter'); // by keyboard
  const doctor = page.getByRole('region', { name: 'Check with Mailgun' });
  await doctor.getByText('Key and region').waitFor();
  for (const check of ['Domain', 'DNS records', 'Webhooks']) await doctor.getByText(check, { exact: true }).first().waitFor();
  await checkAccessibility(page, 'findings');
  await screenshot(page, 'doctor', { fullPage: true });
  await page.finish();
});

test('what Mailgun says of the config is Japanese in a Japanese browser, what to do and callers too', async () => {
  const config = await api(demo.url, 'GET', '/config', { headers: { Accept: 'application/yaml' } });
  const body = `${await config.text()}\ncallers:\n  auth: {type: kratos, tokens: [a-token-of-a-caller-of-ours]}\n`;
  await api(demo.url, 'PUT', '/config', { body, headers: { 'Content-Type': 'application/yaml', 'If-Match': config.headers.get('ETag') } });
  await assert.rejects(api(demo.url, 'POST', '/hooks/auth', { body: '{}', headers: json }), /401/);
  const page = await open(browser, demo.url, { view: 'health', locale: 'ja-JP' });
  await page.getByRole('button', { name: '確認する' }).click();
  const findings = page.getByRole('region', { name: 'Mailgun に確認' }).getByRole('listitem');
  await findings.first().waitFor();
  const said = await findings.allTextContents();
  assert.ok(said.length >= 8, said.join('\n'));
  for (const text of said) assert.doesNotMatch(text, /[a-z]+ [a-z]+ [a-z]+/i);
  assert.match(said.at(-1), /^警告.*auth: .*本来のものと確認できませんでした/);
  await screenshot(page, 'doctor-japanese', { fullPage: true });
  await page.finish();
});

test('a failover is filled in and saved, and health shows which way mails take', async () => {
  const page = await open(browser, demo.url, { view: 'settings' });
  const card = page.getByRole('region', { name: 'Failover' });
  await card.getByLabel('Second sending domain').fill('mg2.example.com');
  await card.getByRole('button', { name: 'Replace' }).click();
  await card.getByLabel('New second key').fill('key-of-another-account');
  await card.getByLabel('Patience').fill('1s');
  await checkAccessibility(page, 'the card of a failover');
  await screenshot(page, 'failover', { fullPage: true });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await eventually('the config has it, and hides its key', async () => {
    const { failover } = await running(demo.url);
    return failover?.domain === 'mg2.example.com' && failover.after === '1s' && failover.apiKey === '<secret>';
  });
  await page.goto(`${demo.url}/#/health`);
  await page.getByRole('region', { name: 'Ways to Mailgun' }).getByText('main way').waitFor();
  await checkAccessibility(page, 'the health of a service with two ways');
  await page.finish();
});
