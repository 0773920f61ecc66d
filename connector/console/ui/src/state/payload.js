// The sample payloads that previews are filled with: one for each usage type,
// kept while the page is open.

import { rowOf } from './inventory.js';

const samples = new Map();

const common = {
  code: '481629',
  user: { name: 'Ada', primaryEmail: 'ada@example.org' },
  application: { name: 'Acme' },
};

const link = 'https://example.org/verify?token=sample';
const invitation = { link, organization: { name: 'Acme' }, inviter: { name: 'Grace' } };
const { code, ...known } = common;

/** What the service would get for a type: a code, a link, or neither. */
function sampleOf(type) {
  const isLink = type === 'OrganizationInvitation' || /.Link$/.test(type);
  const kind = rowOf(type)?.kind ?? (isLink ? 'link' : 'code');
  if (kind === 'notice') return known;
  if (kind === 'code') return common;
  return /Invitation/.test(type) ? invitation : { link, ...known };
}

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
