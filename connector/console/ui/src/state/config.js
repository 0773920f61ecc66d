// The running config, as the service tells of it.

import { hintInWords, problemsInWords } from '../words/problems.js';
import { call, getJSON } from './api.js';
import { pointerOf } from './pointer.js';
import { state, update } from './store.js';
import { read } from './text.js';
import { inOrderOf } from './value.js';

/**
 * Reads the running config: {text, format, value, etag}. The value is as the service reads
 * it, whose parser of YAML is not the one here.
 */
export async function fetchConfig() {
  for (let tries = 3; ; tries--) {
    const response = await call('GET', '/config', { headers: { Accept: 'application/yaml' } });
    const etag = etagOf(response);
    const text = await wholeText(response);
    const format = response.headers.get('Content-Type').includes('yaml') ? 'yaml' : 'json';
    if (format === 'json') return { text, format, value: read(text, format).value, etag };
    const asJSON = await call('GET', '/config', { headers: { Accept: 'application/json' } });
    const value = await asJSON.json();
    if (etagOf(asJSON) === etag) return { text, format, value: inOrderOf(read(text, format).value, value), etag };
    if (tries <= 1) throw new Error('the config changes all the time');
  }
}

/** The text of an answer, with its byte order mark if it has one. */
const wholeText = async (response) =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(await response.arrayBuffer());

export const etagOf = (response) => response.headers.get('ETag') ?? '';

export async function refreshStatus() {
  const status = await getJSON('/status');
  const { reload, hint } = status.config;
  Object.assign(status.config, { hint: hintInWords(hint), reload: { ...reload, problems: problemsInWords(reload.problems) } });
  update({ status, sandbox: status.sandbox });
}

/** The file that a Mailgun key typed at a path is written to: one of keys, where the service has one, or else the config. */
export const keyFile = (path) => ownKeyFile(path) ?? state.status.config.file;

/** The file with nothing but a Mailgun key, if the service reads it from there. */
export const ownKeyFile = (path) => state.status.config.keyFiles?.[pointerOf(path)];
