// A field whose value is a JSON object, edited as text. What is no object yet
// changes nothing, but is kept, and keeps the config from being saved without it.

import { useState } from 'preact/hooks';
import { Editor } from '../editor/editor.jsx';
import { setUnfinished } from '../state/draft.js';
import { state } from '../state/store.js';
import { same } from '../state/value.js';
import { t } from '../words/words.js';
import { Problems } from './parts.jsx';

const parse = (text) => {
  if (!text.trim()) return { value: undefined };
  try {
    const value = JSON.parse(text);
    const fine = value !== null && typeof value === 'object' && !Array.isArray(value);
    return fine ? { value } : { problem: t('json.notObject') };
  } catch (error) {
    return { problem: t('json.bad', { why: error.message }) };
  }
};

const show = (value) => (value === undefined ? '' : JSON.stringify(value, null, 2));

export function JSONField({ label, help, pointer, value, problems = [], onChange }) {
  const kept = state.unfinished[pointer];
  const [typed, setTyped] = useState(show(value));
  const isOpen = kept && same(kept.value, value);
  const own = parse(typed);
  const text = isOpen ? kept.text : !own.problem && same(own.value, value) ? typed : show(value);
  const parsed = parse(text);
  const change = (next) => {
    setTyped(next);
    const { value: changed, problem } = parse(next);
    setUnfinished(pointer, problem ? { text: next, detail: problem, value } : null);
    if (!problem) onChange(changed);
  };
  const all = parsed.problem ? [{ pointer: '', detail: parsed.problem }] : problems;
  return (
    <div class="field">
      <span class="label" aria-hidden="true">{label}</span>
      <Editor label={label} language="json" size="small" value={text} onChange={change} problems={all} />
      {help && <p class="help">{help}</p>}
      <Problems problems={all} />
    </div>
  );
}
