// The page's texts, in the first language of the browser's that we have.

import { en } from './en.js';
import { editorJa } from './editor.js';
import { ja } from './ja.js';
import { language } from './language.js';

const all = { en, ja };

export { language };

/** The code editor's texts; its own are English. */
export const phrases = language === 'ja' ? editorJa : {};

/** The text of a key, with {names} filled in. A key that is missing shows. */
export function t(key, values = {}) {
  const text = all[language][key] ?? en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The text of a key if there is one, else what is given. */
export const tOr = (key, fallback) => all[language][key] ?? en[key] ?? fallback;

const languageNames = new Intl.DisplayNames(language, { type: 'language' });

/** The name of a language in the page's own. */
export function languageName(tag) {
  try {
    return languageNames.of(tag);
  } catch {
    return String(tag); // which is not one yet
  }
}

const dates = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });

export const formatTime = (time) => {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '' : dates.format(date);
};
