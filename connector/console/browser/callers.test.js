// The identity servers that call: what to paste there, how it goes, what would be sent.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before } from 'node:test';
import { checkAccessibility, launch, mailFrame, open, screenshot } from './browser.js';
import { api, sample, withService } from './service.js';

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

const key = 'a-key-of-some-24-bytes-or-more';
const withCallers = `${sample}callers:
  auth:
    type: supabase
    secrets: ["v1,whsec_${Buffer.from(key).toString('base64')}"]
    verifyUrl: https://abc.supabase.co/auth/v1/verify
  kratos:
    type: kratos
    tokens: [a-token-of-a-caller-of-ours]
`;
const options = { text: withCallers };

const magicLink = JSON.stringify({
  metadata: { uuid: 'u-1' },
  user: { email: 'ada@example.org', user_metadata: { locale: 'de' } },
  email_data: { token: '739164', token_hash: 'h', email_action_type: 'magiclink' },
});

/** Calls as Supabase does, signed with a key; gives the status. */
async function call(url, body, { secret = key } = {}) {
  const [id, at] = ['id-1', String(Math.floor(Date.now() / 1000))];
  const signature = createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest('base64');
  const headers = { 'Content-Type': 'application/json', 'Webhook-Id': id, 'Webhook-Timestamp': at, 'Webhook-Signature': `v1,${signature}` };
  const response = await fetch(`${url}/hooks/auth`, { method: 'POST', body, headers });
  return response.status;
}

const card = (page, name) => page.getByRole('region', { name, exact: true });

withService('a card says what to paste, what each mail would be, and how the last call went', async ({ url }) => {
  const page = await open(browser, url, { view: 'callers', permissions: ['clipboard-read', 'clipboard-write'] });
  const auth = card(page, 'auth');
  await auth.getByText('None since the service started').waitFor();
  assert.equal(await auth.getByLabel('URL to paste there').inputValue(), `${url}/hooks/auth`);
  await auth.getByRole('button', { name: 'Copy' }).click();
  await auth.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${url}/hooks/auth`);
  await auth.getByText('In the dashboard: Authentication, Hooks, Send Email').waitFor();
  await auth.getByText('What it asks for, and what it gets').click();
  const row = (word) => auth.getByRole('row').filter({ has: page.getByText(word, { exact: true }) });
  assert.match(await row('magiclink').textContent(), /SignIn.*your mail.*deliveries\/SignIn/);
  assert.match(await row('signup').textContent(), /Register.*Generic’s/);
  assert.match(await row('password_changed_notification').textContent(), /not sent: no content/);
  assert.equal(await call(url, magicLink, { secret: 'another key' }), 401);
  await auth.getByText('Its signature was made with another secret').waitFor();
  await call(url, '{}');
  await auth.getByText('The call has no email_data.email_action_type.').waitFor();
  await auth.getByText('The call above came after it and proved itself.').waitFor();
  await checkAccessibility(page, 'the cards of callers');
  await screenshot(page, 'callers', { fullPage: true });
  await page.finish();
}, options);

withService('a pasted request shows what would be sent, and a bad one why nothing is', async ({ url }) => {
  const page = await open(browser, url, { view: 'callers' });
  const auth = card(page, 'auth');
  await auth.getByText('Try a request').click();
  const paste = async (text) => {
    await auth.getByLabel('Request', { exact: true }).fill(text);
    await auth.getByRole('button', { name: 'Show the mail' }).click();
  };
  await paste('');
  await auth.getByText('Paste a request first.').waitFor();
  await paste('{"email_data":{}}');
  await auth.getByText('The call has no email_data.email_action_type.').waitFor();
  await paste(`POST /hooks/auth HTTP/1.1\nContent-Type: application/json\n\n${magicLink}`);
  const mail = auth.getByRole('region', { name: 'SignIn', exact: true });
  await mail.getByText('739164 is your sign-in code').waitFor();
  await mail.getByText('ada@example.org').waitFor();
  await mailFrame(page).getByText('739164').waitFor();
  await mail.getByRole('tab', { name: 'Plain text' }).click();
  await mail.getByText('your code is 739164').waitFor();
  const change = JSON.parse(magicLink);
  Object.assign(change.user, { new_email: 'eva@example.org' });
  Object.assign(change.email_data, { email_action_type: 'email_change', token_new: '222222', token_hash_new: 'n' });
  await paste(`curl ${url}/hooks/auth -d '${JSON.stringify(change)}'`);
  await auth.getByRole('region', { name: 'Mail 2 of 2: BindNewIdentifier' }).getByText('eva@example.org').waitFor();
  await paste(JSON.stringify({ ...change, email_data: { ...change.email_data, email_action_type: 'password_changed_notification' } }));
  await auth.getByText('It is a notice, and there is no content for it').waitFor();
  await paste(magicLink);
  await mail.waitFor();
  await checkAccessibility(page, 'a request that is tried');
  await page.evaluate(() => scrollTo(0, 0));
  await screenshot(page, 'callers-try', { fullPage: true });
  assert.equal((await (await api(url, 'POST', '/callers', { body: '{}', headers: { 'Content-Type': 'application/json' } })).json()).callers[0].last.proven, null, 'a request that is tried is no call');
  await page.finish();
}, options);

withService('a caller is added, tried before it is saved, and takes calls after that', async ({ url }) => {
  const page = await open(browser, url, { view: 'callers' });
  await page.getByRole('heading', { name: 'No caller yet' }).waitFor();
  await page.getByLabel('Name').fill('auth');
  assert.equal(await page.getByLabel('URL to paste there').inputValue(), `${url}/hooks/auth`);
  await checkAccessibility(page, 'a service without callers');
  await screenshot(page, 'callers-none', { fullPage: true });
  await page.getByLabel('Secret that is shown there').fill(`v1,whsec_${Buffer.from(key).toString('base64')}`);
  await page.getByRole('button', { name: 'Add to the config' }).click();
  const auth = card(page, 'auth');
  await auth.getByText('not saved yet').waitFor();
  assert.equal(await call(url, magicLink), 404);
  await auth.getByText('Try a request').click();
  await auth.getByLabel('Request', { exact: true }).fill(magicLink);
  await auth.getByRole('button', { name: 'Show the mail' }).click();
  await auth.getByText('739164 is your sign-in code').waitFor();
  await page.getByText('Add a caller', { exact: true }).click();
  await page.getByLabel('Name').fill('auth');
  await page.getByText('There is a caller of this name.').waitFor();
  await page.getByLabel('Identity server').selectOption('kratos');
  await page.getByLabel('Name').fill('ory');
  assert.match(await page.getByLabel('Token that it sends').inputValue(), /^[0-9a-f]{48}$/);
  await page.getByRole('button', { name: 'Add to the config' }).click();
  await card(page, 'ory').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await auth.getByText('not saved yet').waitFor({ state: 'detached' });
  assert.equal(await call(url, '{}'), 400);
  await auth.getByText('The call has no email_data.email_action_type.').waitFor();
  await page.finish();
});

const everyType = `${sample}callers:
  supabase: {type: supabase, secrets: ["v1,whsec_${Buffer.from(key).toString('base64')}"]}
  clerk: {type: clerk, secrets: ["whsec_${Buffer.from(key).toString('base64')}"]}
  kratos: {type: kratos, tokens: [a-token-of-a-caller-of-ours]}
  zitadel: {type: zitadel, signingKeys: [a-signing-key-of-a-caller]}
  hanko: {type: hanko, jwks: "https://auth.example.com/jwks.json", audience: [auth.example.com]}
  casdoor: {type: casdoor, tokens: [a-token-of-a-caller-of-ours]}
`;

withService('the example of each identity server is one of its requests', async ({ url }) => {
  const page = await open(browser, url, { view: 'callers' });
  for (const name of ['supabase', 'clerk', 'kratos', 'zitadel', 'hanko', 'casdoor']) {
    const one = card(page, name);
    await one.getByText('Try a request').click();
    await one.getByRole('button', { name: 'Fill in an example' }).click();
    await one.getByRole('button', { name: 'Show the mail' }).click();
    await one.getByText('481629 is your', { exact: false }).first().waitFor();
    assert.equal(await one.locator('.tried .notice-bad').count(), 0, `${name}: ${await one.locator('.tried').textContent()}`);
  }
  await page.finish();
}, { text: everyType });

for (const [name, colorScheme, locale, viewport] of [
  ['phone', 'dark', 'en-US', { width: 390, height: 844 }],
  ['japanese', 'light', 'ja-JP', { width: 1440, height: 900 }],
]) {
  withService(`cards of callers: ${name}`, async ({ url }) => {
    await call(url, magicLink, { secret: 'another key' });
    const page = await open(browser, url, { view: 'callers', colorScheme, locale, viewport });
    const auth = card(page, 'auth');
    await auth.locator('.last-calls .state').first().waitFor();
    for (const fold of await auth.locator('summary').all()) await fold.click();
    await auth.getByRole('textbox').last().fill(magicLink);
    await auth.locator('button[type=submit]').click();
    await mailFrame(page).getByText('739164').waitFor();
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= screen, `${content} wide on a screen of ${screen}`);
    await checkAccessibility(page, name);
    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(page, `callers-${name}`, { fullPage: true });
    await page.finish();
  }, options);
}
