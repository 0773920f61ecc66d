// Debian's Chromium, driven by playwright-core. Every page records what it asks
// for and what it complains of: no test may leave a request to another origin, a
// violation of the page's policy, or an error behind.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { token } from './service.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const artifacts = fileURLToPath(new URL('../../../artifacts/', import.meta.url));
mkdirSync(artifacts, { recursive: true });

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// What the browser reports though all is well: answers that are no success, that this
// driver's own scripts were kept out of the mail's frame, and that typing over coloured
// code did not bring its colour along.
const noise = /^Failed to load resource|Blocked script execution in '\S+\/console\/frame.html'|^Applying inline style/;

/**
 * Opens the console in a browser of its own session. With signIn the token is
 * typed in. The page has finish(), which every test must call.
 */
export async function open(browser, url, { signIn = true, view = '', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const seen = { foreign: [], complaints: [] };
  context.on('request', (request) => {
    const address = new URL(request.url());
    if (address.origin !== url && !['data:', 'blob:', 'about:'].includes(address.protocol)) seen.foreign.push(request.url());
  });
  context.on('requestfailed', (request) => { // asked for by a mail, and stopped by the policy before it was sent
    if (request.failure()?.errorText === 'csp') seen.foreign = seen.foreign.filter((address) => address !== request.url());
    else if (new URL(request.url()).origin !== url) seen.complaints.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  page.on('pageerror', (error) => seen.complaints.push(error.stack));
  page.on('console', (message) => {
    if (message.type() === 'error' && !noise.test(message.text())) seen.complaints.push(message.text());
  });
  page.seen = seen;
  page.finish = async ({ complaints = /^$/ } = {}) => {
    assert.deepEqual(seen.foreign, [], 'requests to other origins');
    assert.deepEqual(seen.complaints.filter((text) => !complaints.test(text)), [], 'errors in the page');
    await context.close();
  };
  await page.goto(`${url}/#/${view}`);
  if (signIn) {
    await page.getByLabel('Token').or(page.getByLabel('トークン')).fill(token);
    await page.keyboard.press('Enter');
    await page.locator('#content').waitFor();
  }
  return page;
}

/** Fails for serious and critical findings of axe-core. */
export async function checkAccessibility(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(bad.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`), [], `accessibility of ${what}`);
}

export const screenshot = (page, name, options) => page.screenshot({ path: `${artifacts}console-${name}.png`, ...options });

/** Replaces the text of a code editor, as a user would. */
export async function typeInto(page, label, text) {
  const editor = page.getByRole('textbox', { name: label, exact: true });
  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

/** The document of the preview's frame. */
export const mailFrame = (page) => page.frameLocator('iframe[title]').first();

/** Waits until a condition, asked for again and again, holds. */
export async function eventually(what, condition, patience = 15_000) {
  const end = Date.now() + patience;
  let last;
  while (Date.now() < end) {
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  assert.fail(`${what}: not within ${patience} ms${last ? `: ${last}` : ''}`);
}

export const saveButton = (page) => page.getByRole('button', { name: 'Save', exact: true });
