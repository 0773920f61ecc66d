// Settings, the document, and saving: what goes wrong on the way too.

import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { checkAccessibility, eventually, launch, open, saveButton, screenshot, typeInto } from './browser.js';
import { change, running, sample, withService } from './service.js';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

withService('a field error appears beside the field as one types, and goes', async ({ url }) => {
  const page = await open(browser, url, { view: 'settings' });
  const domain = page.getByLabel(/^Sending domain/);
  await domain.fill('https://mg.example.com');
  await eventually('the field is invalid', async () => (await domain.getAttribute('aria-invalid')) === 'true');
  const described = await domain.evaluate((input) => input.getAttribute('aria-describedby').split(' ').map((id) => input.getRootNode().getElementById(id).textContent).join(' '));
  assert.match(described, /mg\.example\.com/, 'the problem is tied to the field');
  await page.getByRole('link', { name: '1 problem' }).waitFor();
  assert.ok(await saveButton(page).isDisabled());
  await checkAccessibility(page, 'a field with a problem');
  await screenshot(page, 'field-problem');

  await domain.fill('mg2.example.com');
  await eventually('the field is fine', async () => (await domain.getAttribute('aria-invalid')) === null);
  await eventually('it can be saved', async () => saveButton(page).isEnabled());
  await page.finish();
});

withService('the form knows every member', async ({ url }) => {
  const page = await open(browser, url, { view: 'settings' });
  await page.getByRole('radio', { name: 'European Union' }).check();
  await page.getByLabel('Tags').fill('one-time-code, sign-in');
  await page.getByLabel('Deliver within').fill('15m');
  await page.getByLabel('Extra mail headers').fill('X-Entity-Ref-ID: acme');
  await page.getByLabel('Track opens and clicks').check();
  await page.getByLabel('Derive a plain-text part').uncheck();
  await page.getByRole('region', { name: 'Mailgun' }).getByRole('button', { name: 'Replace' }).click();
  await page.getByLabel('New API key').fill('key-typed-in-the-console');
  await page.getByLabel('Fallback language').fill('ja');
  await saveButton(page).click();
  await page.getByText('The service runs on this config now').waitFor();
  const { endpoint, apiKey, fallbackLanguage, options } = await running(url);
  assert.deepEqual({ endpoint, apiKey, fallbackLanguage, options }, {
    endpoint: 'https://api.eu.mailgun.net',
    apiKey: '<secret>',
    fallbackLanguage: 'ja',
    options: { tags: ['one-time-code', 'sign-in'], deliverWithin: '15m', headers: { 'X-Entity-Ref-ID': 'acme' }, tracking: true, autoText: false },
  });
  await page.getByText('A key is set. It is never shown').waitFor();
  assert.ok(!(await page.content()).includes('key-typed'), 'the saved key is out of the page');
  await page.finish();
});

withService('save reloads the service, and keeps comments', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'mails/SignIn' });
  await page.getByLabel('Subject', { exact: true }).fill('Saved: {{code}}');
  await page.getByText('Unsaved changes').waitFor();
  await saveButton(page).click();
  await page.getByText('The service runs on this config now').waitFor();
  assert.equal((await running(url)).deliveries.SignIn.subject, 'Saved: {{code}}');
  assert.match(await readFile(config, 'utf8'), /^# kept by hand\n/);
  assert.equal(await page.getByText('Unsaved changes').count(), 0);

  const asked = []; // leaving with nothing unsaved asks nothing
  page.on('dialog', (dialog) => { asked.push(dialog.type()); dialog.accept(); });
  await page.reload();
  await page.getByLabel('Subject', { exact: true }).waitFor();
  assert.deepEqual(asked, []);
  await page.getByLabel('Subject', { exact: true }).fill('Not saved');
  await page.reload();
  await eventually('the warning before leaving', async () => asked.includes('beforeunload'));
  await page.finish();
});

withService('two editors collide: both versions are shown, and one is chosen', async ({ url }) => {
  const page = await open(browser, url, { view: 'settings' });
  const sender = page.getByLabel(/^Sender/);
  await sender.fill('Mine <mine@mg.example.com>');
  await change(url, 'Acme <no-reply@', 'Theirs <theirs@');
  await saveButton(page).click();
  const dialog = page.getByRole('dialog', { name: 'Changed by somebody else' });
  await dialog.getByText('from: Theirs <theirs@mg.example.com>').waitFor();
  await dialog.getByText('from: Mine <mine@mg.example.com>').waitFor();
  await checkAccessibility(page, 'the conflict');
  await screenshot(page, 'conflict');

  await dialog.getByRole('button', { name: 'Go on editing mine' }).click();
  assert.equal(await sender.inputValue(), 'Mine <mine@mg.example.com>');
  await page.getByRole('button', { name: 'Compare' }).click();
  await dialog.getByRole('button', { name: 'Save mine over theirs' }).click();
  await page.getByText('The service runs on this config now').waitFor();
  assert.equal((await running(url)).from, 'Mine <mine@mg.example.com>');

  await sender.fill('Mine too <mine2@mg.example.com>');
  await change(url, 'Mine <mine@', 'Again <again@');
  await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
  await saveButton(page).click();
  await dialog.getByRole('button', { name: 'Take theirs, drop mine' }).click();
  assert.equal(await sender.inputValue(), 'Again <again@mg.example.com>');
  await page.finish();
});

withService('what changes elsewhere is taken while there is nothing to lose, and a bad file is told of', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'settings' });
  await writeFile(config, sample.replace('Acme <', 'Newer <'));
  await eventually('the newer sender', async () => (await page.getByLabel(/^Sender/).inputValue()).startsWith('Newer <'));
  await writeFile(config, 'domain: ""\n');
  await page.getByText('the service keeps running the last good one').waitFor();
  await page.getByText('/deliveries').first().waitFor();
  await screenshot(page, 'reload-refused');
  await page.finish();
});

withService('a read-only file: the text can be copied and downloaded', async ({ url }) => {
  const page = await open(browser, url, { view: 'settings', permissions: ['clipboard-read', 'clipboard-write'] });
  await page.getByText('The config can’t be written from here').waitFor();
  await page.getByLabel(/^Sending domain/).fill('mg3.example.com');
  await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
  await saveButton(page).click();
  const dialog = page.getByRole('dialog', { name: 'The config can’t be written from here' });
  await dialog.getByRole('button', { name: 'Copy' }).click();
  await dialog.getByRole('button', { name: 'Copied' }).waitFor();
  const want = sample.replace('mg.example.com\n', 'mg3.example.com\n');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), want);
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Download' }).click()]);
  assert.equal(download.suggestedFilename(), 'connector.yaml');
  assert.equal(await readFile(await download.path(), 'utf8'), want);
  await checkAccessibility(page, 'the way out');
  await screenshot(page, 'read-only');
  await page.finish();
}, { prepare: (config) => chmod(config, 0o444) });

withService('the document, with suggestions and problems', async ({ url }) => {
  const page = await open(browser, url, { view: 'document' });
  const editor = page.getByRole('textbox', { name: 'The whole config as YAML' });
  await editor.getByText('kept by hand').waitFor();
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('opt');
  await page.getByRole('option', { name: 'options' }).waitFor();
  await screenshot(page, 'suggestions');
  await page.waitForTimeout(150); // the editor takes no choice at once, lest it be a slip
  await page.keyboard.press('Enter');
  await page.keyboard.type('\n  requireTls: maybe');
  await page.getByText('/options/requireTls').waitFor();
  await eventually('the mark in the text', async () => (await page.locator('.cm-lintRange-error').count()) > 0);
  await checkAccessibility(page, 'the document with a problem');
  await screenshot(page, 'document-problem');

  await typeInto(page, 'The whole config as YAML', 'domain: [');
  await page.getByRole('region', { name: 'Problems' }).getByText(/invalid YAML/).waitFor();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByText('Fix it in the view “Document”').click();
  await page.getByRole('button', { name: 'Discard changes' }).click();
  await page.getByText('No problems').waitFor();
  await page.finish();
});

const asJSON = `{
    "domain": "mg.example.com",  "from": "Acme <no-reply@mg.example.com>",
    "deliveries": { "Generic": { "subject": "{{code}}", "html": "<p>{{code}}<\\/p>" } },
    "apiKey": "key-of-the-file"
}
`;

withService('a file in JSON is edited as JSON, and keeps its lines', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'settings' });
  await page.getByLabel(/^Sending domain/).fill('mg2.example.com');
  await page.getByLabel('Fallback language').fill('ja');
  await page.getByRole('navigation').getByRole('link', { name: 'Mails', exact: true }).click();
  await page.getByRole('tab', { name: /Generic/ }).click();
  await page.getByLabel('Reply-To').fill('help@example.com');
  await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
  await saveButton(page).click();
  await page.getByText('The service runs on this config now').waitFor();
  const want = asJSON.replace('mg.example.com', 'mg2.example.com').replace('/p>"', '/p>", "replyTo": "help@example.com"')
    .replace('"key-of-the-file"', '"key-of-the-file",\n    "fallbackLanguage": "ja"');
  assert.equal(await readFile(config, 'utf8'), want);
  await page.getByRole('link', { name: 'Document' }).click();
  const json = page.getByRole('textbox', { name: 'The whole config as JSON' });
  await json.getByText('"<secret>"').waitFor();
  await json.click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.type('"opti');
  await page.getByRole('option', { name: 'options' }).waitFor();
  await page.finish();
}, { name: 'connector.json', text: asJSON });

withService('everything can be done with the keyboard', async ({ url }) => {
  const page = await open(browser, url, { view: 'settings' });
  const focused = () => page.evaluate(() => {
    const { activeElement: active } = document;
    return active.labels?.[0]?.textContent ?? active.textContent.trim();
  });
  const tabTo = async (text) => {
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      if ((await focused()).startsWith(text)) return;
    }
    assert.fail(`Tab never reaches ${text}; it is at ${await focused()}`);
  };
  await tabTo('Mails');
  await page.keyboard.press('Enter');
  await tabTo('SignIn');
  await page.keyboard.press('ArrowDown');
  await page.getByRole('heading', { name: 'Generic' }).waitFor();
  await tabTo('Subject');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('By keyboard: {{{{code}}');
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('By keyboard: {{code}}');
  await tabTo('Plain text'); // past the code editor, which holds nobody
  await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
  for (let i = 0; i < 80 && (await focused()) !== 'Save'; i++) await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText('The service runs on this config now').waitFor();
  assert.equal((await running(url)).deliveries.Generic.subject, 'By keyboard: {{code}}');
  await page.finish();
});
