// Mails that stand in files of their own: what is in them, and what it is being changed to.
// state.files has them by the names that the config has for them: {text, etag, draft, errors}.

import { call } from './api.js';
import { etagOf } from './config.js';
import { state, update } from './store.js';
import { isObject } from './value.js';

const pathOf = (name) => `/config/files/${encodeURIComponent(name)}`; // a browser would follow .. itself

/** Where a mail names a file, and where its text would stand instead: member → member. */
export const inlineOf = { htmlFile: 'html', textFile: 'text', contentFile: 'content' };

const isChanged = ({ text, draft }) => draft !== undefined && draft !== text;

const setFile = (name, patch) => update({ files: { ...state.files, [name]: { ...state.files[name], ...patch } } });

/** The files with changes that are not saved: [[name, file]]. */
export const changedFiles = () => Object.entries(state.files).filter(([, file]) => isChanged(file));

/** The text of a file as it is here, undefined while it is not known. */
export const fileText = (name) => state.files[name]?.draft ?? state.files[name]?.text;

export async function fetchFile(name) {
  const response = await call('GET', pathOf(name));
  return { text: await response.text(), etag: etagOf(response) };
}

/** Reads a file anew, but not over changes: those were made in what it was then. */
export async function openFile(name) {
  const isOpen = () => state.files[name] && isChanged(state.files[name]);
  if (isOpen()) return;
  const found = await fetchFile(name);
  if (!isOpen()) setFile(name, { ...found, draft: undefined, errors: [] });
}

/** Takes the text of a file as it was typed; undefined goes back to what is in it. */
export const editFile = (name, draft) => setFile(name, { draft, errors: [] });

/** Goes on with changes made in another version of a file. */
export const rebaseFile = (name, theirs) => setFile(name, theirs);

/** Makes a file that is not there yet. */
export async function createFile(name, text) {
  const response = await call('PUT', pathOf(name), { body: text, type: 'text/plain', headers: { 'If-None-Match': '*' } });
  setFile(name, { text, etag: etagOf(response), draft: undefined, errors: [] });
}

/** Saves every file with changes. An error names its file. */
export async function saveFiles() {
  for (const [name, { draft, etag }] of changedFiles()) {
    try {
      const response = await call('PUT', pathOf(name), { body: draft, type: 'text/plain', headers: { 'If-Match': etag } });
      const { draft: typed } = state.files[name]; // meanwhile
      setFile(name, { text: draft, etag: etagOf(response), draft: typed === draft ? undefined : typed, errors: [] });
    } catch (error) {
      if (error.errors?.length > 0) setFile(name, { errors: error.errors });
      throw Object.assign(error, { file: name });
    }
  }
}

/** A config with the changed texts in the place of their files. */
export function withFiles(config) {
  const texts = Object.fromEntries(changedFiles().map(([name, { draft }]) => [name, draft]));
  const inlined = (content) => {
    if (!isObject(content)) return content;
    const entries = Object.entries(content).map(([member, value]) =>
      inlineOf[member] && Object.hasOwn(texts, value) ? [inlineOf[member], texts[value]] : [member, value]);
    return Object.fromEntries(entries);
  };
  const { deliveries, templates, layout, ...rest } = config;
  return {
    ...rest,
    ...(layout !== undefined && { layout: Object.hasOwn(texts, layout) ? texts[layout] : layout }),
    ...(deliveries && { deliveries: mapValues(deliveries, inlined) }),
    ...(templates && { templates: mapValues(templates, (t) => (isObject(t) ? { ...t, details: inlined(t.details) } : t)) }),
  };
}

function mapValues(all, change) {
  if (Array.isArray(all)) return all.map(change);
  return isObject(all) ? Object.fromEntries(Object.entries(all).map(([name, value]) => [name, change(value)])) : all;
}

/** Problems of a config withFiles as those of the config itself: at the members that name the files. */
export function problemsOfFiles(problems, config) {
  const fileMembers = Object.keys(inlineOf);
  return problems.map(({ line, ...problem }) => {
    const [, ...steps] = problem.pointer.split('/');
    const at = steps.findIndex((step, i) => i >= 2 && fileMembers.some((member) => inlineOf[member] === step));
    if (at < 0) return problem;
    const content = steps.slice(0, at).reduce((node, step) => node?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], config);
    const member = fileMembers.find((name) => inlineOf[name] === steps[at]);
    if (!isObject(content) || !(member in content)) return problem;
    return { ...problem, pointer: `/${[...steps.slice(0, at), member, ...steps.slice(at + 1)].join('/')}` };
  });
}
