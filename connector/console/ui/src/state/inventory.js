// Which mails there are, as the service tells of the draft: for each usage type and language
// whose mail it is.

import { useEffect } from 'preact/hooks';
import { isAbort, postJSON } from './api.js';
import { configToTry, member } from './draft.js';
import { state, update } from './store.js';
import { isObject } from './value.js';

const delay = 300; // ms of rest before a change is looked at

/** What the inventory depends on: no text of any mail. */
function shape() {
  const { brand, deliveries, templates, fallbackLanguage } = state.draft?.value ?? {};
  const own = isObject(deliveries) ? Object.keys(deliveries) : [];
  const localized = Array.isArray(templates) ? templates.map((t) => [t?.templateType, t?.languageTag]) : [];
  return JSON.stringify([Boolean(brand), brand?.languages, own, localized, fallbackLanguage]);
}

/** Keeps state.mails up to date while a view is shown that needs it. */
export function useInventory() {
  const isBad = state.check.errors.length > 0;
  useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(async () => {
      try {
        update({ mails: await postJSON('/mails', { config: configToTry() }, { signal: asking.signal }) });
      } catch (error) {
        if (!isAbort(error) && !state.mails) update({ mails: null });
      }
    }, state.mails ? delay : 0);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [shape(), isBad, state.status.config.loadedAt]);
}

/** What the inventory has of a usage type: {type, kind, builtin, sources}. */
export const rowOf = (type) => state.mails?.types.find((row) => row.type === type);

export const hasBrand = () => isObject(member('brand'));

/** Reports whether a type has a built-in mail here. */
export const isBuiltin = (type) => hasBrand() && Boolean(rowOf(type)?.builtin);

/** The language that a built-in mail is copied in where none is asked for. */
export function usualBuiltin() {
  const wanted = String(member('fallbackLanguage') ?? 'en').toLowerCase();
  return state.mails?.builtin.find((tag) => tag.toLowerCase() === wanted) ?? 'en';
}

/**
 * What a cell of the inventory is: 'own', 'builtin', 'other' for a mail that stands in, of
 * another type or language, or 'missing'.
 */
export function cellKind({ type, sources }, language) {
  const source = sources[language];
  if (!source) return 'missing';
  const [place, of, tag] = source.split('/');
  const isSame = of === type || `${of}Link` === type;
  if (!isSame || (tag && tag !== language.toLowerCase())) return 'other';
  return place === 'builtin' ? 'builtin' : 'own';
}
