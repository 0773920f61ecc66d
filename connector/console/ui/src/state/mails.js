// What the draft says about mails: which usage types have one, in which
// languages, and what stands in for those that have none.

import { at } from './pointer.js';
import { member, setMember } from './draft.js';
import { fallbackOf } from './fallback.js';
import { isBuiltin, rowOf } from './inventory.js';
import { state } from './store.js';
import { isObject } from './value.js';

export const typeName = /^[A-Za-z0-9_.-]{1,64}$/;
export const languageTag = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;

export const deliveries = () => (isObject(member('deliveries')) ? member('deliveries') : {});

/** The localized templates with their places in the document. */
export const localized = () =>
  (Array.isArray(member('templates')) ? member('templates') : []).map((template, index) => ({ template, index })).filter(({ template }) => isObject(template));

/** The usage types that the schema knows, as Logto's, and those with a built-in mail. */
export function knownTypes() {
  const ofSchema = Object.keys(at(state.schema, ['properties', 'deliveries', 'properties']) ?? {});
  const builtin = (state.mails?.types ?? []).map(({ type }) => type).filter(isBuiltin);
  return [...new Set([...ofSchema, ...builtin])];
}

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
    isBuiltin,
    isNotice: (candidate) => rowOf(candidate)?.kind === 'notice',
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

/** The number of mails that a type has of its own. */
export const ownCount = (type) => (deliveries()[type] === undefined ? 0 : 1) + localizedOf(type).length;

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

/** Puts a mail of a type into the config: for one language, or as the delivery for all. */
export function putMail(type, tag, content) {
  if (tag === undefined) return setMember(['deliveries', type], content);
  const index = localizedOf(type).find(({ template }) => template.languageTag === tag)?.index ?? localizedCount();
  return setMember(['templates', String(index)], { languageTag: tag, templateType: type, details: content });
}

/** Removes a localized template, and the list with the last of them. */
export function removeLocalized(index) {
  setMember(localizedCount() === 1 ? ['templates'] : ['templates', String(index)], undefined);
}
