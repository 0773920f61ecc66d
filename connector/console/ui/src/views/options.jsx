// The options: the schema tells which there are and what each takes.

import { useState } from 'preact/hooks';
import { CheckField, Field, TextField } from '../parts/parts.jsx';
import { schemaAt } from '../editor/schema.js';
import { member, setMember } from '../state/draft.js';
import { pointerOf, problemsAt } from '../state/pointer.js';
import { same } from '../state/value.js';
import { state } from '../state/store.js';
import { t, tOr } from '../words/words.js';

export function Options() {
  const { properties } = schemaAt(state.schema, ['options']);
  const names = Object.keys(properties);
  const order = [...names.filter((name) => properties[name].type !== 'boolean'), ...names.filter((name) => properties[name].type === 'boolean')];
  return (
    <section class="card" aria-labelledby="options-title">
      <h2 id="options-title">{t('settings.options')}</h2>
      <p class="lead">{t('settings.optionsLead')}</p>
      {order.map((name) => <Option key={name} name={name} schema={properties[name]} />)}
    </section>
  );
}

function Option({ name, schema }) {
  const path = ['options', name];
  const props = {
    label: tOr(`option.${name}`, name),
    help: tOr(`option.${name}.help`, schema.description),
    problems: problemsAt(state.check.errors, pointerOf(path)),
    value: member(...path),
    set: (value) => setMember(path, value),
  };
  if (schema.type === 'boolean') {
    const usual = schema.default ?? false;
    return <CheckField {...props} checked={props.value ?? usual} onChange={(on) => props.set(on === usual ? undefined : on)} />;
  }
  if (schema.type === 'array') return <Text {...props} {...list} />;
  if (schema.type === 'object') return <Text {...props} {...pairs} />;
  return <TextField {...props} placeholder={schema.default} onInput={(value) => props.set(value || undefined)} />;
}

const list = {
  rows: 1,
  show: (value) => (Array.isArray(value) ? value.join(', ') : ''),
  read: (text) => text.split(',').map((word) => word.trim()).filter(Boolean),
};

const pairs = {
  rows: 3,
  show: (value) => Object.entries(value ?? {}).map(([name, text]) => `${name}: ${text}`).join('\n'),
  read: (text) => Object.fromEntries(text.split('\n').filter((line) => line.trim()).map((line) => {
    const colon = line.indexOf(':');
    return colon < 0 ? [line.trim(), ''] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  })),
};

/** A text that stands for a list or an object. It stays as typed as long as it means the same. */
function Text({ label, help, problems, value, set, rows, show, read }) {
  const [text, setText] = useState(show(value));
  const shown = same(read(text), value ?? read('')) ? text : show(value);
  const input = (event) => {
    const next = event.currentTarget.value;
    setText(next);
    const meant = read(next);
    set(Object.keys(meant).length > 0 ? meant : undefined);
  };
  const Tag = rows > 1 ? 'textarea' : 'input';
  return (
    <Field {...{ label, help, problems }}>
      {(control) => <Tag {...control} rows={rows > 1 ? rows : undefined} spellcheck={false} autocomplete="off" value={shown} onInput={input} />}
    </Field>
  );
}
