// What the people who try the console met: a service that is away, a token that was
// replaced, a tab that was loaded anew, another tab, another language.

import assert from 'node:assert/strict';
import { mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkAccessibility, eventually, launch, open, saveButton, screenshot, typeInto } from './browser.js';
import { change, running, sample, startService, token, withService } from './service.js';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

const domain = (page) => page.getByLabel(/^Sending domain/);
const unsaved = (page) => page.getByText('Unsaved changes').waitFor();
const saved = (page) => page.getByText('The service runs on this config now').waitFor();

/** The contrast of a button's words with what is behind them (WCAG 2.2). */
const contrast = (locator) => locator.evaluate((button) => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map(Number).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const { color, backgroundColor } = getComputedStyle(button);
  const [light, dark] = [luminance(color), luminance(backgroundColor)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
});

for (const colorScheme of ['light', 'dark']) {
  withService(`the Save button can be read after a click, ${colorScheme}`, async ({ url }) => {
    const page = await open(browser, url, { view: 'settings', colorScheme });
    await domain(page).fill('mg2.example.com');
    await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
    await saveButton(page).click(); // the pointer stays on it
    await saved(page);
    assert.ok(await saveButton(page).isDisabled());
    await page.waitForTimeout(300); // the colours change slowly
    assert.ok(await contrast(saveButton(page)) >= 4.5, `contrast ${await contrast(saveButton(page))}`);
    await screenshot(page, `saved-${colorScheme}`);
    await page.finish();
  });
}

withService('Ctrl+S saves, and only what can be saved', async ({ url }) => {
  const page = await open(browser, url, { view: 'settings' });
  await page.keyboard.press('Control+s');
  assert.equal(await page.getByText('The service runs on this config now').count(), 0, 'there was nothing to save');
  await domain(page).fill('mg2.example.com');
  await page.keyboard.press('Control+s');
  await saved(page);
  assert.equal((await running(url)).domain, 'mg2.example.com');
  await page.evaluate(() => { location.hash = '#/document'; });
  await page.getByRole('textbox', { name: 'The whole config as YAML' }).getByText('# kept by hand').click();
  await page.keyboard.press('End');
  await page.keyboard.type(', and from the document');
  await page.keyboard.press('Control+s');
  await eventually('nothing is unsaved', async () => (await page.getByText('Unsaved changes').count()) === 0);
  await page.finish();
});

test('a service that is away is told of in words, and what was typed is still there when it is back', async () => {
  const service = await startService(sample);
  const page = await open(browser, service.url, { view: 'settings' });
  await service.stop();
  await domain(page).fill('mg2.example.com');
  await page.getByText('The service does not answer').first().waitFor();
  await eventually('saving is not held back', async () => saveButton(page).isEnabled());
  await saveButton(page).click();
  await page.getByRole('status').getByText('The service does not answer').first().waitFor();
  assert.equal(await page.getByText('Failed to fetch').count(), 0);
  assert.equal(await domain(page).inputValue(), 'mg2.example.com');
  await screenshot(page, 'service-away');
  await page.finish();
});

test('a token that was replaced is asked for again, over the page as it is', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'console-token-')), 'tokens');
  const next = 'the-token-after-that-0123456789';
  await writeFile(file, `${token} send,read,edit\n`);
  const service = await startService(sample, { tokens: ['--token-file', file] });
  const page = await open(browser, service.url, { view: 'mails/SignIn' });
  await page.getByLabel('Subject', { exact: true }).fill('Mine: {{code}}');
  await unsaved(page);
  await writeFile(`${file}.new`, `${next} send,read,edit\n`);
  await rename(`${file}.new`, file);
  const dialog = page.getByRole('dialog', { name: 'Enter the token again' });
  await dialog.getByText('Your changes are still here').waitFor();
  await checkAccessibility(page, 'the token asked for again');
  await screenshot(page, 'token-again');
  await page.keyboard.press('Escape');
  await dialog.getByLabel('Token').fill('wrong-token-0123456789');
  await page.keyboard.press('Enter');
  await dialog.getByText('The service does not accept this token').first().waitFor();
  await dialog.getByLabel('Token').fill(next);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await page.getByLabel('Subject', { exact: true }).inputValue(), 'Mine: {{code}}');
  await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
  await saveButton(page).click();
  await saved(page);
  await page.finish();
  await service.stop();
});

withService('a draft outlives a reload, with the version that it began with, but not a key that was typed', async ({ url }) => {
  const page = await open(browser, url, { view: 'settings' });
  page.on('dialog', (dialog) => dialog.accept());
  await domain(page).fill('mine.example.com');
  await page.getByRole('region', { name: 'Mailgun' }).getByRole('button', { name: 'Replace' }).click();
  await page.getByLabel('New API key').fill('key-typed-in-the-console');
  await page.getByRole('region', { name: 'Failover' }).getByRole('button', { name: 'Replace' }).click();
  await page.getByLabel('New second key').fill('second-key-typed-in-the-console');
  await unsaved(page);
  await page.reload();
  await page.getByText('your changes from before').waitFor();
  assert.equal(await domain(page).inputValue(), 'mine.example.com');
  const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
  assert.ok(!kept.includes('key-typed'), 'the key is in no storage');
  await unsaved(page);

  await change(url, 'Acme <no-reply@', 'Theirs <theirs@');
  await page.reload();
  await page.getByText('The config was changed elsewhere, and you have changes here too.').waitFor();
  assert.equal(await domain(page).inputValue(), 'mine.example.com');
  await page.getByRole('button', { name: 'Discard changes' }).click();
  await eventually('theirs', async () => (await page.getByLabel(/^Sender/).inputValue()).startsWith('Theirs'));
  await page.reload();
  await domain(page).waitFor();
  assert.equal(await page.getByText('Unsaved changes').count(), 0);
  await page.finish();
});

withService('a second tab has the token of the first, and both forget it', async ({ url }) => {
  const page = await open(browser, url, { view: 'settings' });
  const second = await page.context().newPage();
  await second.goto(`${url}/#/settings`);
  await domain(second).waitFor();
  assert.equal(await second.evaluate(() => Object.keys(localStorage).length), 0, 'nothing is left on the disk');
  await second.getByRole('button', { name: 'Forget token' }).click();
  await page.getByLabel('Token').waitFor();
  await second.getByLabel('Token').fill(token);
  await second.keyboard.press('Enter');
  await domain(second).waitFor();
  await domain(page).waitFor(); // it was typed in once
  await page.finish();
});

const many = sample + Array.from({ length: 12 }, (_, i) => `  Custom.${i}: {subject: s, html: '{{code}}'}\n`).join('');

withService('a type is found in a long list', async ({ url }) => {
  const page = await open(browser, url, { view: 'mails/SignIn' });
  const search = page.getByRole('searchbox', { name: 'Search types' });
  await search.fill('tom.1');
  await eventually('three types', async () => (await page.locator('.tabs-vertical [role=tab]').count()) === 3);
  await screenshot(page, 'types-searched');
  await page.getByRole('tab', { name: /Custom\.11/ }).click();
  await page.getByRole('heading', { name: 'Custom.11' }).waitFor();
  await search.fill('register');
  await page.getByRole('button', { name: 'Add Register' }).waitFor();
  await search.fill('nothing like it');
  await page.getByText('No type matches').waitFor();
  await checkAccessibility(page, 'the search of types');
  await page.finish();
}, { text: many });

const japanese = /[\u3040-\u30ff\u4e00-\u9fff]/;

withService('in Japanese the service\'s own messages are Japanese too', async ({ url }) => {
  const page = await open(browser, url, { view: 'document', locale: 'ja-JP' });
  await typeInto(page, '設定の全体（YAML）', `domain: https://mg.example.com
from: nobody
more: 1
options: {deliverWithin: 1m, tracking: 5}
deliveries:
  SignIn: {subject: "a\\nb", html: ''}
  Register: {html: x, template: y}
`);
  const findings = page.locator('.findings li');
  await eventually('the problems', async () => (await findings.count()) >= 6);
  for (const text of await findings.allTextContents()) assert.match(text, japanese);
  await typeInto(page, '設定の全体（YAML）', 'domain: [');
  await eventually('what can\'t be read', async () => (await findings.count()) === 1 && japanese.test(await findings.first().textContent()));
  await page.evaluate(() => { location.hash = '#/mails/SignIn'; });
  await page.getByRole('button', { name: '変更を破棄' }).click();
  await page.getByLabel('宛先', { exact: true }).fill('a@example.org, b@example.org');
  await page.getByRole('button', { name: 'テストを送信' }).click();
  await page.getByText('リクエストが正しくありません').waitFor();
  await screenshot(page, 'test-refused-ja');
  await page.finish();
});
