// The config is a text: what nobody changes goes back byte for byte, whatever its lines
// end with and whatever else is in them.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { eventually, launch, open, saveButton } from './browser.js';
import { running, sample, startService, withService } from './service.js';

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

const localized = `# Acme's mails
domain: mg.example.com\t# bare
apiKey:   'key-0123456789'   # may only send
from: "Acme 🔑 <no-reply@mg.example.com>"

deliveries:
  Generic: &all   # every other
    subject: 'Code: {{code}}'
    html: |
      <p>Your code is</p>

      <p>{{code}} 😀</p>
  Register:   *all

templates:
- languageTag: en      # the first

  templateType: SignIn
  details: {subject:   "Sign in: {{code}}",
            content: '<p>{{code}}</p>'}


# French

- languageTag: fr
  templateType: "SignIn"
  details:
    subject: "Connexion : {{code}}"   # with a space
    content: |-
      <p>

        {{code}}
      </p>
options: {tags: [a,  b]}
`;

const ways = {
  'lines of Windows': (text) => text.replaceAll('\n', '\r\n'),
  'lines of an old Macintosh': (text) => text.replaceAll('\n', '\r'),
  'U+2028, U+2029 and U+0085': (text) =>
    text
      .replace('Code: ', 'Code\u2028\u2028\u2029 ')
      .replace('# French\n', '# French\u2028# too\u0085')
      .replace('# may only send\n', '# may only send\u2029'),
  'a byte order mark, and no end of the last line': (text) => `\ufeff${text.trimEnd()}`,
};

const fill = (page, name, text) => page.getByLabel(name).fill(text);
const go = (page, view) =>
  page.evaluate((hash) => {
    location.hash = hash;
  }, `#/${view}`);

async function save(page) {
  await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
  await saveButton(page).click();
  await page.getByText('The service runs on this config now').waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).click();
}

for (const [name, written] of Object.entries(ways)) {
  const text = written(localized);
  withService(
    `one word changes one word: ${name}`,
    async ({ url, config }) => {
      const page = await open(browser, url, { view: 'mails/SignIn/fr' });
      await fill(page, /^Subject/, 'Code : {{code}}');
      await save(page);
      let want = text.replace('"Connexion :', '"Code :');
      assert.equal(await readFile(config, 'utf8'), want);
      await go(page, 'mails/SignIn/en');
      await fill(page, /^Subject/, 'Now: {{code}}');
      await go(page, 'settings');
      await fill(page, /^Sending domain/, 'mg2.example.com');
      await save(page);
      want = want.replace('Sign in:', 'Now:').replace('mg.example.com\t', 'mg2.example.com\t');
      assert.equal(await readFile(config, 'utf8'), want);
      assert.equal((await running(url)).templates[0].details.subject, 'Now: {{code}}');
      await page.finish();
    },
    { text },
  );
}

withService(
  'typing in the whole text of Windows changes what was typed',
  async ({ url, config }) => {
    const page = await open(browser, url, { view: 'document' });
    const editor = page.getByRole('textbox', { name: 'The whole config as YAML' });
    await editor.getByText('# French').click();
    await page.keyboard.press('End');
    await page.keyboard.type(' of Canada, too');
    await page.keyboard.press('Enter');
    await page.keyboard.type('# eh');
    await save(page);
    const want = localized.replace('# French\n', '# French of Canada, too\n# eh\n').replaceAll('\n', '\r\n');
    assert.equal(await readFile(config, 'utf8'), want);
    await go(page, 'mails/SignIn/fr');
    const html = page.getByRole('textbox', { name: 'HTML', exact: true });
    await html.getByText('{{code}}').click();
    await page.keyboard.press('End');
    await page.keyboard.type('!');
    await save(page);
    assert.equal(
      await readFile(config, 'utf8'),
      want.replace('        {{code}}\r\n      </p>', '        {{code}}!\r\n      </p>'),
    );
    await page.finish();
  },
  { text: localized.replaceAll('\n', '\r\n') },
);

withService(
  "a config that can't be shown says why",
  async ({ url }) => {
    const page = await open(browser, url, { signIn: false });
    await page.getByLabel('Token').fill('browser-test-token-0123456789');
    await page.keyboard.press('Enter');
    await page.getByText("can't be shown").waitFor();
    await page.getByText(/MAILGUN_API_KEY_FILE/).waitFor();
    await page.finish();
  },
  { text: `${sample}  T: {template: t, variables: {k: &k key-0123456789}}\napiKey: *k\n` },
);

test('a config of 400 KB is checked, shown, tried and saved, and travels only when it was changed', async () => {
  const mail = `<html lang="en"><body>\n${'<p style="font-family: sans-serif">Your code is {{code}}.</p>\n'.repeat(150)}</body></html>\n`;
  const templates = ['en', 'de', 'fr', 'ja', 'zh-CN'].flatMap((languageTag) =>
    ['SignIn', 'Register', 'ForgotPassword', 'Generic', 'MfaVerification', 'BindMfa', 'Other', 'Another', 'More'].map(
      (templateType) => ({ languageTag, templateType, details: { subject: '{{code}}', content: mail } }),
    ),
  );
  const text = JSON.stringify(
    {
      domain: 'mg.example.com',
      from: 'no-reply@mg.example.com',
      deliveries: { Generic: { subject: '{{code}}', html: mail } },
      templates,
    },
    null,
    1,
  );
  assert.ok(text.length > 400_000);
  const service = await startService(text, { name: 'connector.json' });
  const page = await open(browser, service.url, { signIn: false });
  const sent = [];
  page.on('request', (request) => {
    if (request.method() !== 'GET') sent.push([new URL(request.url()).pathname, request.postDataBuffer().length]);
  });
  await page.getByLabel('Token').fill('browser-test-token-0123456789');
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: /SignIn/ }).click();
  await page.getByRole('tab', { name: 'de', exact: true }).click();
  await page.getByRole('complementary', { name: 'Preview' }).getByText('templates/SignIn/de').waitFor();
  const previews = () => sent.filter(([path]) => path === '/preview').map(([, size]) => size);
  assert.ok(
    previews().every((size) => size < 1000),
    `the running config travelled: ${previews()}`,
  );

  await fill(page, /^Subject/, 'Ihr Code: {{code}}');
  await page.getByRole('complementary', { name: 'Preview' }).getByText('Ihr Code: 481629').waitFor();
  assert.ok(previews().at(-1) > 400_000, 'what was changed is shown');
  await save(page);
  assert.equal(
    await readFile(service.config, 'utf8'),
    text.replace(
      /("languageTag": "de",\s+"templateType": "SignIn",\s+"details": \{\s+"subject": )"\{\{code\}\}"/,
      '$1"Ihr Code: {{code}}"',
    ),
  );
  await page.finish();
  await service.stop();
});
