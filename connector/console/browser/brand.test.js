// The brand and its built-in mails: from none to a mail that arrives, all mails at a glance,
// and how a built-in one becomes one's own.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkAccessibility, eventually, launch, mailFrame, open, saveButton, screenshot, typeInto } from './browser.js';
import { api, running, startDemo, withService } from './service.js';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

const branded = `# kept by hand
domain: mg.example.com
from: Acme <no-reply@mg.example.com>
brand: {name: Acme, color: "#0a6640"}
`;

const preview = (page) => page.getByRole('complementary', { name: 'Preview' });

async function save(page) {
  await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
  await saveButton(page).click();
  await page.getByText('The service runs on this config now').waitFor();
}

test('a brand is made from nothing, saved, and its mail arrives', async () => {
  const demo = await startDemo();
  const got = await api(demo.url, 'GET', '/config', { headers: { Accept: 'application/yaml' } });
  const endpoint = (await got.text()).match(/^endpoint: .*$/m)[0];
  const bare = `${endpoint}\ndomain: mg.example.com\nfrom: Acme <no-reply@mg.example.com>\ndeliveries:\n  Generic: {template: stored}\n`;
  await api(demo.url, 'PUT', '/config', { body: bare, headers: { 'Content-Type': 'application/yaml', 'If-Match': got.headers.get('ETag') } });

  const page = await open(browser, demo.url, { view: 'brand' });
  await page.getByText('Enter a name to see the mails').waitFor();
  await page.getByLabel(/^Name/).fill('Żółć & Co');
  const dark = page.frameLocator('iframe[title$="Dark"]');
  const light = page.frameLocator('iframe[title$="Light"]');
  await light.getByText('Żółć & Co').first().waitFor();
  await page.getByLabel('Color', { exact: true }).fill('#d4');
  await eventually('the color is invalid', async () => (await page.getByLabel('Color', { exact: true }).getAttribute('aria-invalid')) === 'true');
  await checkAccessibility(page, 'the brand with a problem');
  await page.getByLabel('Pick a color').fill('#d40055');
  assert.equal(await page.getByLabel('Color', { exact: true }).inputValue(), '#d40055');
  const color = (frame) => frame.getByText('481629', { exact: true }).last().evaluate((code) => getComputedStyle(code).color);
  await eventually('the color in the mail', async () => /^rgb\((\d{3}), \d+, \d+\)$/.test(await color(light)) && (await color(light)) !== (await color(dark)));
  for (const [label, value] of Object.entries({
    'Logo width': '96', Site: 'https://acme.example/', Support: 'help@acme.example', 'Postal address': '1 Main Street\nSpringfield', 'Autofill domain': 'acme.example',
  })) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByLabel('All languages').uncheck();
  await page.getByLabel('Arabic').uncheck();
  await page.getByLabel('Usage type').selectOption('PasswordChanged');
  await page.getByLabel('Language', { exact: true }).selectOption('de');
  await light.getByText('Das Passwort Ihres Kontos wurde geändert').last().waitFor();
  await screenshot(page, 'brand-filled');
  await save(page);

  const { brand } = await running(demo.url);
  assert.deepEqual({ ...brand, languages: brand.languages.length }, {
    name: 'Żółć & Co', color: '#d40055', logoWidth: 96, url: 'https://acme.example/', support: 'help@acme.example',
    address: '1 Main Street\nSpringfield', autofillDomain: 'acme.example', languages: 15,
  });
  await page.getByLabel('Usage type').selectOption('SignIn');
  await page.getByLabel('To', { exact: true }).fill('ada@example.org');
  await page.getByRole('button', { name: 'Send test' }).click();
  await page.getByRole('link', { name: 'See it in the inbox' }).click();
  await page.getByRole('link', { name: /481629 .*Żółć & Co/ }).waitFor();
  await mailFrame(page).getByText('481629', { exact: true }).last().waitFor();
  await page.getByRole('tab', { name: 'Plain text' }).click();
  await page.getByText('@acme.example #481629').waitFor();

  await page.getByRole('link', { name: 'Brand', exact: true }).click();
  await page.getByRole('button', { name: 'Remove the brand' }).click();
  await page.getByText('Enter a name to see the mails').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  assert.equal(await page.getByLabel(/^Name/).inputValue(), 'Żółć & Co');
  await page.finish();
  await demo.stop();
});

withService('all mails at a glance: what is built in, own, another\'s, or missing', async ({ url }) => {
  const page = await open(browser, url, { view: 'mails' });
  const cell = (type, language) => page.getByRole('gridcell').getByRole('link', { name: new RegExp(`^${type}, ${language}: `) });
  const kind = (type, language) => cell(type, language).getAttribute('aria-label');
  await cell('SignIn', 'German').waitFor();
  assert.match(await kind('SignIn', 'German'), /: Built in, builtin\/SignIn\/de$/);
  assert.match(await kind('SignIn', 'French'), /: Own, templates\/SignIn\/fr$/);
  assert.match(await kind('Register', 'Japanese'), /: Own, deliveries\/Register$/);
  assert.match(await kind('RegisterLink', 'Japanese'), /: Own, deliveries\/Register$/);
  assert.match(await kind('Own.Type', 'French'), /: Another stands in, templates\/Own.Type\/fr-ca$/);
  assert.match(await kind('Own.Type', 'Japanese'), /: Missing$/);
  await checkAccessibility(page, 'all mails');
  const count = (name) => page.locator('.legend li').filter({ hasText: name }).locator('.muted').textContent();
  assert.equal(await count('Missing'), '15');
  assert.equal(await page.getByRole('row').filter({ hasText: /^SignIn code/ }).locator('.own-count').textContent(), '1');

  const search = page.getByRole('searchbox', { name: 'Search types' });
  await search.fill('notice');
  await eventually('the notices alone', async () => (await page.getByRole('row').count()) > 10 && (await cell('SignIn', 'German').count()) === 0);
  await search.fill('signin');
  await eventually('two rows and the head', async () => (await page.getByRole('row').count()) === 3);
  await search.fill('no such type');
  await page.getByText('No type matches').first().waitFor();
  await search.fill('');

  await search.focus();
  for (let i = 0; i < 20 && !(await page.evaluate(() => document.activeElement.dataset?.cell)); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /^SignInLink, German/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'SignInLink' }).waitFor();
  await preview(page).getByText('builtin/SignInLink/de').waitFor();
  await mailFrame(page).getByText('https://example.org/verify').first().waitFor();

  await page.getByRole('link', { name: 'Brand', exact: true }).click();
  await page.getByRole('button', { name: 'Remove the brand' }).click();
  await page.getByRole('link', { name: 'Mails', exact: true }).click();
  await eventually('what was built in is missing', async () => /: Missing/.test(await kind('PasswordChanged', 'German')));
  await page.getByRole('link', { name: 'Add a brand' }).waitFor();
  await page.finish();
}, { text: `${branded}deliveries:
  Register: {subject: s, html: '<p>{{code}}</p>'}
templates:
  - {languageTag: fr, templateType: SignIn, details: {subject: s, content: '<p>{{code}}</p>'}}
  - {languageTag: fr-CA, templateType: Own.Type, details: {subject: s, content: '<p>{{code}}</p>'}}
` });

withService('a built-in mail is copied into the config, in one language or for all', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'mails/SignIn/de' });
  await preview(page).getByText('builtin/SignIn/de').waitFor();
  await mailFrame(page).getByText('Ihr Anmeldecode').waitFor();
  await screenshot(page, 'customise');
  await page.getByRole('button', { name: 'Copy into the config' }).click();
  await preview(page).getByText('templates/SignIn/de').waitFor();
  await mailFrame(page).getByText('Ihr Anmeldecode').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await preview(page).getByText('builtin/SignIn/de').waitFor();
  await page.getByRole('button', { name: 'Copy into the config' }).click();
  await page.getByLabel(/^Subject/).fill('{{code}}: meine eigene');
  await preview(page).getByText('481629: meine eigene').waitFor();
  await save(page);
  const { templates } = await running(url);
  assert.equal(templates.length, 1);
  assert.deepEqual([templates[0].languageTag, templates[0].templateType], ['de', 'SignIn']);
  assert.match(templates[0].details.content, /\{\{code\}\}/);
  assert.match(await readFile(config, 'utf8'), /^# kept by hand\n/);

  await page.getByRole('link', { name: 'All mails' }).click();
  await page.getByRole('link', { name: /^SignIn, German: Own/ }).click();
  assert.equal(await page.getByLabel(/^Subject/).inputValue(), '{{code}}: meine eigene');

  await page.evaluate(() => { location.hash = '#/mails/NewDevice'; });
  await page.getByText('It is then sent in every language').waitFor();
  await page.getByRole('button', { name: 'Copy into the config' }).click();
  await preview(page).getByText('deliveries/NewDevice').waitFor();
  await save(page);
  assert.match((await running(url)).deliveries.NewDevice.html, /<!doctype html>/i);
  await page.finish();
}, { text: branded });

withService('a built-in mail is copied into a file, and edited there', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'mails/SignIn' });
  await page.getByRole('button', { name: 'Copy into a file…' }).click();
  const name = page.getByLabel('File for the HTML');
  assert.equal(await name.inputValue(), 'mails/SignIn.html');
  await name.fill('../out.html');
  await page.getByText('Write a path like mails/SignIn.html').waitFor();
  await name.fill('mails/own/In.html');
  await checkAccessibility(page, 'the name of a new file');
  await page.getByRole('button', { name: 'Create the file' }).click();
  await page.getByText('The HTML is in the file mails/own/In.html').waitFor();
  await preview(page).getByText('deliveries/SignIn').waitFor();
  await save(page);
  const file = join(dirname(config), 'mails/own/In.html');
  assert.match(await readFile(file, 'utf8'), /\{\{code\}\}/);
  assert.match(await readFile(file.replace('.html', '.txt'), 'utf8'), /\{\{code\}\}/);
  const { deliveries } = await running(url);
  assert.deepEqual([deliveries.SignIn.htmlFile, deliveries.SignIn.textFile], ['mails/own/In.html', 'mails/own/In.txt']);

  await typeInto(page, 'HTML', '<html lang="en"><p>Edited in its file: {{code}}</p></html>\n');
  await mailFrame(page).getByText('Edited in its file: 481629').waitFor(); // not saved yet
  await save(page);
  assert.equal(await readFile(file, 'utf8'), '<html lang="en"><p>Edited in its file: {{code}}</p></html>\n');

  await page.evaluate(() => { location.hash = '#/mails/Register/de'; });
  await page.getByRole('button', { name: 'Copy into a file…' }).click();
  await page.getByLabel('File for the HTML').fill('mails/own/In.html'); // which is there already
  await page.getByRole('button', { name: 'Create the file' }).click();
  await page.getByText('There is a file of this name already').waitFor();
  await page.getByLabel('File for the HTML').fill('mails/Register.de.html');
  await page.getByRole('button', { name: 'Create the file' }).click();
  await preview(page).getByText('templates/Register/de').waitFor();
  await save(page);
  assert.equal((await running(url)).templates[0].details.contentFile, 'mails/Register.de.html');
  await page.finish();
}, { text: branded });
