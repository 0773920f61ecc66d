// The way in, the languages, what each view is like for those who can't see it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, launch, mailFrame, open, screenshot } from './browser.js';
import { api, sample, startDemo, startService, token } from './service.js';

let browser;
let demo;
before(async () => { [browser, demo] = await Promise.all([launch(), startDemo()]); });
after(async () => { await Promise.all([browser?.close(), demo?.stop()]); });

test('a first visit asks for the token, refuses a wrong one and takes the right one', async () => {
  const page = await open(browser, demo.url, { signIn: false });
  await page.getByLabel('Token').fill('a-wrong-token-0123456789');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('alert').filter({ hasText: 'does not accept' }).waitFor();
  assert.equal(await page.getByLabel('Token').getAttribute('aria-invalid'), 'true');
  await checkAccessibility(page, 'the token form');
  await screenshot(page, 'token');

  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByRole('grid', { name: 'All mails' }).waitFor();
  await page.reload(); // the tab still knows it
  await page.getByRole('grid', { name: 'All mails' }).waitFor();

  const kept = await page.evaluate(() => ({ session: Object.values(sessionStorage), local: Object.keys(localStorage), cookie: document.cookie, page: document.documentElement.outerHTML }));
  assert.deepEqual(kept.session, [token]);
  assert.deepEqual(kept.local, []);
  assert.equal(kept.cookie, '');
  assert.ok(!kept.page.includes(token), 'the token stands in the page');

  await page.getByRole('button', { name: 'Forget token' }).click();
  await page.getByLabel('Token').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await page.finish();
});

test('without --console there is no page', async () => {
  const service = await startService(sample, { args: [] });
  for (const path of ['/', '/console/frame.html', '/sandbox/inbox']) assert.equal((await fetch(service.url + path)).status, 404, path);
  await service.stop();
});

test('the sandbox inbox wants the token, and its faults can\'t be reached from here', async () => {
  const ask = async (path, headers) => (await fetch(demo.url + path, { headers })).status;
  const Authorization = `Bearer ${token}`;
  assert.equal(await ask('/sandbox/inbox'), 401);
  assert.equal(await ask('/sandbox/inbox', { Authorization }), 200);
  assert.equal(await ask('/sandbox/faults', { Authorization }), 404);
  assert.equal(await ask('/sandbox/v3/mg.example.com/messages', { Authorization }), 404);
  assert.equal(await ask('/sandbox/inbox/..%2ffaults', { Authorization }), 404);
});

// What each view shows once it is there: an address alone says nothing of that.
const mail = async (page) => {
  await page.getByRole('heading', { name: 'Preview' }).waitFor();
  await mailFrame(page).getByText('481629', { exact: true }).last().waitFor();
};
const views = {
  mails: (page) => page.getByRole('gridcell').first().waitFor(),
  brand: async (page) => {
    await page.getByLabel(/^Name/).waitFor();
    await page.frameLocator('iframe[title$="Dark"]').getByText('481629', { exact: true }).last().waitFor();
  },
  'mails/SignIn': mail,
  settings: (page) => page.getByLabel(/^Sending domain/).waitFor(),
  callers: (page) => page.getByRole('heading', { name: 'No caller yet' }).waitFor(),
  document: async (page) => {
    await page.getByRole('textbox', { name: /^The whole config/ }).getByText('domain').first().waitFor();
    await page.getByText('No problems').or(page.locator('.findings li').first()).waitFor();
  },
  messages: (page) => page.locator('tbody tr').first().waitFor(),
  versions: (page) => page.getByRole('heading', { name: 'Versions', level: 1 }).waitFor(),
  health: (page) => page.getByRole('rowheader', { name: 'sent', exact: true }).waitFor(),
  inbox: async (page) => {
    await page.getByRole('heading', { name: 'Inbox', level: 1 }).waitFor();
    await mailFrame(page).getByText('000000', { exact: true }).last().waitFor();
  },
};

test('a mail is sent, for the views that list some', async () => {
  const body = JSON.stringify({ email: 'ada@example.org', type: 'SignIn' });
  await api(demo.url, 'POST', '/test', { body, headers: { 'Content-Type': 'application/json' } });
  const code = JSON.stringify({ to: 'ada@example.org', type: 'SignIn', payload: { code: '000000' } });
  await api(demo.url, 'POST', '/send-code', { body: code, headers: { 'Content-Type': 'application/json' } });
});

for (const colorScheme of ['light', 'dark']) {
  test(`every view is accessible, ${colorScheme}`, async () => {
    const page = await open(browser, demo.url, { colorScheme });
    for (const [view, isShown] of Object.entries(views)) {
      await page.goto(`${demo.url}/#/${view}`);
      await isShown(page);
      await checkAccessibility(page, view);
      await screenshot(page, `${view.replace('/', '-')}-${colorScheme}`);
    }
    await page.finish();
  });
}

test('every view fits a phone', async () => {
  const page = await open(browser, demo.url, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  for (const [view, isShown] of Object.entries(views)) {
    await page.goto(`${demo.url}/#/${view}`);
    await isShown(page);
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= screen, `${view} is ${content} wide on a screen of ${screen}`);
    await checkAccessibility(page, `${view} on a phone`);
    await screenshot(page, `${view.replace('/', '-')}-phone`, { fullPage: true });
  }
  await page.finish();
});

test('a Japanese browser gets Japanese', async () => {
  const page = await open(browser, demo.url, { locale: 'ja-JP' });
  await page.getByRole('link', { name: '設定' }).click();
  await page.getByRole('heading', { name: '設定', level: 1 }).waitFor();
  await page.getByRole('textbox', { name: '送信ドメイン 必須' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'ja');
  await screenshot(page, 'settings-ja');
  await page.getByRole('navigation').getByRole('link', { name: 'メール', exact: true }).click();
  await page.getByRole('grid', { name: 'すべてのメール' }).waitFor();
  await checkAccessibility(page, 'the mails in Japanese');
  await screenshot(page, 'mails-ja');
  await page.getByRole('link', { name: 'ブランド', exact: true }).click();
  await page.getByRole('heading', { name: 'プレビュー' }).waitFor();
  await screenshot(page, 'brand-ja');
  await page.finish();
});

test('a browser of another language gets English', async () => {
  const page = await open(browser, demo.url, { locale: 'fi-FI' });
  await page.getByRole('link', { name: 'Settings' }).waitFor();
  await page.finish();
});
