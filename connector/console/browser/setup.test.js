// From an empty folder to a delivered test mail, and a service that runs.

import assert from 'node:assert/strict';
import { access, chmod, readFile, stat } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { checkAccessibility, launch, open, saveButton, screenshot } from './browser.js';
import { api, reportDelivered, startEmpty, token } from './service.js';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

const key = 'key-0123456789abcdef';

test('an empty folder becomes a service that sends', async () => {
  const service = await startEmpty(key);
  const page = await open(browser, service.url, { signIn: false, view: '' });
  page.on('dialog', (dialog) => dialog.accept());
  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Set up the service' }).waitFor();
  await page.getByText(`it is written to ${service.keyFile}`).waitFor();
  assert.ok(await page.getByRole('button', { name: 'Save and start' }).isDisabled());
  await checkAccessibility(page, 'an empty set-up');

  await page.getByRole('radio', { name: 'Another address' }).check();
  await page.getByLabel('Address of the API').fill(service.sandbox);
  await page.getByLabel(/^Sending domain/).fill('https://mg.example.com');
  await page.getByText('begin with a scheme').first().waitFor();
  await page.getByLabel(/^Sending domain/).fill('mg.example.com');
  await page.getByLabel('Mailgun API key').fill(key);
  await page.getByLabel(/^Sender/).fill('Acme <no-reply@mg.example.com>');
  await page.getByLabel(/^Name/).fill('Acme');
  await page.reload();
  assert.equal(await page.getByLabel(/^Sender/).inputValue(), 'Acme <no-reply@mg.example.com>', 'a reload costs nothing');
  await page.getByLabel('Mailgun API key').fill(key); // but the key, which is kept nowhere
  await page.frameLocator('iframe[title$="Dark"]').getByText('481629', { exact: true }).last().waitFor();
  await page.getByLabel('To', { exact: true }).fill('ada@example.org');
  await page.getByRole('button', { name: 'Send test' }).click();
  await page.getByText('Mailgun accepted the mail to ada@example.org').waitFor();
  const { messages } = await (await fetch(`${service.sandbox}/inbox`)).json();
  assert.equal(messages.length, 1);
  await page.getByRole('button', { name: 'Check now' }).click();
  await page.getByText('The domain is active.').waitFor();
  await assert.rejects(access(service.keyFile), /ENOENT/, 'nothing is written before it is saved');
  await assert.rejects(access(service.config), /ENOENT/);
  await checkAccessibility(page, 'a set-up');
  await screenshot(page, 'setup', { fullPage: true });

  await page.getByRole('button', { name: 'Save and start' }).click();
  await page.getByRole('grid', { name: 'All mails' }).waitFor();
  assert.equal((await readFile(service.keyFile, 'utf8')).trim(), key);
  const config = await readFile(service.config, 'utf8');
  assert.ok(!config.includes(key), 'the key stands in its own file only');
  assert.match(config, /name: Acme/);
  for (const file of [service.keyFile, service.config]) assert.equal((await stat(file)).mode & 0o777, 0o600, file);
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
  await page.finish();
  await service.stop();
});

/** Types what a first config needs, and sends a test by it. */
async function sendFirstTest(page, sandbox) {
  await page.getByRole('heading', { name: 'Set up the service' }).waitFor();
  await page.getByRole('radio', { name: 'Another address' }).check();
  await page.getByLabel('Address of the API').fill(sandbox);
  await page.getByLabel(/^Sending domain/).fill('mg.example.com');
  await page.getByLabel('Mailgun API key').fill(key);
  await page.getByLabel(/^Sender/).fill('Acme <no-reply@mg.example.com>');
  await page.getByLabel(/^Name/).fill('Acme');
  await page.frameLocator('iframe[title$="Dark"]').getByText('481629', { exact: true }).last().waitFor();
  await page.getByLabel('To', { exact: true }).fill('ada@example.org');
  await page.getByRole('button', { name: 'Send test' }).click();
}

test('with a database, the test is followed until it is delivered, before anything is saved', async () => {
  const signingKey = 'signing-key-0123456789';
  const service = await startEmpty(key, { args: ['--database', 'sqlite:DIR/outbox.db'], env: { MAILGUN_WEBHOOK_SIGNING_KEY: signingKey } });
  const page = await open(browser, service.url, { view: '' });
  await sendFirstTest(page, service.sandbox);
  await page.getByText('Mailgun has taken the mail to ada@example.org; waiting for its report…').waitFor();
  await reportDelivered(service, signingKey);
  await page.getByText(/^Delivered to ada@example\.org after \d+\.\d s$/).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Every step' }).count(), 0, 'there is no such page yet');
  await checkAccessibility(page, 'a test that is delivered in the set-up');
  await screenshot(page, 'setup-delivered');
  await assert.rejects(access(service.config), /ENOENT/);
  await page.finish();
  await service.stop();
});

test('where the message can\'t be had, that is said', async () => {
  const service = await startEmpty(key, { args: ['--database', 'sqlite:DIR/outbox.db'] });
  const page = await open(browser, service.url, { view: '' });
  let looks = 0;
  await page.route('**/messages/*', (route) => {
    looks += 1;
    return route.fulfill({ status: 404, contentType: 'application/problem+json', body: '{"detail":"There is no message with this id, or no more."}' });
  });
  await sendFirstTest(page, service.sandbox);
  await page.getByText('What becomes of the mail to ada@example.org can’t be followed').waitFor();
  await page.getByText('There is no message with this id, or no more.').waitFor();
  await page.waitForTimeout(1500);
  assert.equal(looks, 1, 'nothing is asked in vain');
  await page.unroute('**/messages/*');
  await page.finish();
  await service.stop();
});

test('a key that is typed later goes to the file that the service reads it from, which is said before', async () => {
  const service = await startEmpty(key);
  const text = `endpoint: ${service.sandbox}\ndomain: mg.example.com\nfrom: no-reply@mg.example.com\nbrand: {name: Acme}\n`;
  await api(service.url, 'PUT', '/config', { body: `${text}apiKey: key-revoked-0123\n`, headers: { 'Content-Type': 'application/yaml', 'If-None-Match': '*' } });
  const page = await open(browser, service.url, { view: 'settings' });
  await page.getByText(`The key is in ${service.keyFile}.`).waitFor();
  await page.getByRole('button', { name: 'Replace' }).first().click();
  await page.getByText(`it is written to ${service.keyFile}`).waitFor();
  await page.getByLabel('New API key').fill(key);
  await checkAccessibility(page, 'a key to replace');
  await screenshot(page, 'key-file', { fullPage: true });
  await saveButton(page).click();
  await page.getByText('Saved. The service runs').waitFor();
  assert.equal(await readFile(service.keyFile, 'utf8'), `${key}\n`);
  assert.equal(await readFile(service.config, 'utf8'), text, 'the config is as it was');
  await page.getByText(`The key is in ${service.keyFile}.`).waitFor();
  assert.ok(await saveButton(page).isDisabled(), 'nothing is left to save');
  await api(service.url, 'POST', '/send-code', { body: '{"to":"ada@example.org","type":"SignIn","payload":{"code":"481629"}}', headers: { 'Content-Type': 'application/json' } });

  await chmod(service.keyFile, 0o400);
  await page.getByRole('button', { name: 'Replace' }).first().click();
  await page.getByLabel('New API key').fill('key-of-another-0123');
  await page.getByLabel(/^Sender/).fill('Acme <no-reply@mg.example.com>');
  await saveButton(page).click();
  await page.getByRole('dialog').getByText(`The API key goes into ${service.keyFile}`).waitFor();
  assert.doesNotMatch(await page.getByRole('dialog').getByRole('textbox').inputValue(), /key-of-another/, 'the key is not shown');
  await screenshot(page, 'key-file-read-only');
  assert.equal(await readFile(service.config, 'utf8'), text, 'nothing is half done');
  await page.finish();
  await service.stop();
});

test('the set-up is there in Japanese, on a phone', async () => {
  const service = await startEmpty(key);
  const page = await open(browser, service.url, { signIn: false, locale: 'ja-JP', colorScheme: 'dark', viewport: { width: 390, height: 844 } });
  await page.getByLabel('トークン').fill(token);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'サービスの設定' }).waitFor();
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= screen, `${content} wide on a screen of ${screen}`);
  await checkAccessibility(page, 'the set-up in Japanese');
  await screenshot(page, 'setup-ja-phone', { fullPage: true });
  await page.finish();
  await service.stop();
});
