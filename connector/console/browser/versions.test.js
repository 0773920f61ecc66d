// What was saved can be seen and brought back, and two editors do not undo each other.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, launch, open, saveButton, screenshot } from './browser.js';
import { change, running, sample, startService, withService } from './service.js';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

const subjects = async (url) => {
  const { SignIn, Generic } = (await running(url)).deliveries;
  return [SignIn.subject, Generic.subject];
};

withService('a version is compared, and restored: one mail, then all', async (service) => {
  await change(service.url, 'your sign-in code', 'spoilt');
  await change(service.url, 'is your code"', 'is spoilt too"');
  const page = await open(browser, service.url, { view: 'versions' });
  const list = page.getByRole('navigation', { name: 'Saved versions' }).getByRole('link');
  await list.nth(2).waitFor();
  await list.first().getByText('runs now').waitFor();
  assert.equal(await list.count(), 3);
  await list.nth(2).click();
  const shown = page.getByRole('region', { name: 'The chosen version' });
  await shown.getByText('is your sign-in code').waitFor();
  await shown.getByText('spoilt too').waitFor();
  await checkAccessibility(page, 'versions');
  await screenshot(page, 'versions', { fullPage: true });

  await shown.getByRole('button', { name: 'Restore /deliveries/SignIn only' }).click();
  await page.getByText('Restored. The service runs on it now.').waitFor();
  assert.deepEqual(await subjects(service.url), ['{{code}} is your sign-in code', '{{code}} is spoilt too']);
  await shown.getByRole('button', { name: 'Restore all of it' }).click();
  await shown.getByText('It is the same as what runs.').waitFor();
  assert.deepEqual(await subjects(service.url), ['{{code}} is your sign-in code', '{{code}} is your code']);
  assert.equal(await list.count(), 5, 'nothing is lost by that');
  await page.finish();
});

const localized = `${sample}templates:
  - templateType: SignIn
    languageTag: fr
    details: {subject: le code, content: "{{code}}"}
  - templateType: SignIn
    languageTag: de
    details: {subject: der Code, content: "{{code}}"}
`;

withService('one of the localized mails comes back by itself, by its name', async (service) => {
  await change(service.url, 'le code', 'spoilt');
  await change(service.url, 'der Code', 'better');
  await change(service.url, 'templates:\n', 'templates:\n  - {templateType: Register, languageTag: fr, details: {subject: x, content: "{{code}}"}}\n');
  const page = await open(browser, service.url, { view: 'versions' });
  await page.getByRole('navigation', { name: 'Saved versions' }).getByRole('link').last().click();
  const shown = page.getByRole('region', { name: 'The chosen version' });
  await shown.getByRole('button', { name: 'Restore SignIn (German) only' }).waitFor();
  await checkAccessibility(page, 'a version with localized mails');
  await screenshot(page, 'versions-localized', { fullPage: true });
  await shown.getByRole('button', { name: 'Restore SignIn (French) only' }).click();
  await page.getByText('Restored. The service runs on it now.').waitFor();
  assert.deepEqual((await running(service.url)).templates.map(({ details }) => details.subject), ['x', 'le code', 'better']);
  await page.finish();
}, { text: localized });

withService('with unsaved changes nothing is restored over them', async (service) => {
  await change(service.url, 'your sign-in code', 'another');
  const page = await open(browser, service.url, { view: 'mails/Generic' });
  await page.getByRole('textbox', { name: 'Subject' }).fill('{{code}}, not saved');
  await page.getByRole('link', { name: 'Versions' }).click();
  await page.getByRole('navigation', { name: 'Saved versions' }).getByRole('link').last().click();
  await page.getByText('There are unsaved changes here').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Restore all of it' }).isDisabled());
  await page.finish();
});

withService('changes of two editors at different places are joined', async (service) => {
  await change(service.url, '# kept by hand', '# kept by hand, and a version'); // both begin with a saved one
  const page = await open(browser, service.url, { view: 'mails/Generic' });
  await page.getByRole('textbox', { name: 'Subject' }).fill('{{code}}, mine');
  await change(service.url, 'your sign-in code', 'theirs');
  await saveButton(page).click();
  await page.getByText('Saved, together with what somebody else had saved meanwhile').waitFor();
  assert.deepEqual(await subjects(service.url), ['{{code}} is theirs', '{{code}}, mine']);
  await page.getByRole('link', { name: 'Document' }).click();
  await page.getByText('is theirs').first().waitFor();
  await page.finish();
});

withService('changes of two editors at the same place are shown at the first difference', async (service) => {
  await change(service.url, '# kept by hand', '# kept by hand, and a version');
  const page = await open(browser, service.url, { view: 'mails/SignIn' });
  await page.getByRole('textbox', { name: 'Subject' }).fill('{{code}}, mine');
  await change(service.url, 'your sign-in code', 'theirs');
  await saveButton(page).click();
  const dialog = page.getByRole('dialog', { name: 'Changed by somebody else' });
  await dialog.getByText('Both of you changed: /deliveries/SignIn/subject').waitFor();
  const changed = dialog.locator('td.removed').first();
  assert.ok(await changed.evaluate((cell) => {
    const frame = cell.closest('.versions').getBoundingClientRect();
    const { top, bottom } = cell.getBoundingClientRect();
    return top >= frame.top && bottom <= frame.bottom;
  }), 'the first difference is in sight');
  await checkAccessibility(page, 'a conflict');
  await screenshot(page, 'conflict');
  await dialog.getByRole('button', { name: 'Save mine over theirs' }).click();
  await page.getByText('Saved.').waitFor();
  assert.equal((await subjects(service.url))[0], '{{code}}, mine');
  await page.finish();
});

const reader = 'reader-token-0123456789';

test('a token without the scope is told so', async () => {
  const service = await startService(sample, { tokens: ['--token', `${reader} read`] });
  const page = await open(browser, service.url, { signIn: false, view: 'versions' });
  await page.getByLabel('Token').fill(reader);
  await page.keyboard.press('Enter');
  await page.getByText('This token may not look at versions').waitFor();
  await page.getByRole('link', { name: 'Health' }).click();
  await page.getByText('This token may not ask').waitFor();
  await page.finish();
  await service.stop();
});
