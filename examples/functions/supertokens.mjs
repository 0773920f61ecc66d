// SuperTokens, Passwordless: Passwordless.init({ …, emailDelivery }).
import { sendMail } from './mail.mjs';

export const emailDelivery = {
  override: (original) => ({
    ...original,
    sendEmail: ({ email, userInputCode, urlWithLinkCode, codeLifetime, preAuthSessionId }) =>
      sendMail(
        {
          to: email,
          type: 'SignIn',
          payload: { code: userInputCode, link: urlWithLinkCode },
          expiresAt: new Date(Date.now() + codeLifetime).toISOString(),
        },
        `${preAuthSessionId}/${userInputCode ?? 'link'}`
      ),
  }),
};
