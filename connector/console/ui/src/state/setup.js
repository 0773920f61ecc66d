// The first config of a service that has none: begun here from nothing, and saved over nothing.

import { call } from './api.js';
import { outgoing, take } from './draft.js';
import { state, update } from './store.js';
import { write } from './text.js';

/** Begins a config in the format of the file that it will be written to. */
export function beginSetup() {
  const format = state.status.config.file.endsWith('.json') ? 'json' : 'yaml';
  const value = { domain: '', from: '' };
  take({ text: write(value, format), format, value, etag: '' });
}

/** Saves the first config; the page then starts anew with it. */
export async function saveFirst() {
  await call('PUT', '/config', { ...outgoing(state.draft), headers: { 'If-None-Match': '*' } });
  update({ phase: 'boot', base: null, draft: null });
}
