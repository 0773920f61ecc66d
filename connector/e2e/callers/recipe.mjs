// Runs a recipe of examples/functions as its identity server would.
//
// argv: the recipe; env: MAIL_URL, MAIL_TOKEN
// stdout: what the recipe said, as JSON

import { createRequire } from 'node:module';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { emailOTP, magicLink, organization } from 'better-auth/plugins';
import supertokens from 'supertokens-node';
import Passwordless from 'supertokens-node/recipe/passwordless/index.js';

const recipes = '../../../examples/functions/';

const run = {
  async betterAuth() {
    const mails = await import(recipes + 'better-auth.mjs');
    const baseURL = 'https://app.example.com';
    const database = Object.fromEntries(
      ['user', 'session', 'account', 'verification', 'organization', 'member', 'invitation'].map((name) => [name, []])
    );
    const auth = betterAuth({
      baseURL,
      secret: 'a-secret-for-tests-of-32-characters',
      database: memoryAdapter(database),
      telemetry: { enabled: false },
      ...mails.options,
      plugins: [emailOTP(mails.emailOTP), magicLink(mails.magicLink), organization(mails.organization(baseURL))],
    });
    const headers = { 'accept-language': 'fr-CA,fr;q=0.9', origin: baseURL, 'content-type': 'application/json' };
    const post = async (path, body) => {
      const response = await auth.handler(
        new Request(`${baseURL}/api/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      );
      const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
      if (cookies.length > 0) headers.cookie = cookies.join('; ');
      said.push([path, response.status]);
      return response.json();
    };
    const said = [];
    await post('/email-otp/send-verification-otp', { email: 'otp@example.org', type: 'sign-in' });
    await post('/sign-in/magic-link', { email: 'link@example.org', callbackURL: '/home?a=1&b=2' });
    const password = 'a-password-for-tests';
    await post('/sign-up/email', { name: 'Grace', email: 'reset@example.org', password });
    await post('/request-password-reset', { email: 'reset@example.org', redirectTo: '/reset' });
    await post('/sign-up/email', { name: 'Ada & Co', email: 'verify@example.org', password });
    await post('/send-verification-email', { email: 'verify@example.org' });
    const { id } = await post('/organization/create', { name: 'Acme & Sons', slug: 'acme' });
    await post('/organization/invite-member', { email: 'invited@example.org', role: 'member', organizationId: id });
    return said;
  },

  async supertokens() {
    const { emailDelivery } = await import(recipes + 'supertokens.mjs');
    supertokens.init({
      framework: 'custom',
      supertokens: { connectionURI: 'http://127.0.0.1:9' }, // nothing here asks its core
      appInfo: { appName: 'Acme', apiDomain: 'https://api.example.com', websiteDomain: 'https://app.example.com' },
      recipeList: [
        Passwordless.init({ contactMethod: 'EMAIL', flowType: 'USER_INPUT_CODE_AND_MAGIC_LINK', emailDelivery }),
      ],
      telemetry: false,
    });
    await Passwordless.sendEmail({
      type: 'PASSWORDLESS_LOGIN',
      isFirstFactor: true,
      tenantId: 'public',
      email: 'super@example.org',
      userInputCode: '590237',
      urlWithLinkCode: 'https://app.example.com/auth/verify?preAuthSessionId=p#l',
      codeLifetime: 900_000,
      preAuthSessionId: 'p',
    });
  },

  async auth0() {
    const { onExecuteCustomEmailProvider } = createRequire(import.meta.url)(recipes + 'auth0-action.js');
    const said = [];
    const api = { notification: { retry: (why) => said.push(['retry', why]), drop: (why) => said.push(['drop', why]) } };
    const event = (subject, message_type, to) => ({
      notification: { to, subject, html: '<p>x</p>', text: 'x', locale: 'fr', message_type },
      user: { user_id: 'auth0|1', name: 'Ada & Co' },
      transaction: { correlation_id: 'tx-01' },
      secrets: { MAIL_URL: process.env.MAIL_URL, MAIL_TOKEN: process.env.MAIL_TOKEN },
    });
    await onExecuteCustomEmailProvider(event('481629', 'verification_code', 'code@example.org'), api);
    await onExecuteCustomEmailProvider(event('https://a.auth0.example/u/reset?t=1', 'reset_email', 'reset@example.org'), api);
    await onExecuteCustomEmailProvider(event('481629', 'verification_code', 'nobody'), api);
    return said;
  },

  async cognito() {
    const { handlerWith } = await import(recipes + 'cognito.mjs');
    await handlerWith(async (text) => Buffer.from(text, 'base64').toString())({
      triggerSource: 'CustomEmailSender_ForgotPassword',
      userName: 'ada',
      request: {
        code: Buffer.from('712233').toString('base64'),
        userAttributes: { email: 'cognito@example.org', locale: 'de' },
      },
    });
  },
};
process.stdout.write(JSON.stringify((await run[process.argv[2]]()) ?? []));
