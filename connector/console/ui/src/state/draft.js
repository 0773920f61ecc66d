// The draft: the config's text as it is being edited, and what it says. Forms and editors
// change it here and nowhere else, so that each change is checked.

import { problemsInWords } from '../words/problems.js';
import { t } from '../words/words.js';
import { may } from './access.js';
import { call, isAbort } from './api.js';
import { fetchConfig } from './config.js';
import { changedFiles, problemsOfFiles, withFiles } from './files.js';
import { at, pathOf } from './pointer.js';
import { notify, state, update } from './store.js';
import { read, revised } from './text.js';
import { changed, isObject, same } from './value.js';

const checkDelay = 250; // ms of rest before a change is checked

/** Stands for a key that is set. */
export const mask = '<secret>';

const callerSecrets = ['secrets', 'signingKeys', 'tokens', 'basicAuth'];

/** The paths at which a config has secrets. */
export const secretPaths = (value) => [
  ['apiKey'], ['failover', 'apiKey'],
  ...Object.keys(value?.callers ?? {}).flatMap((name) => callerSecrets.map((list) => ['callers', name, list])),
].filter((path) => at(value, path) !== undefined);

export const member = (...path) => at(state.draft?.value, path);

/** Reports whether the config has changes here that are not saved. */
export function isConfigDirty() {
  const { draft, base } = state;
  return Boolean(draft && base) && (draft.text !== base.text || unfinished().length > 0);
}

/** Reports whether anything has. */
export const isDirty = () => isConfigDirty() || changedFiles().length > 0;

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

const asSource = ({ text, value }) => ({ text, value, broken: null, source: { text, value } });

/** Takes the whole text as it was typed. */
export function typeText(text) {
  const { base } = state;
  const { value, broken } = text === base.text ? base : read(text, base.format);
  setDraft({ ...asSource({ text, value }), broken: broken ?? null });
}

/**
 * Sets what the draft says. It is put into the text that was last typed or loaded: what is
 * cleared and written anew is as before.
 */
function setValue(value) {
  const {
    draft: { source },
    base,
  } = state;
  try {
    setDraft({
      text: same(value, source.value) ? source.text : revised(source, value, base.format),
      value,
      broken: null,
      source,
    });
  } catch {
    notify('bad', t('document.byHand'));
  }
}

/** Sets a member of the draft; undefined removes it, and with it what it leaves empty of options. */
export function setMember(path, value) {
  const { draft } = state;
  if (draft.broken) return;
  let next = changed(draft.value, path, value);
  if (['options', 'failover'].includes(path[0]) && value === undefined && same(next[path[0]], {}))
    next = changed(next, [path[0]], undefined);
  setValue(next);
}

export function discard() {
  const files = Object.entries(state.files).map(([name, file]) => [name, { ...file, draft: undefined, errors: [] }]);
  update({ files: Object.fromEntries(files) });
  take(state.base);
}

/** Makes a change that can be taken back, until the next one. */
export function undoable(text, change) {
  const { draft, unfinished: open, otherKind, files } = state;
  change();
  notify('plain', text, () => {
    update({ unfinished: open, otherKind, files });
    setDraft(draft);
  });
}

/** Goes on with a draft that was kept, {base, text}, and with the version that it began with. */
export function takeUp({ base, text, files = {} }) {
  const { config } = state.status;
  update({ base: base.etag === config.etag ? state.base : base, files });
  typeText(text);
  notify('plain', t('save.takenUp'));
}

/** Makes a config the base and the draft. */
export function take(base) {
  update({ base, unfinished: {}, otherKind: {} });
  setDraft(asSource(base));
}

/** The config to try a mail with: undefined where the running one is meant, so that it need not travel. */
export function configToTry() {
  const { draft, base, status } = state;
  if (changedFiles().length > 0) return withFiles(draft.value);
  return draft.text === base.text && base.etag === status.config.etag ? undefined : draft.value;
}

/**
 * Takes the running config, and reports whether it did: not over what was changed
 * here meanwhile, which began with the old one.
 */
export async function loadConfig() {
  const { draft, base } = state;
  const next = await fetchConfig();
  if (state.base !== base || (state.draft !== draft && isConfigDirty())) return false;
  take(next);
  return true;
}

/** The draft's text as the service takes it. */
export const outgoing = ({ text }) => ({ body: text, type: `application/${state.base.format}` });

/** Checks the draft once more, as after an answer that said nothing of it. */
export const recheck = () => scheduleCheck();

let timer = 0;
let checking = new AbortController();

function scheduleCheck() {
  clearTimeout(timer);
  if (!may('edit')) return; // no draft is checked for such a token, nor saved
  update({ check: { ...state.check, pending: true } });
  timer = setTimeout(check, checkDelay);
}

async function check() {
  checking.abort();
  checking = new AbortController();
  const { text, value, broken } = state.draft;
  const isOfFiles = !broken && isObject(value) && changedFiles().length > 0;
  const body = isOfFiles ? { body: withFiles(value) } : outgoing(state.draft);
  const own = (problems) => (isOfFiles ? problemsOfFiles(problems, value) : problems);
  const done = (result) =>
    update({ check: { errors: [], warnings: [], failure: null, ...result, text, pending: false } });
  try {
    const response = await call('POST', '/config/validate', { ...body, signal: checking.signal });
    done({ warnings: own(problemsInWords((await response.json()).warnings)) });
  } catch (error) {
    if (isAbort(error)) return;
    if (error.code === 'invalid_config') done({ errors: own(error.errors) });
    else if (error.code === 'invalid_request_parameters') done({ errors: [{ pointer: '', detail: error.message }] });
    else done({ failure: error });
  }
}
