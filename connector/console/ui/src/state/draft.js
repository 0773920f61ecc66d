// The draft: the config as it is being edited. Forms and editors change it here
// and nowhere else, so that each change is checked.

import { call, getJSON, isAbort } from './api.js';
import { at, pathOf } from './pointer.js';
import { notify, state, update } from './store.js';
import { changed, inOrderOf, read, revised, same, write } from './text.js';

const checkDelay = 250; // ms of rest before a change is checked

export const member = (...path) => at(state.draft?.value, path);

export function isDirty() {
  const { draft, base } = state;
  if (!draft || !base) return false;
  if (draft.broken || unfinished().length > 0) return true;
  return (draft.typed !== null && base.format === 'yaml') || !same(draft.value, base.value);
}

/** What stands in fields that can't be read yet, as problems at their places. */
export function unfinished() {
  return Object.entries(state.unfinished)
    .filter(([pointer, { value }]) => {
      const path = pathOf(pointer);
      const outer = member(...path.slice(0, -1));
      return outer !== undefined && same(member(...path), value); // else it was changed or removed elsewhere
    })
    .map(([pointer, { detail }]) => ({ pointer, detail }));
}

/** Keeps the text of a field that can't be read yet; null when it can. */
export function setUnfinished(pointer, entry) {
  const { [pointer]: old, ...rest } = state.unfinished;
  if (old || entry) update({ unfinished: entry ? { ...rest, [pointer]: entry } : rest });
}

/** The service's problems, and those of fields that never got to it. */
export const problems = () => [...state.check.errors, ...unfinished()];

function setDraft(draft) {
  update({ draft, notice: state.notice?.undo ? null : state.notice }); // the way back is from the last change only
  scheduleCheck();
}

/**
 * Gives the text to show of a value. YAML is the running text, or what was typed,
 * with what differs put in: what is cleared and written anew is as before.
 */
function textOf(value, format, typed) {
  const { base } = state;
  if (format === 'json') return write(value, format);
  if (typed === null && base.format !== format) return write(value, format);
  if (typed === null && same(value, base.value)) return base.text;
  return revised(typed ?? base.text, value);
}

const drafted = (value, format, typed) => ({ text: textOf(value, format, typed), format, value, broken: null, typed });

/** Takes a text that was typed, in the format that is shown. */
export function typeText(text) {
  const { base, draft: { format, typed } } = state;
  if (format === base.format && text === base.text) setDraft(drafted(base.value, format, null));
  else setDraft({ text, format, ...read(text, format), typed: format === 'yaml' ? text : typed });
}

/** Sets a member of the draft; undefined removes it, and with it what it leaves empty of options. */
export function setMember(path, value) {
  const { draft } = state;
  if (draft.broken) return;
  let next = changed(draft.value, path, value);
  if (path[0] === 'options' && value === undefined && same(next.options, {})) next = changed(next, ['options'], undefined);
  setDraft(drafted(next, draft.format, draft.typed));
}

export function setFormat(format) {
  const { draft } = state;
  if (!draft.broken && draft.format !== format) setDraft(drafted(draft.value, format, draft.typed));
}

export function discard() {
  take(state.base);
}

/** Makes a change that can be taken back, until the next one. */
export function undoable(text, change) {
  const { draft, unfinished: open, otherKind } = state;
  change();
  notify('plain', text, () => {
    update({ unfinished: open, otherKind });
    setDraft(draft);
  });
}

/** Makes a config the base and the draft. */
export function take(base) {
  const format = state.draft?.format ?? base.format;
  update({ base, unfinished: {}, otherKind: {} });
  setDraft(drafted(base.value, format, null));
}

/**
 * Reads the running config: {text, format, value, etag}. The value is as the
 * service reads it, so that what nobody changed goes back the same.
 */
export async function fetchConfig() {
  const format = /\.ya?ml$/.test(state.status.config.file) ? 'yaml' : 'json';
  for (let tries = 3; ; tries--) {
    const response = await call('GET', '/config', { headers: { Accept: 'application/json' } });
    const etag = etagOf(response);
    const value = await response.json();
    if (format === 'json') return { text: write(value, format), format, value, etag };
    const asText = await call('GET', '/config', { headers: { Accept: 'application/yaml' } });
    const text = await asText.text();
    if (etagOf(asText) === etag) return { text, format, value: inOrderOf(read(text, format).value, value), etag };
    if (tries <= 1) throw new Error('the config changes all the time');
  }
}

const etagOf = (response) => response.headers.get('ETag') ?? '';

/**
 * Takes the running config, and reports whether it did: not over what was changed
 * here meanwhile, which began with the old one.
 */
export async function loadConfig() {
  const { draft, base } = state;
  const next = await fetchConfig();
  if (state.base !== base || (state.draft !== draft && isDirty())) return false;
  take(next);
  return true;
}

let timer = 0;
let checking = new AbortController();

function scheduleCheck() {
  clearTimeout(timer);
  update({ check: { ...state.check, pending: true } });
  timer = setTimeout(check, checkDelay);
}

/**
 * What goes to the service. Only what was typed as YAML goes as such: the service
 * puts a value into the file itself, and spares all else of it.
 */
function outgoing({ text, format, value, broken, typed }) {
  if (format === 'json' && (broken || typed === null)) return { body: text, type: 'application/json' };
  if (typed === null) return { body: JSON.stringify(value), type: 'application/json' };
  return { body: format === 'yaml' ? text : textOf(value, 'yaml', typed), type: 'application/yaml' };
}

async function check() {
  checking.abort();
  checking = new AbortController();
  const { text } = state.draft;
  const sent = outgoing(state.draft);
  const done = (result) => update({ check: { errors: [], warnings: [], failure: null, ...result, text, lines: sent.body === text, pending: false } });
  try {
    const response = await call('POST', '/config/validate', { ...sent, signal: checking.signal });
    done({ warnings: (await response.json()).warnings });
  } catch (error) {
    if (isAbort(error)) return;
    if (error.code === 'invalid_config') done({ errors: error.errors });
    else if (error.code === 'invalid_request_parameters') done({ errors: [{ pointer: '', detail: error.message }] });
    else done({ failure: error });
  }
}

/** Saves the draft over the version it began with. */
export async function save(words) {
  const { draft, base } = state;
  if (unfinished().length > 0) return notify('bad', words('save.invalid')); // it would be saved without those
  update({ saving: true });
  try {
    const response = await call('PUT', '/config', { ...outgoing(draft), headers: { 'If-Match': base.etag } });
    await saved(draft, etagOf(response));
    notify('good', words('save.done'));
  } catch (error) {
    await explainSave(error, words);
  } finally {
    update({ saving: false });
  }
}

/**
 * Makes what was saved the base. It is saved whether or not it can be read again,
 * and only what carries its own tag is it: another may have come since.
 */
async function saved(draft, etag) {
  await refreshStatus().catch(() => update({ status: { ...state.status, config: { ...state.status.config, etag } } }));
  const got = await fetchConfig().catch(() => null);
  const { base } = state;
  const value = 'apiKey' in draft.value ? { ...draft.value, apiKey: mask } : draft.value;
  const ours = { text: textOf(value, base.format, draft.typed), format: base.format, value, etag };
  const next = got?.etag === etag ? got : ours;
  update({ dialog: null });
  if (state.draft === draft) {
    const { otherKind } = state;
    take(next);
    update({ otherKind });
    return;
  }
  update({ base: next }); // typed meanwhile: that goes on
  if (state.draft.value?.apiKey !== undefined && state.draft.value.apiKey === draft.value.apiKey) setMember(['apiKey'], next.value.apiKey);
}

/** Stands for a key that is set. */
export const mask = '<secret>';

async function explainSave(error, words) {
  if (error.status === 412) {
    await explainConflict(error).catch(() => tell(error, words));
  } else if (error.status === 409) {
    update({ dialog: { kind: 'readonly', problem: error } });
  } else if (error.code === 'invalid_config') {
    update({ check: { errors: error.errors, warnings: [], text: state.draft.text, pending: false, failure: null } });
    notify('bad', words('save.invalid'));
  } else {
    tell(error, words);
  }
}

const tell = (error, words) => notify('bad', [error.message || words('api.unreachable'), error.hint].filter(Boolean).join(' '));

const reloadPause = 1000; // ms in which the service notices that its file has changed

/** Shows both versions, or why there is no other: the file may have one that can't be loaded. */
async function explainConflict(error) {
  for (let tries = 3; tries > 0; tries--) {
    await refreshStatus();
    const theirs = await fetchConfig();
    if (theirs.etag !== state.base.etag) return update({ dialog: { kind: 'conflict', theirs } });
    if (!state.status.config.reload.ok) break;
    await new Promise((resolve) => { setTimeout(resolve, reloadPause); });
  }
  return update({ dialog: { kind: 'stuck', problem: error } });
}

export async function refreshStatus() {
  const status = await getJSON('/status');
  update({ status, sandbox: status.sandbox });
}
