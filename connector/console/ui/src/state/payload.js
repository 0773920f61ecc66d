// The sample payloads that previews are filled with: one for each usage type,
// kept while the page is open.

const samples = new Map();

const common = {
  code: '481629',
  user: { name: 'Ada', primaryEmail: 'ada@example.org' },
  application: { name: 'Acme' },
};

const invitation = {
  link: 'https://example.org/invite?token=sample',
  organization: { name: 'Acme' },
  inviter: { name: 'Grace' },
};

const sampleOf = (type) => (type === 'OrganizationInvitation' ? invitation : common);

/** The text of a type's sample. */
export const payloadText = (type) => samples.get(type) ?? JSON.stringify(sampleOf(type), null, 2);

export const setPayloadText = (type, text) => samples.set(type, text);

/** The sample as a value; the plain one while the text is no JSON. */
export function payloadOf(type) {
  try {
    return JSON.parse(payloadText(type));
  } catch {
    return sampleOf(type);
  }
}
