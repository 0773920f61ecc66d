// The brand: whose mails these are, and beside it a built-in mail as it looks with that.

import { schemaAt } from '../editor/schema.js';
import { CheckField, Field, Problems, TextField } from '../parts/parts.jsx';
import { member, setMember, undoable } from '../state/draft.js';
import { useInventory } from '../state/inventory.js';
import { pointerOf, problemsAt } from '../state/pointer.js';
import { state } from '../state/store.js';
import { isObject } from '../state/value.js';
import { languageName, t, tOr } from '../words/words.js';
import { BrandPreview } from './brandpreview.jsx';
import { BrokenDocument, NoForm } from './broken.jsx';

const brandOf = () => member('brand') ?? {};

/** Sets a member of the brand; with the last one, the brand goes. */
function setBrand(name, value) {
  const { [name]: old, ...others } = brandOf();
  if (value === undefined && Object.keys(others).length === 0) setMember(['brand'], undefined);
  else if (value !== old) setMember(['brand', name], value);
}

export function BrandView() {
  useInventory();
  if (state.draft.broken) return <BrokenDocument />;
  const problems = problemsAt(state.check.errors, '/brand').filter(({ pointer }) => pointer === '/brand');
  return (
    <div class="page page-wide">
      <h1>{t('brand.title')}</h1>
      <p class="lead">{t('brand.lead')}</p>
      <div class="brand-view">
        {isObject(brandOf()) ? <BrandForm problems={problems} /> : <NoForm problems={problems} />}
        <BrandPreview />
      </div>
    </div>
  );
}

function BrandForm({ problems }) {
  const { properties } = schemaAt(state.schema, ['brand']);
  const remove = () => undoable(t('mails.removed', { name: t('brand.title') }), () => setMember(['brand'], undefined));
  return (
    <form class="card" aria-label={t('brand.title')} onSubmit={(event) => event.preventDefault()}>
      {member('brand') !== undefined && <Problems problems={problems} />}
      {Object.keys(properties).map((name) => <Member key={name} name={name} schema={schemaAt(state.schema, ['brand', name])} />)}
      {member('brand') !== undefined && <button type="button" class="quiet danger" onClick={remove}>{t('brand.remove')}</button>}
    </form>
  );
}

const controls = { color: Color, logoWidth: Width, address: Address, languages: Languages };

/** A field of the brand. */
export function Member({ name, schema }) {
  const Control = controls[name] ?? Plain;
  return (
    <Control name={name} schema={schema} label={tOr(`brand.${name}`, schema.title ?? name)} help={tOr(`brand.${name}.help`, schema.description)}
      value={brandOf()[name]} problems={problemsAt(state.check.errors, pointerOf(['brand', name]))} onInput={(value) => setBrand(name, value || undefined)} />
  );
}

const examples = { name: 'Acme', logo: 'https://acme.example/logo.png', logoDark: 'https://acme.example/logo-dark.png', url: 'https://acme.example', support: 'help@acme.example', autofillDomain: 'acme.example' };

const Plain = ({ name, schema, ...props }) => <TextField {...props} required={name === 'name'} placeholder={examples[name]} />;

function Color({ schema, value, onInput, ...props }) {
  const isColor = /^#[0-9a-f]{6}$/i.test(value ?? '');
  return (
    <Field {...props}>
      {(control) => (
        <div class="joined">
          <input type="color" aria-label={t('brand.pick')} value={isColor ? value.toLowerCase() : schema.default} onInput={(event) => onInput(event.currentTarget.value)} />
          <input {...control} value={value ?? ''} placeholder={schema.default} autocomplete="off" spellcheck={false} onInput={(event) => onInput(event.currentTarget.value.trim())} />
        </div>
      )}
    </Field>
  );
}

function Width({ schema, value, onInput, ...props }) {
  const input = (event) => onInput(event.currentTarget.value === '' ? undefined : event.currentTarget.valueAsNumber);
  return (
    <Field {...props}>
      {(control) => <input {...control} class="narrow" type="number" min={schema.minimum} max={schema.maximum} placeholder={schema.default} value={value ?? ''} onInput={input} />}
    </Field>
  );
}

function Address({ value, onInput, label, help, problems }) {
  return (
    <Field {...{ label, help, problems }}>
      {(control) => <textarea {...control} class="prose" rows={2} value={value ?? ''} onInput={(event) => onInput(event.currentTarget.value)} />}
    </Field>
  );
}

function Languages({ label, help, value, problems, onInput }) {
  const all = state.mails?.builtin ?? [];
  const chosen = Array.isArray(value) ? value : null;
  const toggle = (tag, on) => onInput(on ? all.filter((one) => one === tag || chosen.includes(one)) : chosen.filter((one) => one !== tag));
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <CheckField label={t('brand.allLanguages')} help={help} checked={chosen === null} onChange={(on) => onInput(on ? undefined : all)} />
      {chosen && (
        <div class="checks">
          {all.map((tag) => <CheckField key={tag} label={languageName(tag)} checked={chosen.includes(tag)} onChange={(on) => toggle(tag, on)} />)}
        </div>
      )}
      <Problems problems={problems} />
    </fieldset>
  );
}
