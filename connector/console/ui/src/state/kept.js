// Drafts outlive a reload of their tab, with the version that they began with. They are kept
// in the tab's session storage, but for an API key that was typed in: that belongs to no storage.

import { isConfigDirty, mask } from './draft.js';
import { changedFiles } from './files.js';
import { state } from './store.js';
import { revised } from './text.js';
import { changed } from './value.js';

const key = 'mailgun-connector-draft';

/** Keeps the draft if there is something to lose. */
export function keepDraft() {
  if (!state.draft) return; // what was kept waits for the token
  sessionStorage.removeItem(key);
  const text = (isConfigDirty() ? withoutKey() : null) ?? state.base.text;
  const files = Object.fromEntries(changedFiles());
  if (text === state.base.text && Object.keys(files).length === 0) return;
  try {
    sessionStorage.setItem(key, JSON.stringify({ base: state.base, text, files }));
  } catch {
    // It is too large for the storage; the browser has asked before leaving.
  }
}

/** The draft's text with the key that it began with; null if nobody can tell where its key is. */
function withoutKey() {
  const { draft: { text, value, broken }, base } = state;
  if (broken) return !/apiKey/.test(text) || text.includes(mask) ? text : null;
  const before = base.value?.apiKey;
  if (value?.apiKey === before || value?.apiKey === mask) return text;
  try {
    return revised({ text, value }, changed(value, ['apiKey'], before), base.format);
  } catch {
    return null;
  }
}

/** Returns what was kept, {base, text, files}, once. */
export function takeKept() {
  const kept = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  return kept ? JSON.parse(kept) : null;
}
