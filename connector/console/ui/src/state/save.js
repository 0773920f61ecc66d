// Saving: the draft becomes the running config, or the page says why it does not.

import { t } from '../words/words.js';
import { may } from './access.js';
import { call } from './api.js';
import { etagOf, fetchConfig, ownKeyFile, refreshStatus } from './config.js';
import { isDirty, mask, member, outgoing, recheck, secretPaths, setMember, take, unfinished } from './draft.js';
import { fetchFile, rebaseFile, saveFiles } from './files.js';
import { at } from './pointer.js';
import { notify, state, update } from './store.js';
import { revised, write } from './text.js';
import { changed, same } from './value.js';

/** Reports whether there is something to save, and nothing against it. */
export function canSave() {
  const { check, saving } = state;
  const isBlocked = unfinished().length > 0 || (check.errors.length > 0 && !check.pending);
  return isDirty() && !saving && !isBlocked && may('edit');
}

/** Saves the mails' files and the draft over the versions that they began with. */
export async function save() {
  const { draft, base } = state;
  if (unfinished().length > 0) return notify('bad', t('save.invalid')); // it would be saved without those
  update({ saving: true });
  let isMerged = false;
  try {
    await saveFiles();
    if (draft.text === base.text) {
      await refreshStatus();
      recheck();
    } else {
      const response = await call('PUT', '/config?merge=true', { ...outgoing(draft), headers: { 'If-Match': base.etag } });
      isMerged = await saved(draft, etagOf(response));
    }
    notify('good', t(isMerged ? 'save.merged' : 'save.done'));
  } catch (error) {
    await explain(error);
  } finally {
    update({ saving: false });
  }
}

/** Saves the draft over another version, in that one's format. */
export function saveOver(theirs) {
  const { draft, base } = state;
  update({ base: theirs, dialog: null });
  if (theirs.format !== base.format) {
    const text = write(draft.value, theirs.format);
    update({ draft: { ...draft, text, source: { text, value: draft.value } } });
  }
  return save();
}

/**
 * Makes what was saved the base. It is saved whether or not it can be read again,
 * and only what carries its own tag is it: another may have come since. It reports whether the
 * service has joined it with what others had saved meanwhile.
 */
async function saved(draft, etag) {
  await refreshStatus().catch(() => update({ status: { ...state.status, config: { ...state.status.config, etag } } }));
  const got = await fetchConfig().catch(() => null);
  const own = asSaved(draft, etag);
  const next = got?.etag === etag ? got : own;
  const isMerged = !same(next.value, own.value);
  update({ dialog: null });
  if (state.draft === draft) {
    const { otherKind } = state;
    take(next);
    update({ otherKind });
    return isMerged;
  }
  if (isMerged) return true; // typed meanwhile: that has begun before what others saved, and is joined with it in turn
  update({ base: next }); // typed meanwhile: that goes on
  for (const path of secretPaths(state.draft.value))
    if (same(member(...path), at(draft.value, path))) setMember(path, at(next.value, path));
  return false;
}

/** What a draft is once it is saved, as the service would tell: a typed key is masked, or in a file of its own. */
export function asSaved({ text, value }, etag) {
  const { format } = state.base;
  const typed = [['apiKey'], ['failover', 'apiKey']].filter((path) => at(value, path) && at(value, path) !== mask);
  if (typed.length === 0) return { text, format, value, etag };
  const masked = typed.reduce((next, path) => changed(next, path, ownKeyFile(path) ? undefined : mask), value);
  return { text: revised({ text, value }, masked, format), format, value: masked, etag };
}

/** Saves a mail's file over another version of it. */
export function saveFileOver(name, theirs) {
  rebaseFile(name, theirs);
  update({ dialog: null });
  return save();
}

async function explain(error) {
  if (error.file && error.status === 412) {
    await fetchFile(error.file).then((theirs) => update({ dialog: { kind: 'file', name: error.file, theirs } }), () => tell(error));
  } else if (error.file && error.code === 'invalid_config') {
    notify('bad', t('save.invalidFile', { file: error.file }));
  } else if (error.status === 412) {
    await explainConflict(error).catch(() => tell(error));
  } else if (error.status === 409) {
    update({ dialog: { kind: 'readonly', problem: error } });
  } else if (error.code === 'invalid_config') {
    update({ check: { errors: error.errors, warnings: [], text: state.draft.text, pending: false, failure: null } });
    notify('bad', t('save.invalid'));
  } else {
    tell(error);
  }
}

const tell = (error) => notify('bad', [error.message || t('api.unreachable'), error.hint].filter(Boolean).join(' '));

const reloadPause = 1000; // ms in which the service notices that its file has changed

/** Shows both versions, or why there is no other: the file may have one that can't be loaded. */
async function explainConflict(error) {
  for (let tries = 3; tries > 0; tries--) {
    await refreshStatus();
    const theirs = await fetchConfig();
    if (theirs.etag !== state.base.etag) return update({ dialog: { kind: 'conflict', theirs, pointers: error.conflict?.pointers } });
    if (!state.status.config.reload.ok) break;
    await new Promise((resolve) => {
      setTimeout(resolve, reloadPause);
    });
  }
  return update({ dialog: { kind: 'stuck', problem: error } });
}
