// Runs a recipe of examples/functions as its identity server would.
//
// argv: the recipe; env: MAIL_URL, MAIL_TOKEN
// stdout: what the recipe said, as JSON

import { createRequire } from 'node:module';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { emailOTP, magicLink, organization } from 'better-auth/plugins';

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
    const headers = new Headers({ 'accept-language': 'fr-CA,fr;q=0.9', origin: baseURL });
    const post = async (path, body) => {
      const response = await auth.handler(
        new Request(`${baseURL}/api/auth${path}`, {
          method: 'POST',
          headers: { ...Object.fromEntries(headers), 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      );
      return [path, response.status];
    };
    return [
      await post('/email-otp/send-verification-otp', { email: 'otp@example.org', type: 'sign-in' }),
      await post('/sign-in/magic-link', { email: 'link@example.org', callbackURL: '/home?a=1&b=2' }),
    ];
  },

  async supertokens() {
    const { emailDelivery } = await import(recipes + 'supertokens.mjs');
    await emailDelivery.override({}).sendEmail({
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
