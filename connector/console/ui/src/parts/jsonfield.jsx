// A field whose value is a JSON object, edited as text. What is no object yet
// stays in the field and changes nothing.

import { useEffect, useState } from 'preact/hooks';
import { Editor } from '../editor/editor.jsx';
import { same } from '../state/text.js';
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

export function JSONField({ label, help, value, problems = [], onChange }) {
  const [text, setText] = useState(show(value));
  const parsed = parse(text);
  useEffect(() => {
    if (!parsed.problem && !same(parsed.value, value)) setText(show(value));
  }, [value]);
  const change = (next) => {
    setText(next);
    const { value: changed, problem } = parse(next);
    if (!problem) onChange(changed);
  };
  const all = parsed.problem ? [{ pointer: '', detail: parsed.problem }] : problems;
  return (
    <div class="field">
      <span class="label" aria-hidden="true">{label}</span>
      <Editor label={label} language="json" size="small" value={text} onChange={change} invalid={all.length > 0} />
      {help && <p class="help">{help}</p>}
      <Problems problems={all} />
    </div>
  );
}
