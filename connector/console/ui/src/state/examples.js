// A request of each kind of identity server to begin with: as it sends a code, but that
// nothing proves it.

const to = 'ada@example.org';
const code = '481629';
const subject = `${code} is your code`;
const text = `Your code is ${code}.`;

const supabase = {
  user: { email: to, user_metadata: { locale: 'en' } },
  email_data: { token: code, token_hash: 'a-hash', redirect_to: 'https://app.example.com/', email_action_type: 'magiclink' },
};

const clerk = {
  type: 'email.created',
  data: { to_email_address: to, slug: 'verification_code', delivered_by_clerk: false, subject, body: `<p>${text}</p>`, body_plain: text, data: { otp_code: code } },
};

const kratos = { recipient: to, template_type: 'login_code_valid', subject, body: text, template_data: { login_code: code, expires_in_minutes: 15 } };

const zitadel = {
  contextInfo: { eventType: 'user.human.email.code.added', recipientEmailAddress: to },
  templateData: { title: subject, subject, text, url: 'https://id.example.com/ui/login/mail/verification', buttonText: 'Verify' },
  args: { code },
};

const hanko = {
  evt: 'email.send',
  data: { to_email_address: to, type: 'login', subject, body: `<p>${text}</p>`, body_plain: text, language: 'en', data: { otp_code: code } },
};

const encoded = (text) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const token = (claims) => [JSON.stringify({ alg: 'RS256', typ: 'JWT' }), JSON.stringify(claims), 'no signature'].map(encoded).join('.');
const json = (value) => JSON.stringify(value, null, 2);

/** By type, as text to edit. */
export const examples = {
  supabase: json(supabase),
  clerk: json(clerk),
  kratos: json(kratos),
  zitadel: json(zitadel),
  hanko: json({ token: token(hanko), event: hanko.evt }),
  casdoor: `X-Usage-Type: SignIn\n\n${new URLSearchParams({ toAddress: to, subject, content: code })}`,
};
