// Mails that stand in files, the images of a mail, and what the service warns of in it.

import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before } from 'node:test';
import { checkAccessibility, eventually, launch, mailFrame, open, saveButton, screenshot, typeInto } from './browser.js';
import { running, withService } from './service.js';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

const preview = (page) => page.getByRole('complementary', { name: 'Preview' });
const html = (page) => page.getByRole('textbox', { name: 'HTML', exact: true });

const inFiles = {
  text: `domain: mg.example.com
from: a@mg.example.com
deliveries:
  Register: {subject: s, htmlFile: mails/Register.html, textFile: mails/Register.txt}
  Generic: {subject: s, html: '<html lang="en"><p>{{code}}</p></html>'}
`,
  prepare: async (config) => {
    await mkdir(join(dirname(config), 'mails'));
    await writeFile(join(dirname(config), 'mails/Register.html'), '<html lang="en"><p>of the file: {{code}}</p></html>\n');
    await writeFile(join(dirname(config), 'mails/Register.txt'), 'text of the file: {{code}}\n');
    await writeFile(join(dirname(config), 'mails/layout.html'), '<html lang="en"><p>around</p>{{{content}}}</html>\n');
  },
};

const fileOf = (config, ending = 'html') => join(dirname(config), `mails/Register.${ending}`);

async function save(page) {
  await eventually('saving becomes possible', async () => saveButton(page).isEnabled());
  await saveButton(page).click();
}

const saved = (page) => page.getByText('The service runs on this config now').waitFor();

withService('a mail in files is edited as files, and saved into them', async ({ url, config }) => {
  const before = await readFile(config, 'utf8');
  const page = await open(browser, url, { view: 'mails/Register' });
  page.on('dialog', (dialog) => dialog.accept());
  await page.getByText('The HTML is in the file mails/Register.html').waitFor();
  await typeInto(page, 'HTML', '<html lang="en"><p>changed: {{code}}</p></html>\n');
  await mailFrame(page).getByText('changed: 481629').waitFor();
  await page.getByText('Unsaved changes').waitFor();
  assert.match(await readFile(fileOf(config), 'utf8'), /of the file/, 'the file is not written yet');

  await page.getByRole('button', { name: 'Discard changes' }).click();
  await mailFrame(page).getByText('of the file: 481629').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await mailFrame(page).getByText('changed: 481629').waitFor();
  await page.reload(); // which a draft outlives
  await page.getByText('your changes from before').waitFor();
  await mailFrame(page).getByText('changed: 481629').waitFor();

  await typeInto(page, 'Plain text', 'text changed: {{code}}\n');
  await preview(page).getByRole('tab', { name: 'Plain text' }).click();
  await preview(page).getByText('text changed: 481629').waitFor();
  await save(page);
  await saved(page);
  assert.equal(await readFile(fileOf(config), 'utf8'), '<html lang="en"><p>changed: {{code}}</p></html>\n');
  assert.equal(await readFile(fileOf(config, 'txt'), 'utf8'), 'text changed: {{code}}\n');
  assert.equal(await readFile(config, 'utf8'), before, 'the config is as it was');
  assert.equal(await page.getByText('Unsaved changes').count(), 0);

  await page.getByRole('button', { name: 'Move it into the config' }).first().click();
  await page.getByRole('tab', { name: /Register HTML$/ }).waitFor();
  await save(page);
  await saved(page);
  assert.match((await running(url)).deliveries.Register.html, /changed/);
  await page.finish();
}, inFiles);

withService('the layout around the mails is edited in its file, or begun in the config', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'mails' });
  await page.getByRole('link', { name: 'Layout', exact: true }).click();
  await page.getByText('There is no layout').waitFor();
  await page.getByRole('region', { name: 'Layout' }).getByRole('button', { name: 'Add', exact: true }).click();
  await typeInto(page, 'HTML', '<html lang="en"><h1>Above</h1>{{{content}}}</html>');
  await mailFrame(page).getByText('Above').waitFor();
  await mailFrame(page).getByText('of the file: 481629').waitFor();
  await checkAccessibility(page, 'the layout');
  await screenshot(page, 'layout');
  await page.getByRole('button', { name: 'Remove the layout' }).click();
  await page.getByText('There is no layout').waitFor();
  await page.getByRole('link', { name: 'Document' }).click();
  await page.getByRole('textbox', { name: 'The whole config as YAML' }).getByText('domain').first().click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.insertText('layout: mails/layout.html\n');
  await page.evaluate(() => { location.hash = '#/mails/~layout'; });
  await page.getByText('The HTML is in the file mails/layout.html').waitFor();
  await html(page).getByText('around').waitFor();
  await typeInto(page, 'HTML', '<html lang="en"><p>changed</p>{{{content}}}</html>\n');
  await mailFrame(page).getByText('changed').waitFor();
  await save(page);
  await saved(page);
  assert.match(await readFile(join(dirname(config), 'mails/layout.html'), 'utf8'), /changed/);
  await page.finish();
}, inFiles);

withService('a file whose text would break the config is not saved, and told of beside it', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'mails/Register' });
  await html(page).getByText('of the file').waitFor();
  await typeInto(page, 'HTML', '<p>{{#if code}}{{code}}</p>\n');
  await page.getByRole('link', { name: '1 problem' }).waitFor();
  assert.ok(await saveButton(page).isDisabled());
  await page.locator('.mail-editor .problems').getByText(/line 1/i).waitFor();
  await page.getByRole('link', { name: '1 problem' }).click();
  await page.getByText('/deliveries/Register/htmlFile').waitFor();
  await page.evaluate(() => { location.hash = '#/mails/Register'; });
  await typeInto(page, 'HTML', '<html lang="en">{{#if code}}{{code}}{{/if}}</html>\n');
  await save(page);
  await saved(page);
  assert.match(await readFile(fileOf(config), 'utf8'), /\{\{\/if\}\}/);
  await page.finish();
}, inFiles);

withService('two people change one file: both versions, and the choice', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'mails/Register' });
  await html(page).getByText('of the file').waitFor();
  await typeInto(page, 'HTML', '<html lang="en"><p>mine: {{code}}</p></html>\n');
  await mailFrame(page).getByText('mine: 481629').waitFor();
  await writeFile(fileOf(config), '<html lang="en"><p>theirs: {{code}}</p></html>\n');
  await save(page);
  const dialog = page.getByRole('dialog', { name: 'Changed by somebody else' });
  await dialog.getByText('The file mails/Register.html was changed elsewhere').waitFor();
  await dialog.getByText(/theirs: /).waitFor();
  await dialog.getByText(/mine: /).waitFor();
  await checkAccessibility(page, 'two versions of a file');
  await screenshot(page, 'file-conflict');
  await dialog.getByRole('button', { name: 'Save mine over theirs' }).click();
  await saved(page);
  assert.match(await readFile(fileOf(config), 'utf8'), /mine: /);

  await typeInto(page, 'HTML', '<html lang="en"><p>mine again: {{code}}</p></html>\n');
  await mailFrame(page).getByText('mine again: 481629').waitFor();
  await writeFile(fileOf(config), '<html lang="en"><p>theirs again: {{code}}</p></html>\n');
  await save(page);
  await dialog.getByRole('button', { name: 'Take theirs, drop mine' }).click();
  await html(page).getByText('theirs again: ').waitFor();
  await mailFrame(page).getByText('theirs again: 481629').waitFor();
  await eventually('nothing is unsaved', async () => (await page.getByText('Unsaved changes').count()) === 0);
  await page.finish();
}, inFiles);

withService('a file that was changed elsewhere is shown as it is now', async ({ url, config }) => {
  const page = await open(browser, url, { view: 'mails/Register' });
  await html(page).getByText('of the file').waitFor();
  await writeFile(fileOf(config), '<html lang="en"><p>newer: {{code}}</p></html>\n');
  await html(page).getByText('newer: ').waitFor();
  await mailFrame(page).getByText('newer: 481629').waitFor();
  await page.finish();
}, inFiles);

const withImages = `<html lang="en"><body background="https://images.example/back.png">
<img alt="Acme" src="https://images.example/logo.png" onerror="top.pwned = 1" onload="top.pwned = 2">
<img alt="" src="http://images.example/plain.png"><img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<link rel="stylesheet" href="https://images.example/l.css"><script src="https://images.example/s.js"></script>
<style>@import url(https://images.example/c.css); @font-face { font-family: x; src: url(https://images.example/f.woff) } p { font-family: x }</style>
<iframe src="https://images.example/frame"></iframe><video src="https://images.example/v.mp4" autoplay></video>
<p>the end {{code}}</p></body></html>`;
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

withService('images are loaded when somebody asks, those with https alone, and nothing else is', async ({ url }) => {
  const page = await open(browser, url, { view: 'mails/Generic' });
  const asked = [];
  await page.context().route('**://images.example/**', (route) => {
    asked.push(route.request());
    return route.fulfill({ contentType: 'image/png', body: pixel });
  });
  await typeInto(page, 'HTML', withImages);
  await mailFrame(page).getByText('the end 481629').waitFor();
  await preview(page).getByText('Images from the network that are not loaded: 2').waitFor();
  await preview(page).getByText('Images without https, which are never loaded here: 1').waitFor();
  await page.waitForTimeout(300); // for what would come late
  assert.deepEqual(asked.map((request) => request.url()), [], 'nothing was asked for before');
  await page.keyboard.press('Escape'); // the editor's suggestions
  await checkAccessibility(page, 'a mail with images');

  await preview(page).getByRole('button', { name: 'Load images' }).click();
  await eventually('the images', async () => new Set(asked.map((request) => request.url())).size === 2);
  await mailFrame(page).getByText('the end 481629').waitFor();
  const loaded = await mailFrame(page).locator('img[alt="Acme"]').evaluate((image) => image.complete && image.naturalWidth);
  assert.equal(loaded, 1);
  await page.waitForTimeout(300);
  assert.deepEqual([...new Set(asked.map((request) => request.url()))].sort(), ['https://images.example/back.png', 'https://images.example/logo.png']);
  for (const request of asked) assert.equal((await request.allHeaders()).referer, undefined, 'their server learns of no page');
  assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
  assert.equal(await preview(page).getByRole('button', { name: 'Load images' }).count(), 0);
  await screenshot(page, 'images');

  await page.evaluate(() => { location.hash = '#/mails/Register'; }); // another mail, another answer
  await mailFrame(page).getByText('of the file: 481629').waitFor();
  await page.evaluate(() => { location.hash = '#/mails/Generic'; });
  await preview(page).getByRole('button', { name: 'Load images' }).waitFor();
  page.seen.foreign = page.seen.foreign.filter((address) => !address.startsWith('https://images.example/'));
  await page.finish({ complaints: /Content Security Policy|sandboxed/ });
}, inFiles);

withService('the mail check lists what the service warns of, with its place, and blocks nothing', async ({ url }) => {
  const page = await open(browser, url, { view: 'mails/Generic' });
  const check = preview(page).locator('.mail-check');
  await check.getByText('nothing found').waitFor();
  await typeInto(page, 'HTML', '<html>\n<img src="https://a.example/x.png">\n<form></form>{% if x %}\n<p>{{code}}</p></html>');
  await check.getByText('4 warnings').waitFor();
  const all = await check.locator('li').allTextContents();
  for (const [place, words] of [['html', /^html Line 1 has an <html> without "lang"/], ['html', /^html Line 2 .*"alt"/], ['html', /^html Line 3 has a <form>/], ['html', /^html Line 3: \{% if x %\}/]]) {
    assert.ok(all.some((text) => words.test(text)), `${place}: ${all.join(' | ')}`);
  }
  await eventually('the marks in the text', async () => (await page.locator('.mail-editor .cm-lintRange-warning').count()) > 0);
  await checkAccessibility(page, 'the mail check');
  await screenshot(page, 'mail-check');
  await save(page);
  await saved(page);

  await page.evaluate(() => { location.hash = '#/mails/Register'; });
  await check.getByText('nothing found').waitFor(); // of this mail
  await typeInto(page, 'HTML', '<html><p>{{code}}</p></html>');
  await check.getByText('1 warning', { exact: true }).waitFor();
  await check.getByText(/^htmlFile/).waitFor();
  await page.finish({ complaints: /Content Security Policy/ }); // the picture
}, inFiles);
