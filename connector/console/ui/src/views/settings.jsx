// The settings: a form drawn from GET /metadata. What has a form of its own is
// linked to.

import { useState } from 'preact/hooks';
import { Choice, TextField } from '../parts/parts.jsx';
import { href } from '../parts/route.js';
import { member, setMember } from '../state/draft.js';
import { pointerOf, problemsAt } from '../state/pointer.js';
import { state } from '../state/store.js';
import { t, tOr } from '../words/words.js';
import { APIKey } from './apikey.jsx';
import { BrokenDocument } from './broken.jsx';
import { Failover } from './failover.jsx';
import { Options } from './options.jsx';

const elsewhere = { brand: ['brand'], deliveries: ['mails'], templates: ['mails'] };

export function SettingsView() {
  const items = state.metadata.formItems;
  if (state.draft.broken) return <BrokenDocument />;
  return (
    <form class="page" onSubmit={(event) => event.preventDefault()}>
      <h1>{t('settings.title')}</h1>
      <p class="lead">{t('settings.lead')}</p>
      <section class="card" aria-label={t('settings.sending')}>
        {items.filter((item) => item.type === 'Text').map((item) => <Item key={item.key} item={item} />)}
      </section>
      {items.some((item) => item.key === 'options') && <Options />}
      {items.some((item) => item.key === 'failover') && <Failover />}
      <section class="elsewhere">
        <h2>{t('settings.other')}</h2>
        <ul>
          {items.filter((item) => item.type !== 'Text' && !['options', 'failover'].includes(item.key)).map((item) => (
            <li key={item.key}><a href={href(...(elsewhere[item.key] ?? ['document']))}>{tOr(`field.${item.key}`, item.label)}</a></li>
          ))}
        </ul>
      </section>
    </form>
  );
}

function Item({ item }) {
  const props = {
    item,
    label: tOr(`field.${item.key}`, item.label),
    value: member(item.key),
    problems: problemsAt(state.check.errors, pointerOf([item.key])),
    onInput: (value) => setMember([item.key], value === '' ? undefined : value),
  };
  if (item.key === 'endpoint') return <Endpoint {...props} />;
  if (item.key === 'apiKey') return <APIKey {...props} path={['apiKey']} replacement={t('key.new')} before={state.base.value?.apiKey} environment="MAILGUN_API_KEY" />;
  return (
    <TextField {...props} required={item.required} placeholder={item.placeholder}
      help={tOr(`help.${item.key}`, item.description)} />
  );
}

const regions = { us: 'https://api.mailgun.net', eu: 'https://api.eu.mailgun.net' };

export function Endpoint({ label, value, problems, onInput }) {
  const plain = String(value ?? regions.us).replace(/\/+(v3)?\/*$/, '');
  const region = Object.keys(regions).find((key) => regions[key] === plain) ?? 'custom';
  const [custom, setCustom] = useState(region === 'custom');
  const choose = (key) => {
    setCustom(key === 'custom');
    if (key !== 'custom') onInput(key === 'us' ? '' : regions[key]);
    else if (value === undefined) onInput(regions.us);
  };
  const current = custom ? 'custom' : region;
  return (
    <>
      <Choice label={label} value={current} onChange={choose}
        options={['us', 'eu', 'custom'].map((key) => [key, t(`endpoint.${key}`)])} />
      {(current === 'custom' || problems.length > 0) && (
        <TextField label={t('endpoint.customLabel')} value={value} problems={problems} onInput={onInput} placeholder={regions.us} />
      )}
    </>
  );
}
