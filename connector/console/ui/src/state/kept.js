// Drafts outlive a reload of their tab, with the version that they began with. They are kept
// in the tab's session storage, but for secrets that were typed in: those belong to no storage.

import { isConfigDirty, mask, secretPaths } from './draft.js';
import { changedFiles } from './files.js';
import { at } from './pointer.js';
import { state } from './store.js';
import { revised } from './text.js';
import { changed, same } from './value.js';

const key = 'mailgun-connector-draft';

/** Keeps the draft if there is something to lose. */
export function keepDraft() {
  if (!state.draft) return; // what was kept waits for the token
  sessionStorage.removeItem(key);
  const text = (isConfigDirty() ? withoutSecrets() : null) ?? state.base.text;
  const files = Object.fromEntries(changedFiles());
  if (text === state.base.text && Object.keys(files).length === 0) return;
  try {
    sessionStorage.setItem(key, JSON.stringify({ base: state.base, text, files }));
  } catch {
    // It is too large for the storage; the browser has asked before leaving.
  }
}

/** The draft's text with the secrets that it began with; null if nobody can tell where they are. */
function withoutSecrets() {
  const { draft: { text, value, broken }, base } = state;
  if (broken) return count(text, /\b(apiKey|secrets|signingKeys|tokens|basicAuth)\b/g) > count(text, /<secret>/g) ? null : text;
  const typed = secretPaths(value).filter((path) => at(value, path) !== mask && !same(at(value, path), at(base.value, path)));
  if (typed.length === 0) return text;
  try {
    return revised({ text, value }, typed.reduce((next, path) => changed(next, path, at(base.value, path)), value), base.format);
  } catch {
    return null;
  }
}

const count = (text, pattern) => (text.match(pattern) ?? []).length;

/** Returns what was kept, {base, text, files}, once. */
export function takeKept() {
  const kept = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  return kept ? JSON.parse(kept) : null;
}
