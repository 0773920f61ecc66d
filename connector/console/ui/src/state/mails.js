// What the draft says about mails: which usage types have one, in which
// languages, and what stands in for those that have none.

import { at } from './pointer.js';
import { member, setMember } from './draft.js';
import { fallbackOf } from './fallback.js';
import { state } from './store.js';
import { isObject } from './value.js';

export const typeName = /^[A-Za-z0-9_.-]{1,64}$/;
export const languageTag = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;

export const deliveries = () => (isObject(member('deliveries')) ? member('deliveries') : {});

/** The localized templates with their places in the document. */
export const localized = () =>
  (Array.isArray(member('templates')) ? member('templates') : []).map((template, index) => ({ template, index })).filter(({ template }) => isObject(template));

/** The usage types that the schema knows, as Logto's. */
export const knownTypes = () => Object.keys(at(state.schema, ['properties', 'deliveries', 'properties']) ?? {});

/** The types that have a mail of their own, in the order of the document. */
export function configuredTypes() {
  const types = [...Object.keys(deliveries()), ...localized().map(({ template }) => template.templateType)];
  return [...new Set(types.filter((type) => typeof type === 'string' && type))];
}

export const missingTypes = () => knownTypes().filter((type) => !configuredTypes().includes(type));

/** What a type gets in a language without a mail of its own. */
export function standInFor(type) {
  const isSame = (a, b) => typeof a === 'string' && a.toLowerCase() === b.toLowerCase();
  return fallbackOf(type, String(member('fallbackLanguage') ?? usualLanguage()), {
    isLocalized: (candidate, language) => localizedOf(candidate).some(({ template }) => isSame(template.languageTag, language)),
    isDelivered: (candidate) => isObject(deliveries()[candidate]),
  });
}

const usualLanguage = () => at(state.schema, ['properties', 'fallbackLanguage', 'default']) ?? 'en';

export const localizedOf = (type) => localized().filter(({ template }) => template.templateType === type);

/** 'html', 'file', 'template' or 'localized': what kind of content a type has. */
export function kindOf(type) {
  const delivery = deliveries()[type];
  if (!isObject(delivery)) return 'localized';
  if ('template' in delivery) return 'template';
  return 'htmlFile' in delivery ? 'file' : 'html';
}

export function addDelivery(type) {
  setMember(['deliveries', type], {
    subject: '{{code}}',
    html: '<p>{{code}}</p>\n',
  });
}

export function addLocalized(type, tag) {
  const delivery = deliveries()[type] ?? {};
  setMember(['templates', String(localizedCount())], {
    languageTag: tag,
    templateType: type,
    details: { subject: delivery.subject || '{{code}}', content: delivery.html || '<p>{{code}}</p>\n', contentType: 'text/html' },
  });
}

const localizedCount = () => (Array.isArray(member('templates')) ? member('templates').length : 0);

/** Removes a localized template, and the list with the last of them. */
export function removeLocalized(index) {
  setMember(localizedCount() === 1 ? ['templates'] : ['templates', String(index)], undefined);
}
