// The draft: the config as it is being edited. Forms and editors change it here
// and nowhere else, so that each change is checked.

import { call, getJSON, isAbort } from './api.js';
import { at } from './pointer.js';
import { notify, state, update } from './store.js';
import { read, same, withMember, write } from './text.js';

const checkDelay = 250; // ms of rest before a change is checked

export const member = (...path) => at(state.draft?.value, path);

export function isDirty() {
  const { draft, base } = state;
  if (!draft || !base || draft.text === base.text) return false;
  return Boolean(draft.broken) || draft.format === base.format || !same(draft.value, base.value);
}

export function setText(text, format = state.draft.format) {
  update({ draft: { text, format, ...read(text, format) } });
  scheduleCheck();
}

/** Sets a member of the draft; undefined removes it, and with it what it leaves empty of options. */
export function setMember(path, value) {
  const { text, format, broken } = state.draft;
  if (broken) return;
  let next = withMember(text, format, path, value);
  if (path[0] === 'options' && value === undefined && same(at(read(next, format).value, ['options']), {})) {
    next = withMember(next, format, ['options'], undefined);
  }
  setText(next);
}

export function setFormat(format) {
  const { draft } = state;
  if (draft.broken || draft.format === format) return;
  const unchanged = state.base.format === format && same(state.base.value, draft.value);
  setText(unchanged ? state.base.text : write(draft.value, format), format);
}

export function discard() {
  const { text, format } = state.base;
  setText(text, format);
}

/** Reads the running config: {text, format, value, etag}. */
export async function fetchConfig() {
  const format = /\.ya?ml$/.test(state.status.config.file) ? 'yaml' : 'json';
  const response = await call('GET', '/config', { headers: { Accept: `application/${format}` } });
  const etag = response.headers.get('ETag') ?? '';
  const text = await response.text();
  if (format === 'yaml' && /yaml/.test(response.headers.get('Content-Type') ?? '')) return { text, format, etag, ...read(text, format) };
  const value = JSON.parse(text);
  return { text: write(value, format), format, value, broken: null, etag };
}

/** Takes the running config as the base, and as the draft too unless that is to be kept. */
export async function loadConfig({ keepDraft = false } = {}) {
  const base = await fetchConfig();
  update({ base });
  if (!keepDraft) setText(base.text, base.format);
}

let timer = 0;
let checking = new AbortController();

function scheduleCheck() {
  clearTimeout(timer);
  update({ check: { ...state.check, pending: true } });
  timer = setTimeout(check, checkDelay);
}

const mediaType = (format) => `application/${format}`;

async function check() {
  checking.abort();
  checking = new AbortController();
  const { text, format } = state.draft;
  const done = (result) => update({ check: { errors: [], warnings: [], failure: null, ...result, text, pending: false } });
  try {
    const response = await call('POST', '/config/validate', { body: text, type: mediaType(format), signal: checking.signal });
    done({ warnings: (await response.json()).warnings });
  } catch (error) {
    if (isAbort(error)) return;
    if (error.code === 'invalid_config') done({ errors: error.errors });
    else if (error.code === 'invalid_request_parameters') done({ errors: [{ pointer: '', detail: error.message }] });
    else done({ failure: error });
  }
}

/** Saves the draft over the version it began with, or over another if that is given. */
export async function save(words, etag = state.base.etag) {
  const { text, format } = state.draft;
  update({ saving: true });
  try {
    await call('PUT', '/config', { body: text, type: mediaType(format), headers: { 'If-Match': etag } });
    await refreshStatus();
    await loadConfig({ keepDraft: state.draft.text !== text });
    update({ dialog: null });
    notify('good', words('save.done'));
  } catch (error) {
    await explainSave(error, words);
  } finally {
    update({ saving: false });
  }
}

async function explainSave(error, words) {
  if (error.status === 412) {
    update({ dialog: { kind: 'conflict', theirs: await fetchConfig() } });
  } else if (error.status === 409) {
    update({ dialog: { kind: 'readonly', problem: error } });
  } else if (error.code === 'invalid_config') {
    update({ check: { errors: error.errors, warnings: [], text: state.draft.text, pending: false, failure: null } });
    notify('bad', words('save.invalid'));
  } else {
    notify('bad', [error.message || words('api.unreachable'), error.hint].filter(Boolean).join(' '));
  }
}

export async function refreshStatus() {
  const status = await getJSON('/status');
  update({ status, sandbox: status.sandbox });
}
