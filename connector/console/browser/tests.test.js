// A test mail is what the preview shows, and is followed to its end.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, launch, mailFrame, open, screenshot, typeInto } from './browser.js';
import { sample, startDemo, startService } from './service.js';

let browser;
let demo;
before(async () => { [browser, demo] = await Promise.all([launch(), startDemo()]); });
after(async () => { await Promise.all([browser?.close(), demo?.stop()]); });

const payload = { code: '739204', user: { name: 'Grace' } };

async function sendTest(page, to) {
  await page.getByLabel('To', { exact: true }).fill(to);
  await page.getByRole('button', { name: 'Send test' }).click();
}

test('a test sends what the preview shows, and is followed until it is delivered', async () => {
  const page = await open(browser, demo.url, { view: 'mails/SignIn/ja' });
  await page.getByText('Sample payload').click();
  await typeInto(page, 'Sample payload', JSON.stringify(payload));
  await mailFrame(page).getByText('739204', { exact: true }).last().waitFor();
  const subject = await page.locator('.preview').getByText('739204').first().textContent();
  await sendTest(page, 'ada@example.org');
  await page.getByText(/^Delivered to ada@example\.org after \d+\.\d s$/).waitFor();
  await checkAccessibility(page, 'a test that is delivered');
  await screenshot(page, 'test-delivered');

  const { messages: [mail] } = await (await fetch(`${demo.sandbox}/inbox?to=ada@example.org`)).json();
  assert.ok(mail.html.includes('739204'), 'the code of the payload');
  assert.ok(subject.includes(mail.subject) || mail.subject.includes('739204'), mail.subject);
  assert.match(mail.html, /lang="ja"/, 'the language of the preview');

  await page.getByRole('link', { name: 'Every step' }).click();
  await page.getByRole('region', { name: /^Message / }).getByText('test', { exact: true }).first().waitFor();
  await page.finish();
});

test('a test that bounces says why, and what to do', async () => {
  await fetch(`${demo.sandbox}/suppressions`, { method: 'PUT', body: JSON.stringify({ 'bob@example.org': 607 }) });
  const page = await open(browser, demo.url, { view: 'mails/SignIn' });
  await mailFrame(page).getByText('481629', { exact: true }).last().waitFor();
  await sendTest(page, 'bob@example.org');
  await page.getByText('The mail to bob@example.org bounced').waitFor();
  await page.getByText('this person has called a mail of the domain spam').waitFor();
  await page.getByText('What to do:').waitFor();
  await screenshot(page, 'test-bounced');
  await page.finish();
});

test('a payload that can\'t be read sends nothing', async () => {
  const page = await open(browser, demo.url, { view: 'mails/SignIn' });
  await mailFrame(page).getByText('481629', { exact: true }).last().waitFor();
  await page.getByLabel('To', { exact: true }).fill('ada@example.org');
  await page.getByText('Sample payload').click();
  await typeInto(page, 'Sample payload', '{"code": ');
  await page.getByRole('button', { name: 'Send test' }).and(page.locator(':disabled')).waitFor();
  await page.finish();
});

const reader = 'reader-token-0123456789';
const sender = 'sender-token-0123456789';

test('what the token may not do is said', async () => {
  const service = await startService(sample, { tokens: ['--token', `${reader} read name=support ${sender} send name=logto`] });
  const page = await open(browser, service.url, { signIn: false, view: `token=${reader}` });
  await page.getByLabel('Token').fill(sender);
  await page.keyboard.press('Enter');
  await page.getByText('This token may not look into the service').waitFor();
  await checkAccessibility(page, 'a token that may not read');
  await page.getByRole('button', { name: 'Use another token' }).click();
  await page.getByLabel('Token').fill(reader);
  await page.keyboard.press('Enter');
  await page.getByText('Signed in with the token “support”. It may not send').waitFor();
  await page.goto(`${service.url}/#/mails/SignIn`);
  await mailFrame(page).getByText('481629', { exact: true }).last().waitFor();
  await page.getByText('This token may not: it lacks the scope “send”.').waitFor();
  await page.getByRole('textbox', { name: 'Subject' }).fill('{{code}} is new');
  assert.ok(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled());
  await checkAccessibility(page, 'what a token may not do');
  await screenshot(page, 'access');
  await page.finish();
  await service.stop();
});

test('a sign-in link signs in once and leaves no token in the address', async () => {
  const service = await startService(sample, { tokens: ['--token', `${reader} send,read,edit`] });
  const page = await open(browser, service.url, { signIn: false });
  await page.getByLabel('Token').waitFor();
  const next = await page.context().newPage();
  await next.goto(`${service.url}/#token=${reader}`);
  await next.locator('#content').waitFor();
  assert.ok(!next.url().includes(reader));
  assert.equal(await next.evaluate(() => history.length), 2, 'the link is not in the history');
  await page.locator('#content').waitFor(); // which asked the other tab
  await page.finish();
  await service.stop();
});
