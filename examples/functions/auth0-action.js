// Auth0: an Action of the trigger custom-email-provider. Secrets: MAIL_URL, MAIL_TOKEN.
// Auth0 has rendered the mail already and gives the code in its text only, so its e-mail
// templates carry what is needed here: set the subject of each to {{ code }} or {{ url }} alone.

const types = {
  verify_email: 'Register',
  verify_email_by_code: 'Register',
  reset_email: 'ForgotPassword',
  reset_email_by_code: 'ForgotPassword',
  verification_code: 'SignIn',
  mfa_oob_code: 'MfaVerification',
  enrollment_email: 'BindMfa',
  user_invitation: 'Invitation',
  organization_invitation: 'OrganizationInvitation',
  blocked_account: 'AccountLocked',
};

exports.onExecuteCustomEmailProvider = async (event, api) => {
  const { to, subject, message_type: kind, locale } = event.notification;
  const value = subject.trim();
  const isLink = /^https?:\/\//.test(value);
  const isCode = /^[0-9A-Za-z-]{4,16}$/.test(value);
  const payload = { locale, ...(isLink && { link: value }), ...(isCode && { code: value }) };
  if (event.user?.name) {
    payload.user = { name: event.user.name };
  }
  const response = await fetch(new URL('/send-code', event.secrets.MAIL_URL), {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      Authorization: `Bearer ${event.secrets.MAIL_TOKEN}`,
      'Idempotency-Key': `${event.transaction?.correlation_id ?? event.user?.user_id}/${kind}/${to}`.slice(0, 255),
    },
    body: JSON.stringify({ to, type: types[kind] ?? 'Generic', payload }),
    signal: AbortSignal.timeout(5000),
  }).catch(() => undefined);
  if (response?.ok) {
    return;
  }
  if (!response || response.status >= 500 || response.status === 429) {
    api.notification.retry('the mail service asks to try again'); // five more tries within minutes
    return;
  }
  api.notification.drop(`the mail service refuses: ${response.status}`);
};
