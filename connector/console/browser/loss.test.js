// Nothing that somebody wrote is lost: neither what is typed here, nor what another
// person saved, nor the comments of a file.

import assert from 'node:assert/strict';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually, launch, open, saveButton, typeInto } from './browser.js';
import { change, running, sample, token, withService } from './service.js';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

const commented = `# The mails of Acme.

domain: mg.example.com   # bare
from: 'Acme <no-reply@mg.example.com>'

# What is sent.
deliveries:
    # When somebody signs in.
    SignIn:
        subject: "{{code}} is your code"  # short
        html: |
            <p>Hello,</p>

            # <p>{{code}}</p>

    Generic: &generic   # all others
        subject: 'a: b'
        html: '{{code}}'
    Register: *generic

# The end.
options: {tags: [a, b], tracking: true}
`;

const domain = (page) => page.getByLabel(/^Sending domain/);
const subject = (page) => page.getByLabel('Subject', { exact: true });
const go = (page, view) => page.evaluate((hash) => { location.hash = hash; }, `#/${view}`);

async function save(page) {
  await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
  await saveButton(page).click();
}

const saved = (page) => page.getByText('The service runs on this config now').waitFor();

/** Writes a file in one step, as editors do. */
async function replaceFile(path, text) {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** Tells when the service has loaded the running config. */
async function loadedAt(url) {
  const answer = await fetch(new URL('/status', url), { headers: { Authorization: `Bearer ${token}` } });
  return (await answer.json()).config.loadedAt;
}

withService('signing in again keeps the version that the draft began with', async ({ url }) => {
  const page = await open(browser, url, { view: 'settings' });
  const sender = page.getByLabel(/^Sender/);
  await sender.fill('Mine <mine@mg.example.com>');
  await page.getByRole('button', { name: 'Forget token' }).click();
  await change(url, 'Acme <no-reply@mg.example.com>', 'Theirs <theirs@mg.example.com>');
  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByText('The config was changed elsewhere, and you have changes here too.').waitFor();
  assert.equal(await sender.inputValue(), 'Mine <mine@mg.example.com>');
  await save(page);
  await page.getByRole('dialog', { name: 'Changed by somebody else' }).getByText('from: Theirs <theirs@mg.example.com>').waitFor();
  assert.equal((await running(url)).from, 'Theirs <theirs@mg.example.com>');
  await page.finish();
});

withService('what is edited in forms leaves the rest of the file as it is', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'settings' });
  await domain(page).fill('');
  await domain(page).pressSequentially('mg.example.com');
  await page.getByLabel('Derive a plain-text part').uncheck();
  await page.getByLabel('Derive a plain-text part').check(); // away again
  await eventually('nothing is unsaved', async () => (await page.getByText('Unsaved changes').count()) === 0);
  await go(page, 'document');
  const yaml = page.getByRole('textbox', { name: 'The whole config as YAML' });
  await yaml.getByText('# bare').waitFor();
  await go(page, 'settings');
  await domain(page).fill('');
  await domain(page).fill('mg2.example.com');
  await go(page, 'mails/SignIn');
  await subject(page).fill('Now: {{code}}');
  await go(page, 'document');
  for (const comment of ['# The mails of Acme.', '# bare', '# When somebody signs in.', '# short']) await yaml.getByText(comment).waitFor();
  await save(page);
  await saved(page);
  const want = commented.replace('mg.example.com   #', 'mg2.example.com   #').replace('"{{code}} is your code"  #', '"Now: {{code}}"  #');
  assert.equal(await readFile(config, 'utf8'), want);

  await go(page, 'mails/Register'); // an alias
  await subject(page).fill('c: {{code}}');
  await save(page);
  await eventually('the alias is written out', async () => (await readFile(config, 'utf8')).includes("c: {{code}}"));
  assert.equal(await readFile(config, 'utf8'), want.replace('Register: *generic', 'Register:\n        subject: "c: {{code}}"\n        html: "{{code}}"'));
  await page.finish();
}, { text: commented });

withService('what is typed as YAML is saved as typed, comments and all', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'document' });
  const typed = commented.replace('# The end.', '# Typed here.').replace('Register: *generic', 'MfaVerification: *generic # too');
  await typeInto(page, 'The whole config as YAML', typed);
  await page.getByText('Unsaved changes').waitFor();
  await go(page, 'settings');
  await domain(page).fill('');
  await domain(page).fill('mg3.example.com');
  await save(page);
  await saved(page);
  assert.equal(await readFile(config, 'utf8'), typed.replace('mg.example.com   #', 'mg3.example.com   #'));
  await page.finish();
}, { text: commented });

withService('what is typed while the service answers stays', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'settings' });
  let hold = null; // what the next answers wait for
  await page.route('**/config', async (route) => {
    const response = await route.fetch();
    await hold;
    await route.fulfill({ response });
  });
  let release;
  const holding = () => { hold = new Promise((resolve) => { release = () => { hold = null; resolve(); }; }); };

  holding(); // the watch reads what was changed elsewhere
  const asked = page.waitForRequest((request) => request.url().endsWith('/config') && request.method() === 'GET');
  await replaceFile(config, sample.replace('Acme <', 'Newer <'));
  await asked;
  await domain(page).fill('typed.example.com');
  release();
  await page.getByText('The config was changed elsewhere, and you have changes here too.').waitFor();
  assert.equal(await domain(page).inputValue(), 'typed.example.com');
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByRole('button', { name: 'Take theirs, drop mine' }).click();

  await domain(page).fill('saved.example.com');
  await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
  holding();
  await saveButton(page).click();
  await domain(page).fill('later.example.com');
  release();
  await saved(page);
  assert.equal(await domain(page).inputValue(), 'later.example.com');
  assert.equal((await running(url)).domain, 'saved.example.com');
  await page.getByText('Unsaved changes').waitFor();
  await save(page); // over its own version: nobody else's
  await eventually('the later one', async () => (await running(url)).domain === 'later.example.com');
  await page.finish();
});

withService('what is saved is told so even if it can\'t be read again', async ({ url }) => {
  const page = await open(browser, url, { view: 'settings' });
  await domain(page).fill('mg4.example.com');
  await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
  const refuse = (route) => (route.request().method() === 'GET' ? route.fulfill({ status: 503, body: '{}' }) : route.continue());
  await page.route('**/config', refuse);
  await page.route('**/status', refuse);
  await saveButton(page).click();
  await saved(page);
  await page.unroute('**/config');
  await page.unroute('**/status');
  await domain(page).fill('mg5.example.com');
  await save(page);
  await eventually('it saves again', async () => (await running(url)).domain === 'mg5.example.com');
  await page.finish();
});

withService('a file that can\'t be loaded is not written over, and the dialog says why', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'settings' });
  await domain(page).fill('mine.example.com');
  await replaceFile(config, 'domain: ""\n');
  await page.getByText('the service keeps running the last good one').waitFor();
  await save(page);
  const dialog = page.getByRole('dialog', { name: 'Not saved: the config file can’t be loaded' });
  await dialog.getByText('/deliveries').first().waitFor();
  await dialog.getByRole('button', { name: 'Download' }).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  assert.equal(await domain(page).inputValue(), 'mine.example.com');
  await page.finish();
});

withService('a delivery in a file stays there, whatever kind is looked at', async ({ url }) => {
  const page = await open(browser, url, { view: 'mails/SignIn' });
  const kind = (name) => page.getByRole('radio', { name, exact: true });
  await page.getByText('The HTML is in the file in.html').waitFor();
  await kind('Mailgun template').check();
  await page.getByLabel(/^Template name/).fill('one-time-code');
  await go(page, 'settings');
  await domain(page).waitFor();
  await go(page, 'mails/SignIn');
  await kind('HTML').check();
  await page.getByText('The HTML is in the file in.html').waitFor();
  await eventually('nothing is unsaved', async () => (await page.getByText('Unsaved changes').count()) === 0);
  await kind('Mailgun template').check();
  assert.equal(await page.getByLabel(/^Template name/).inputValue(), 'one-time-code');
  await page.finish();
}, { ...inFile() });

withService('the HTML that is taken from a file is that file\'s, as it is now', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'mails/SignIn' });
  const html = page.getByRole('textbox', { name: 'HTML', exact: true });
  await html.getByText('of the file').waitFor(); // not the localized one, which is sent first
  const before = await loadedAt(url);
  await replaceFile(join(dirname(config), 'in.html'), '<p>newer: {{code}}</p>\n');
  while (await loadedAt(url) === before) await page.waitForTimeout(50);
  await page.getByRole('button', { name: /Move it into the config/ }).click();
  await page.getByText('The text is in the config now').waitFor();
  await html.getByText('newer: {{code}}').waitFor();
  await page.finish();
}, { ...inFile() });

function inFile() {
  return {
    text: `domain: mg.example.com
from: a@mg.example.com
fallbackLanguage: en
deliveries:
  SignIn: {subject: s, htmlFile: in.html}
templates:
  - {languageTag: en, templateType: SignIn, details: {subject: s, content: 'localized {{code}}', contentType: text/html}}
`,
    prepare: (config) => writeFile(join(dirname(config), 'in.html'), '<p>of the file: {{code}}</p>\n'),
  };
}

withService('a delivery that is none has no form, but the document', async ({ url }) => {
  const page = await open(browser, url, { view: 'document' });
  for (const [value, problem] of [['null', /SignIn/], ['just text', /SignIn/], ['{html: 5, variables: x}', /SignIn/]]) {
    await typeInto(page, 'The whole config as YAML', `endpoint: 5\ndomain: 7\ndeliveries:\n  SignIn: ${value}\ntemplates: [{templateType: SignIn, languageTag: fr, details: x}]\n`);
    await page.getByRole('region', { name: 'Problems' }).getByText(problem).first().waitFor();
    await go(page, 'mails/SignIn');
    await page.getByRole('heading', { name: 'SignIn' }).waitFor();
    if (!value.startsWith('{')) await page.getByText('The form can’t show this part of the document').waitFor();
    await go(page, 'mails/SignIn/fr');
    await page.getByText('The form can’t show this part of the document').waitFor();
    await go(page, 'settings');
    await domain(page).waitFor();
    await go(page, 'document');
  }
  await page.finish();
});

withService('variables that are no JSON yet are kept, and keep the config from being saved without them', async ({ url }) => {
  const page = await open(browser, url, { view: 'mails/SignIn' });
  await page.getByRole('radio', { name: 'Mailgun template', exact: true }).check();
  await page.getByLabel(/^Template name/).fill('one-time-code');
  await typeInto(page, 'Variables', '{"product": "Ac');
  await page.getByRole('link', { name: '1 problem' }).waitFor();
  await page.getByRole('tab', { name: /Generic/ }).click();
  await page.getByRole('heading', { name: 'Generic' }).waitFor();
  assert.ok(await saveButton(page).isDisabled());
  await page.getByRole('tab', { name: /SignIn/ }).click();
  const variables = page.getByRole('textbox', { name: 'Variables', exact: true });
  await variables.getByText('{"product": "Ac').waitFor();
  await typeInto(page, 'Variables', '{"product": "Acme"}');
  await save(page);
  await saved(page);
  assert.deepEqual((await running(url)).deliveries.SignIn.variables, { product: 'Acme' });
  await page.finish();
});

withService('a view that can\'t be drawn loses nothing', async ({ url }) => {
  const page = await open(browser, url, { signIn: false, view: 'mails/SignIn' });
  await page.route('**/metadata', (route) => route.fulfill({ json: { formItems: null } })); // which no service of ours gives
  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await subject(page).fill('Kept: {{code}}');
  await go(page, 'settings');
  await page.getByText('This view could not be shown').waitFor();
  await page.locator('#content').getByRole('link', { name: 'Document' }).click();
  await page.getByRole('textbox', { name: 'The whole config as YAML' }).getByText('Kept:').waitFor();
  await page.finish();
});

withService('what was discarded or removed can be had back', async ({ url }) => {
  const page = await open(browser, url, { view: 'mails/SignIn' });
  const undo = page.getByRole('button', { name: 'Undo' });
  await subject(page).fill('Mine: {{code}}');
  await page.getByRole('button', { name: 'Discard changes' }).click();
  assert.notEqual(await subject(page).inputValue(), 'Mine: {{code}}');
  await undo.click();
  assert.equal(await subject(page).inputValue(), 'Mine: {{code}}');
  await page.getByRole('button', { name: 'Remove this mail' }).click();
  await page.getByText('There is no mail for requests in other languages').waitFor();
  await undo.click();
  await page.getByRole('heading', { name: 'SignIn' }).waitFor();
  assert.equal(await subject(page).inputValue(), 'Mine: {{code}}');
  assert.equal(await undo.count(), 0);
  await page.finish();
});
