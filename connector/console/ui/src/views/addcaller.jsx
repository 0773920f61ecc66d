// Another identity server: its URL to paste there, and what it then shows, or is given, to
// prove its calls. It goes into the draft.

import { useState } from 'preact/hooks';
import { Field, TextField } from '../parts/parts.jsx';
import { member, setMember, undoable } from '../state/draft.js';
import { state } from '../state/store.js';
import { setupInWords } from '../words/callersetups.js';
import { t } from '../words/words.js';
import { CallerURL } from './callerurl.jsx';

const names = { supabase: 'Supabase', clerk: 'Clerk', kratos: 'Ory Kratos', zitadel: 'Zitadel', hanko: 'Hanko', casdoor: 'Casdoor' };

// What each type needs, and whether it may be left out.
const needs = {
  supabase: { secrets: true, verifyUrl: false },
  clerk: { secrets: true },
  kratos: { tokens: true },
  zitadel: { signingKeys: true },
  hanko: { jwks: true, audience: true },
  casdoor: { tokens: true },
};
const lists = ['secrets', 'tokens', 'signingKeys', 'audience'];
const hidden = ['secrets', 'signingKeys'];
const places = {
  secrets: 'v1,whsec_…', verifyUrl: 'https://PROJECT.supabase.co/auth/v1/verify',
  jwks: 'https://auth.example.com/.well-known/jwks.json', audience: 'auth.example.com',
};

const madeUp = () => [...crypto.getRandomValues(new Uint8Array(24))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** A name that is not taken yet. */
function freeName(type) {
  let name = type;
  for (let n = 2; member('callers', name) !== undefined; n++) name = `${type}-${n}`;
  return name;
}

export function AddCaller({ setups }) {
  const [type, setType] = useState('supabase');
  const [typedName, setName] = useState(null);
  const [values, setValues] = useState(() => ({ tokens: madeUp() }));
  const name = typedName ?? freeName(type);
  const isFine = /^[a-z0-9-]{1,64}$/.test(name);
  const isTaken = member('callers', name) !== undefined;
  const valueOf = (field) => (values[field] ?? '').trim();
  const isWhole = Object.entries(needs[type]).every(([field, isNeeded]) => !isNeeded || valueOf(field));
  const submit = (event) => {
    event.preventDefault();
    if (!isWhole || !isFine || isTaken) return;
    const filled = Object.keys(needs[type]).filter(valueOf).map((field) => [field, lists.includes(field) ? [valueOf(field)] : valueOf(field)]);
    undoable(t('callers.added', { name }), () => setMember(['callers', name], { type, ...Object.fromEntries(filled) }));
    setName(null);
    setValues({ tokens: madeUp() });
  };
  const problems = isFine && !isTaken ? [] : [{ pointer: '', detail: t(isFine ? 'callers.taken' : 'callers.badName') }];
  return (
    <form class="add-caller" onSubmit={submit}>
      <Field label={t('callers.kind')}>
        {(control) => (
          <select {...control} value={type} onChange={(event) => setType(event.currentTarget.value)}>
            {Object.entries(names).map(([one, title]) => <option key={one} value={one}>{title}</option>)}
          </select>
        )}
      </Field>
      <TextField label={t('callers.name')} help={t('callers.name.help')} problems={problems} value={name} onInput={setName} />
      <CallerURL path={`/hooks/${isFine ? name : '…'}`} />
      <p>{setupInWords(type, setups[type])}</p>
      {Object.entries(needs[type]).map(([field, isNeeded]) => (
        <TextField key={field} label={t(`caller.${field}`)} help={field === 'tokens' ? t('caller.tokens.help') : undefined} required={isNeeded}
          type={hidden.includes(field) ? 'password' : 'text'} placeholder={places[field]} value={values[field]}
          onInput={(text) => setValues({ ...values, [field]: text })} />
      ))}
      <button type="submit" class="primary" disabled={!isWhole || problems.length > 0 || Boolean(state.draft.broken)}>{t('callers.add')}</button>
    </form>
  );
}
