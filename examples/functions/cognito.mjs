// Amazon Cognito: a Lambda for the trigger CustomEmailSender. Its code arrives encrypted;
// decrypt is (text) => code, with @aws-crypto/client-node and the user pool's KMS key.
import { sendMail } from './mail.mjs';

const types = {
  CustomEmailSender_SignUp: 'Register',
  CustomEmailSender_ResendCode: 'Register',
  CustomEmailSender_Authentication: 'MfaVerification',
  CustomEmailSender_ForgotPassword: 'ForgotPassword',
  CustomEmailSender_UpdateUserAttribute: 'BindNewIdentifier',
  CustomEmailSender_VerifyUserAttribute: 'EmailVerification',
  CustomEmailSender_AdminCreateUser: 'Invitation',
};

export const handlerWith = (decrypt) => async (event) => {
  const { code, userAttributes } = event.request;
  if (!code) {
    return; // an account takeover notice has none
  }
  await sendMail(
    {
      to: userAttributes.email,
      type: types[event.triggerSource] ?? 'Generic',
      payload: { code: await decrypt(code), locale: userAttributes.locale },
    },
    `${event.userName}/${event.triggerSource}/${code}`.replace(/[^!-~]/g, '').slice(-255)
  );
};
