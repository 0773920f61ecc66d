// Better Auth: give these to its options and plugins.
//
//   betterAuth({
//     ...mails.options,
//     plugins: [emailOTP(mails.emailOTP), magicLink(mails.magicLink), organization(mails.organization(baseURL))],
//   })
import { createHash } from 'node:crypto';
import { sendMail } from './mail.mjs';

const otpTypes = {
  'sign-in': 'SignIn',
  'email-verification': 'Register',
  'forget-password': 'ForgotPassword',
  'change-email': 'BindNewIdentifier',
};

/** The first language of the browser, as the payload wants it. */
const language = (request) => {
  const tag = request?.headers?.get('accept-language')?.split(/[,;]/)[0].trim();
  return tag && tag !== '*' ? { locale: tag } : {};
};

/** Better Auth gives its hooks no id: the same code to the same person is the same mail. */
const keyOf = (...words) => createHash('sha256').update(words.join('\n')).digest('hex');

export const options = {
  emailVerification: {
    sendVerificationEmail: ({ user, url, token }, request) =>
      sendMail({ to: user.email, type: 'Register', payload: { link: url, ...language(request) } }, keyOf(token)),
  },
  emailAndPassword: {
    enabled: true,
    sendResetPassword: ({ user, url, token }, request) =>
      sendMail({ to: user.email, type: 'ForgotPassword', payload: { link: url, ...language(request) } }, keyOf(token)),
  },
};

export const emailOTP = {
  sendVerificationOTP: ({ email, otp, type }, context) =>
    sendMail(
      { to: email, type: otpTypes[type] ?? 'Generic', payload: { code: otp, ...language(context?.request) } },
      keyOf(email, type, otp)
    ),
};

export const magicLink = {
  sendMagicLink: ({ email, url, token }, context) =>
    sendMail({ to: email, type: 'SignIn', payload: { link: url, ...language(context?.request) } }, keyOf(token)),
};

export const organization = (baseURL) => ({
  sendInvitationEmail: ({ id, email, organization, inviter }) =>
    sendMail(
      {
        to: email,
        type: 'OrganizationInvitation',
        payload: {
          link: `${baseURL}/accept-invitation/${id}`,
          organization: { name: organization.name },
          inviter: { name: inviter.user.name },
        },
      },
      id
    ),
});
